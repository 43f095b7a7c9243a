// A point in time (MessagePack specification, "Timestamp extension type").
namespace Kilonova.MessagePack;

/// <summary>A point in time: seconds since 1970-01-01 00:00:00 UTC, leap seconds not counted, and nanoseconds after that second.</summary>
public readonly struct MessagePackTimestamp
{
    /// <summary>Nanoseconds in a second: <see cref="Nanoseconds"/> stays below it.</summary>
    public const uint NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Creates a timestamp. Writers refuse one whose nanoseconds reach a second.</summary>
    public MessagePackTimestamp(long seconds, uint nanoseconds)
    {
        Seconds = seconds;
        Nanoseconds = nanoseconds;
    }

    /// <summary>Whole seconds since the epoch; negative before it.</summary>
    public long Seconds { get; }

    /// <summary>Nanoseconds after <see cref="Seconds"/>, 0 to 999,999,999.</summary>
    public uint Nanoseconds { get; }
}
