using System.Runtime.Intrinsics.X86;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Scheduling;

/// <summary>Who runs, section 2.3: higher priorities preempt lower ones, equals take turns.</summary>
internal static unsafe class PriorityTests
{
    private const uint HighestPriority = 127;
    private const int Threads = 8;

    private static Semaphore s_done;
    private static Semaphore s_gate;
    private static int s_place;
    private static Order s_order;
    private static Counters s_counters;
    private static uint s_stop;

    private struct Order
    {
        internal fixed long Who[Threads];
    }

    private struct Counters
    {
        internal fixed ulong Count[Threads];
    }

    internal static void Run()
    {
        Suite.Run("Ready_threads_run_in_the_order_of_their_priorities"u8, &HighestFirst);
        Suite.Run("A_higher_priority_preempts_a_thread_that_computes"u8, &Preempts);
        Suite.Run("A_lower_priority_waits_while_a_higher_one_computes"u8, &LowerWaits);
        Suite.Run("Threads_of_one_priority_take_turns"u8, &TakeTurns);
        Suite.Run("All_priorities_exist"u8, &AllPriorities);
        if (Lab.CpuCount > 1)
        {
            Suite.Run("Cpus_run_at_the_same_time"u8, &CpusAreIndependent);
            Suite.Run("A_higher_priority_preempts_on_another_cpu"u8, &PreemptsThere);
        }
    }

    private static void Reset()
    {
        s_done = Lab.Semaphore(0);
        s_gate = Lab.Semaphore(0);
        s_place = 0;
        s_stop = 0;
        for (var i = 0; i < Threads; i++)
            s_counters.Count[i] = 0;
    }

    private static void NotePlace(nint who)
    {
        var place = Interlocked.Increment(ref s_place) - 1;
        s_order.Who[place] = who;
        _ = s_done.Up();
    }

    // The first thread has the highest priority: the others run when it sleeps.
    private static void HighestFirst()
    {
        Reset();
        for (var i = 0; i < Threads; i++)
            _ = Lab.Run(Lab.BootCpu, &NotePlace, i, priority: 20 + (uint)(i * 5 % Threads));

        for (var i = 0; i < Threads; i++)
            Check.Succeeds(Lab.WaitFor(s_done), "ran"u8);

        for (var place = 0; place < Threads; place++)
            Check.Equal((ulong)(s_order.Who[place] * 5 % Threads), (ulong)(Threads - 1 - place), "place by priority"u8);
    }

    private static void CountUntilStopped(nint index)
    {
        while (Volatile.Read(ref s_stop) == 0)
            Volatile.Write(ref s_counters.Count[index], s_counters.Count[index] + 1);

        _ = s_done.Up();
    }

    private static void StopAtGate(nint argument)
    {
        _ = s_gate.Down();
        Volatile.Write(ref s_stop, 1);
    }

    private static void Preempts()
    {
        Reset();
        _ = Lab.Run(Lab.BootCpu, &StopAtGate, priority: 30);
        Lab.Sleep(2);
        _ = Lab.Run(Lab.BootCpu, &CountUntilStopped, 0, priority: 20);
        Lab.Sleep(10);
        Check.True(Volatile.Read(ref s_counters.Count[0]) > 0, "the lower one computes"u8);
        Check.Equal(s_stop, 0, "the higher one waits"u8);
        _ = s_gate.Up();
        Check.Succeeds(Lab.WaitFor(s_done), "the higher one has stopped the lower one"u8);
    }

    private static void PreemptsThere()
    {
        Reset();
        _ = Lab.Run(Lab.OtherCpu, &StopAtGate, priority: 30);
        Lab.Sleep(5);
        _ = Lab.Run(Lab.OtherCpu, &CountUntilStopped, 0, priority: 20);

        // An emulated CPU may itself have to wait for a while.
        for (var tries = 0; tries < 1000 && Volatile.Read(ref s_counters.Count[0]) == 0; tries++)
            Lab.Sleep(5);

        Check.True(Volatile.Read(ref s_counters.Count[0]) > 0, "the lower one computes"u8);
        _ = s_gate.Up();
        Check.Succeeds(Lab.WaitFor(s_done), "the higher one has stopped the lower one"u8);
    }

    private static void LowerWaits()
    {
        Reset();
        _ = Lab.Run(Lab.BootCpu, &CountUntilStopped, 0, priority: 30);
        _ = Lab.Run(Lab.BootCpu, &CountUntilStopped, 1, priority: 20);
        Lab.Sleep(60);
        Check.True(s_counters.Count[0] > 0, "the higher one runs"u8);
        Check.Equal(s_counters.Count[1], 0, "the lower one does not"u8);
        Volatile.Write(ref s_stop, 1);
        Check.Succeeds(Lab.WaitFor(s_done), "first"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "second"u8);
    }

    // Slices of 10 ms: after 400 ms each of four has had about ten turns; a quarter of its share is little enough to ask.
    private static void TakeTurns()
    {
        const int Sharers = 4;
        const ulong Duration = 400;
        Reset();
        SchedulingContexts times;
        for (var i = 0; i < Sharers; i++)
        {
            var block = Lab.Global(Lab.BootCpu, &CountUntilStopped, i);
            times.Selector[i] = Lab.Start(block).Selector;
        }

        Lab.Sleep(Duration);
        Volatile.Write(ref s_stop, 1);
        for (var i = 0; i < Sharers; i++)
        {
            Check.Succeeds(Lab.WaitFor(s_done), "stopped"u8);
            Check.Succeeds(new SchedulingContext(times.Selector[i]).ReadTime(out var time), "ctrl_sc"u8);
            Check.True(time > Lab.Milliseconds(Duration / Sharers / 4), "has run for a fair while"u8);
            Check.True(time < Lab.Milliseconds(Duration), "has not run all the time"u8);
        }
    }

    private struct SchedulingContexts
    {
        internal fixed ulong Selector[Threads];
    }

    private static void AllPriorities()
    {
        Reset();
        for (var priority = 1u; priority <= HighestPriority; priority++)
        {
            s_place = 0;
            _ = Lab.Run(Lab.BootCpu, &NotePlace, (nint)priority, priority);
            Check.Succeeds(Lab.WaitFor(s_done), "ran"u8);
            Check.Equal((ulong)s_order.Who[0], priority, "itself"u8);
        }
    }

    private static void MeetOthers(nint index)
    {
        _ = Interlocked.Increment(ref s_place);
        while (Volatile.Read(ref s_place) < (int)index)
            X86Base.Pause();

        _ = s_done.Up();
    }

    // Each thread spins until all have come: that needs all CPUs at once, as no thread ever sleeps.
    private static void CpusAreIndependent()
    {
        Reset();
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            _ = Lab.Run(cpu, &MeetOthers, (nint)Lab.CpuCount);

        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            Check.Succeeds(Lab.WaitFor(s_done, 20_000), "met"u8);
    }
}
