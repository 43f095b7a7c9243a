// The guest's time stamp counter.
namespace Kilonova.Vmm.Models;

/// <summary>
/// A time stamp counter that runs with the machine's clock. Each virtual CPU has its own, since a guest may write it. Owner only.
/// </summary>
public sealed class TimestampCounter
{
    private readonly IClock _clock;

    /// <summary>Makes a counter that stands at 0 when the clock does.</summary>
    public TimestampCounter(IClock clock, Frequency frequency)
    {
        _clock = clock;
        Frequency = frequency;
    }

    /// <summary>Ticks per second.</summary>
    public Frequency Frequency { get; }

    /// <summary>What is added to the ticks of the machine's clock: IA32_TSC_ADJUST.</summary>
    public ulong Adjust { get; set; }

    /// <summary>IA32_TIME_STAMP_COUNTER.</summary>
    public ulong Value
    {
        get => Frequency.Ticks(_clock.Now) + Adjust;
        set => Adjust = value - Frequency.Ticks(_clock.Now);
    }

    /// <summary>The first time of the clock at which the counter has reached a value; now if it has already.</summary>
    public ulong TimeOf(ulong value)
    {
        const ulong Century = 3_200_000_000;
        ulong now = _clock.Now;
        ulong ahead = value - (Frequency.Ticks(now) + Adjust);
        if ((long)ahead <= 0)
            return now;
        // Whoever asks for a time after the machine's life asks for none.
        return ahead / Frequency.Hertz > Century ? TimerQueue.Never : now + Frequency.NanosecondsUntil(ahead);
    }
}
