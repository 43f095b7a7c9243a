// The guest's time stamp counter.
namespace Kilonova.Vmm.Models;

/// <summary>
/// A time stamp counter that runs with the machine's clock. Each virtual CPU has its own, since a guest may write it. Owner only.
/// </summary>
public sealed class TimestampCounter
{
    private readonly IClock _clock;
    private readonly ulong _start;

    /// <summary>Makes a counter.</summary>
    /// <param name="clock">The machine's clock.</param>
    /// <param name="frequency">Ticks per second.</param>
    /// <param name="start">Where the counter stands when the clock is at 0: the processor's counter if the guest reads that one.</param>
    public TimestampCounter(IClock clock, Frequency frequency, ulong start = 0)
    {
        _clock = clock;
        Frequency = frequency;
        _start = start;
    }

    /// <summary>Ticks per second.</summary>
    public Frequency Frequency { get; }

    /// <summary>What is added to the ticks of the machine's clock: IA32_TSC_ADJUST.</summary>
    public ulong Adjust { get; set; }

    /// <summary>IA32_TIME_STAMP_COUNTER.</summary>
    public ulong Value
    {
        get => ValueAt(_clock.Now);
        set => Adjust = value - (_start + Frequency.Ticks(_clock.Now));
    }

    /// <summary>The counter at a time of the clock.</summary>
    public ulong ValueAt(ulong time) => _start + Frequency.Ticks(time) + Adjust;

    /// <summary>The first time of the clock at which the counter has reached a value; now if it has already.</summary>
    public ulong TimeOf(ulong value)
    {
        const ulong Century = 3_200_000_000;
        ulong now = _clock.Now;
        ulong ahead = value - ValueAt(now);
        if ((long)ahead <= 0)
            return now;
        // Whoever asks for a time after the machine's life asks for none.
        return ahead / Frequency.Hertz > Century ? TimerQueue.Never : now + Frequency.NanosecondsUntil(ahead);
    }
}
