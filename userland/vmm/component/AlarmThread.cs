// Timers of the machine: a thread per CPU that sleeps until the earliest of them.
using System.Threading;
using Kilonova.Abi;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Vmm.Monitors;

/// <summary>The alarm of one timer queue.</summary>
internal sealed class Alarm : IAlarm
{
    private readonly AlarmThread _thread;
    private ulong _deadline = TimerQueue.Never;

    internal Alarm(AlarmThread thread) => _thread = thread;

    /// <summary>When the queue is to run.</summary>
    internal ulong Deadline => Volatile.Read(ref _deadline);

    /// <summary>The queue; set once, before the thread runs.</summary>
    internal TimerQueue? Queue { get; set; }

    public void Set(ulong deadline)
    {
        Volatile.Write(ref _deadline, deadline);
        _thread.Hear(deadline);
    }
}

/// <summary>Runs the timer queues of one CPU when they are due.</summary>
internal sealed class AlarmThread
{
    private const int MaxQueues = 65;

    // By CPU; filled before the threads start.
    private static readonly AlarmThread?[] s_byCpu = new AlarmThread?[StartPage.MaxCpus];

    private readonly MachineClock _clock;
    private readonly Semaphore _wake = MachineLock.NewSemaphore();
    private readonly Alarm[] _alarms = new Alarm[MaxQueues];
    private int _count;

    // Until when the thread sleeps; 0 while it does not. Written by the thread, read by whoever sets an alarm.
    private ulong _target;

    private AlarmThread(MachineClock clock) => _clock = clock;

    /// <summary>The thread of a CPU.</summary>
    internal static AlarmThread Of(uint cpu, MachineClock clock) => s_byCpu[cpu] ??= new AlarmThread(clock);

    /// <summary>Makes a queue whose timers expire on this thread.</summary>
    internal TimerQueue NewQueue()
    {
        var alarm = new Alarm(this);
        alarm.Queue = new TimerQueue(_clock, alarm, new MachineLock());
        _alarms[_count++] = alarm;
        return alarm.Queue;
    }

    /// <summary>Starts the threads, each a little more urgent than the virtual CPUs.</summary>
    internal static void StartAll(Nova.SchedulingDescriptor descriptor)
    {
        for (var cpu = 0u; cpu < s_byCpu.Length; cpu++)
        {
            if (s_byCpu[cpu] != null)
                _ = ComponentThreads.Start<Body>(cpu, "timers"u8, descriptor, fpu: false);
        }
    }

    /// <summary>An alarm was set: wakes the thread if it would sleep too long.</summary>
    internal void Hear(ulong deadline)
    {
        Interlocked.MemoryBarrier();
        if (deadline < Volatile.Read(ref _target))
            _ = _wake.Up();
    }

    private void Run()
    {
        while (true)
        {
            RunDue();
            var target = Earliest();
            Volatile.Write(ref _target, target);
            Interlocked.MemoryBarrier();

            // What was set before the target could be seen.
            if (Earliest() >= target)
                _ = target == TimerQueue.Never ? _wake.DownToZero() : _wake.DownToZero(_clock.CounterAt(target));

            Volatile.Write(ref _target, 0);
        }
    }

    private void RunDue()
    {
        var now = _clock.Now;
        for (var i = 0; i < _count; i++)
        {
            if (_alarms[i].Deadline <= now)
                _alarms[i].Queue!.Run();
        }
    }

    private ulong Earliest()
    {
        var earliest = TimerQueue.Never;
        for (var i = 0; i < _count; i++)
        {
            if (_alarms[i].Deadline < earliest)
                earliest = _alarms[i].Deadline;
        }

        return earliest;
    }

    private struct Body : IThread
    {
        public static void Run() => s_byCpu[Server.Cpu]!.Run();
    }
}
