namespace Kilonova.Switching;

/// <summary>What went through a port, as its client sees it. Written by the switch's thread, each number on its own.</summary>
public sealed class PortStatistics
{
    /// <summary>Packets that it got.</summary>
    public ulong ReceivedPackets { get; internal set; }

    /// <summary>Bytes of them.</summary>
    public ulong ReceivedBytes { get; internal set; }

    /// <summary>Packets that it sent and that the switch took.</summary>
    public ulong SentPackets { get; internal set; }

    /// <summary>Bytes of them.</summary>
    public ulong SentBytes { get; internal set; }

    /// <summary>Packets that it did not get, since it had no buffer ready, or that came from a controller faster than they may.</summary>
    public ulong Missed { get; internal set; }

    /// <summary>Packets that it sent from an address that it may not have.</summary>
    public ulong Refused { get; internal set; }
}

/// <summary>A port of the switch. One thread, the switch's, uses it.</summary>
public abstract class SwitchPort<TMemory>
    where TMemory : struct, IPacketMemory<TMemory>
{
    private TokenBucket _packets;
    private TokenBucket _bytes;

    private protected SwitchPort(PacketSwitch<TMemory> owner, PortPolicy policy)
    {
        Switch = owner;
        Policy = policy;
        _packets = policy.PacketBucket;
        _bytes = policy.ByteBucket;
        Number = owner.Add(this);
    }

    /// <summary>Its number in the switch.</summary>
    public int Number { get; }

    /// <summary>What the manifest says of it.</summary>
    public PortPolicy Policy { get; }

    /// <summary>What went through it.</summary>
    public PortStatistics Statistics { get; } = new();

    /// <summary>The address that is this port's alone; 0 for a controller, behind which are many.</summary>
    public ulong Address => Policy.Address;

    /// <summary>Whether it is a controller: all that is behind it is outside.</summary>
    public bool IsUplink => Policy.IsUplink;

    /// <summary>Whether others than its own address may be behind it.</summary>
    public bool HasStrangers => !Policy.IsOwnOnly;

    /// <summary>Whether somebody is there.</summary>
    public abstract bool IsOpen { get; }

    /// <summary>Whether it wants packets to others, and to groups.</summary>
    public abstract bool WantsAll { get; }

    private protected PacketSwitch<TMemory> Switch { get; }

    /// <summary>Gives it a packet. It never waits: without room the packet is missed.</summary>
    internal void Deliver(in Frame<TMemory> frame)
    {
        if (!TryDeliver(frame))
        {
            Statistics.Missed++;
            return;
        }

        Statistics.ReceivedPackets++;
        Statistics.ReceivedBytes += frame.Length;
    }

    private protected abstract bool TryDeliver(in Frame<TMemory> frame);

    // When a packet of this length may be sent.
    private protected ulong WhenPaid(uint length)
    {
        var packet = _packets.WhenHas(1, Switch.Now);
        var bytes = _bytes.WhenHas(length, Switch.Now);
        return packet > bytes ? packet : bytes;
    }

    // Both rates or neither.
    private protected bool TryPay(uint length)
    {
        if (!_packets.Has(1, Switch.Now) || !_bytes.Has(length, Switch.Now))
            return false;

        _packets.Take(1);
        _bytes.Take(length);
        return true;
    }
}
