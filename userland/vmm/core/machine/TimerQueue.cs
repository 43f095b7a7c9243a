// Timers of models: few per queue, armed and disarmed often, so a scan of a fixed array.
namespace Kilonova.Vmm;

/// <summary>Hears that a timer's time has come.</summary>
public interface ITimerOwner
{
    /// <summary>
    /// Called by <see cref="TimerQueue.Run"/> without any lock held. A timer that was disarmed or moved at the same moment may still
    /// call: the owner takes its own lock and looks at its own deadline.
    /// </summary>
    /// <param name="cookie">The number given at creation.</param>
    void TimerExpired(int cookie);
}

/// <summary>A one-shot timer of a <see cref="TimerQueue"/>.</summary>
public sealed class VirtualTimer
{
    internal VirtualTimer(TimerQueue queue, ITimerOwner owner, int cookie)
    {
        Queue = queue;
        Owner = owner;
        Cookie = cookie;
    }

    internal TimerQueue Queue { get; }

    internal ITimerOwner Owner { get; }

    internal int Cookie { get; }

    // Written under the queue's lock.
    internal ulong Deadline { get; set; } = TimerQueue.Never;

    /// <summary>Lets the timer expire once, at a time of the queue's clock; a time that has passed means at once.</summary>
    public void Arm(ulong deadline) => Queue.Move(this, deadline);

    /// <summary>Lets the timer expire no more.</summary>
    public void Disarm() => Queue.Move(this, TimerQueue.Never);
}

/// <summary>A set of timers behind one alarm. A machine has one for its devices and one for each virtual CPU.</summary>
public sealed class TimerQueue
{
    /// <summary>The deadline of a timer that is not armed.</summary>
    public const ulong Never = ulong.MaxValue;

    private readonly IAlarm _alarm;
    private readonly ILock _lock;
    private readonly VirtualTimer?[] _timers;
    private int _count;
    private ulong _next = Never;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="clock">The time that deadlines are in.</param>
    /// <param name="alarm">Told about the earliest deadline whenever it changes.</param>
    /// <param name="guard">Guards the queue; the innermost lock.</param>
    /// <param name="capacity">Most timers that the queue may hold.</param>
    public TimerQueue(IClock clock, IAlarm alarm, ILock guard, int capacity = 16)
    {
        Clock = clock;
        _alarm = alarm;
        _lock = guard;
        _timers = new VirtualTimer?[capacity];
    }

    /// <summary>The time that deadlines are in.</summary>
    public IClock Clock { get; }

    /// <summary>Adds a timer, not armed. For start-up: timers are never removed.</summary>
    public VirtualTimer Create(ITimerOwner owner, int cookie = 0)
    {
        var timer = new VirtualTimer(this, owner, cookie);
        _lock.Enter();
        _timers[_count++] = timer;
        _lock.Leave();
        return timer;
    }

    /// <summary>Calls the owner of every timer that is due, each once.</summary>
    public void Run()
    {
        while (TakeDue() is { } timer)
            timer.Owner.TimerExpired(timer.Cookie);
    }

    internal void Move(VirtualTimer timer, ulong deadline)
    {
        _lock.Enter();
        timer.Deadline = deadline;
        Announce(always: false);
        _lock.Leave();
    }

    private VirtualTimer? TakeDue()
    {
        ulong now = Clock.Now;
        VirtualTimer? due = null;
        _lock.Enter();
        for (int i = 0; i < _count; i++)
        {
            VirtualTimer timer = _timers[i]!;
            if (timer.Deadline != Never && timer.Deadline <= now && (due is null || timer.Deadline < due.Deadline))
                due = timer;
        }

        if (due is not null)
            due.Deadline = Never;
        else
            Announce(always: true);
        _lock.Leave();
        return due;
    }

    // Under the lock. Whoever runs the queue announces what is left, also when the alarm rang a little early.
    private void Announce(bool always)
    {
        ulong earliest = Never;
        for (int i = 0; i < _count; i++)
        {
            if (_timers[i]!.Deadline < earliest)
                earliest = _timers[i]!.Deadline;
        }

        if (earliest == _next && !always)
            return;
        _next = earliest;
        _alarm.Set(earliest);
    }
}
