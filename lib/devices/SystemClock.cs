using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Runtime;

namespace Kilonova.Devices;

/// <summary>The system time counter in microseconds.</summary>
public readonly struct SystemClock : IClock
{
    private const ulong PerSecond = 1_000_000;
    private const ulong Never = 0;

    // Ticks of a microsecond; counters run at 1 MHz at the very least.
    private static ulong TicksPerMicrosecond => Component.Information.StcFrequency / PerSecond;

    /// <inheritdoc/>
    public ulong Now => Platform.Time / TicksPerMicrosecond + 1;

    /// <summary>Microseconds of this clock as a deadline for semaphores; 0 stays 0, which is none.</summary>
    public static ulong Deadline(ulong microseconds) => microseconds == Never ? Never : microseconds * TicksPerMicrosecond;

    /// <summary>The earlier of two moments, of which 0 is none.</summary>
    public static ulong Earlier(ulong a, ulong b) => a == Never || (b != Never && b < a) ? b : a;
}
