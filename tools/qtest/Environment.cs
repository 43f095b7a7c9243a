using System;
using System.Collections.Generic;
using Kilonova.Vmm;

namespace Kilonova.Qtest;

/// <summary>One thread runs everything: a lock only finds re-entry, which would be a deadlock in a component.</summary>
internal sealed class SingleThreadLock : ILock
{
    private bool _held;

    public void Enter()
    {
        if (_held)
            throw new InvalidOperationException("a model enters its own lock again");
        _held = true;
    }

    public void Leave() => _held = false;
}

/// <summary>Virtual time, which moves only when the other side says so.</summary>
internal sealed class SteppedClock : IClock
{
    private readonly List<Alarm> _alarms = [];

    public ulong Now { get; private set; }

    public TimerQueue NewQueue()
    {
        var alarm = new Alarm();
        alarm.Queue = new TimerQueue(this, alarm, new SingleThreadLock());
        _alarms.Add(alarm);
        return alarm.Queue;
    }

    /// <summary>Moves on by a time, or to the next deadline if there is none given.</summary>
    public void Step(ulong? nanoseconds)
    {
        ulong next = Next()?.Deadline ?? Now;
        AdvanceTo(nanoseconds is ulong step ? Now + step : next);
    }

    /// <summary>Moves on to a time, stopping at each deadline.</summary>
    public void AdvanceTo(ulong time)
    {
        for (Alarm? alarm = Next(); alarm is not null && alarm.Deadline <= time; alarm = Next())
        {
            Now = Math.Max(Now, alarm.Deadline);
            alarm.Deadline = TimerQueue.Never;
            alarm.Queue!.Run();
        }

        Now = Math.Max(Now, time);
    }

    private Alarm? Next()
    {
        Alarm? first = null;
        foreach (Alarm alarm in _alarms)
        {
            if (alarm.Deadline != TimerQueue.Never && (first is null || alarm.Deadline < first.Deadline))
                first = alarm;
        }

        return first;
    }

    private sealed class Alarm : IAlarm
    {
        public ulong Deadline { get; set; } = TimerQueue.Never;

        public TimerQueue? Queue { get; set; }

        public void Set(ulong deadline) => Deadline = deadline;
    }
}
