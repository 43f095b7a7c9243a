namespace Kilonova.Nic;

/// <summary>What a controller has counted since its driver started.</summary>
public sealed class NicStatistics
{
    /// <summary>Packets received.</summary>
    public ulong ReceivedPackets { get; internal set; }

    /// <summary>Bytes received, frame check sequences included.</summary>
    public ulong ReceivedBytes { get; internal set; }

    /// <summary>Packets sent.</summary>
    public ulong SentPackets { get; internal set; }

    /// <summary>Bytes sent, frame check sequences included.</summary>
    public ulong SentBytes { get; internal set; }

    /// <summary>Packets lost because no buffer was there.</summary>
    public ulong Missed { get; internal set; }

    /// <summary>Packets that came damaged or too long.</summary>
    public ulong Damaged { get; internal set; }

    /// <summary>How often the controller was reset because it did not send any more.</summary>
    public ulong Restarts { get; internal set; }
}
