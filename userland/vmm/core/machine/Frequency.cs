// Conversion between nanoseconds and the ticks of a counter.
namespace Kilonova.Vmm;

/// <summary>The frequency of a counter. Conversions round down and are exact up to 2^64 - 1 of either unit.</summary>
public readonly struct Frequency
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Describes a counter.</summary>
    /// <param name="hertz">Ticks per second, 1 to 2^33.</param>
    public Frequency(ulong hertz) => Hertz = hertz;

    /// <summary>Ticks per second.</summary>
    public ulong Hertz { get; }

    /// <summary>Whole ticks in a time.</summary>
    public ulong Ticks(ulong nanoseconds) => Scale(nanoseconds, Hertz, NanosecondsPerSecond);

    /// <summary>Whole nanoseconds in a number of ticks.</summary>
    public ulong Nanoseconds(ulong ticks) => Scale(ticks, NanosecondsPerSecond, Hertz);

    /// <summary>The first nanosecond at which the counter shows at least a number of ticks.</summary>
    public ulong NanosecondsUntil(ulong ticks)
    {
        ulong nanoseconds = Nanoseconds(ticks);
        return Ticks(nanoseconds) < ticks ? nanoseconds + 1 : nanoseconds;
    }

    // value = whole * divisor + rest, and rest * factor fits because both stay below 2^33.
    private static ulong Scale(ulong value, ulong factor, ulong divisor) =>
        (value / divisor * factor) + (value % divisor * factor / divisor);
}
