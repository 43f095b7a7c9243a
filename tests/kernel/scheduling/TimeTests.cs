using System.Runtime.Intrinsics.X86;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Scheduling;

/// <summary>What ctrl_sc says, section 5.4.3, and the counter that it counts with, section 3.1.</summary>
internal static unsafe class TimeTests
{
    private static Semaphore s_done;
    private static Semaphore s_go;
    private static uint s_stop;
    private static ulong s_theirTime;

    internal static void Run()
    {
        Suite.Run("The_running_threads_time_grows"u8, &OwnTimeGrows);
        Suite.Run("A_waiting_threads_time_stands_still"u8, &WaitingTimeStands);
        Suite.Run("A_computing_threads_time_is_what_passed"u8, &ComputingTime);
        Suite.Run("Idle_time_and_busy_time_add_up"u8, &IdleTime);
        Suite.Run("Every_cpu_has_an_idle_scheduling_context"u8, &IdleContexts);
        Suite.Run("The_time_counter_never_goes_back"u8, &CounterIsMonotonic);
        if (Lab.CpuCount > 1)
        {
            Suite.Run("The_time_counter_is_the_same_on_all_cpus"u8, &CounterIsSynchronous);
            Suite.Run("Times_are_read_across_cpus"u8, &TimeOfOtherCpu);
        }
    }

    private static ulong TimeOf(SchedulingContext sc)
    {
        Check.Succeeds(sc.ReadTime(out var time), "ctrl_sc"u8);
        return time;
    }

    private static void Spin(ulong milliseconds)
    {
        var end = Lab.After(milliseconds);
        while (Platform.Time < end)
            X86Base.Pause();
    }

    private static void OwnTimeGrows()
    {
        var first = TimeOf(RootTask.Time);
        Spin(5);
        var second = TimeOf(RootTask.Time);
        Check.True(second - first >= Lab.Milliseconds(5), "by what it has run"u8);
        Check.True(second <= Platform.Time, "not more than time itself"u8);
    }

    private static void WaitingTimeStands()
    {
        var first = TimeOf(RootTask.Time);
        Lab.Sleep(50);
        var second = TimeOf(RootTask.Time);
        Check.True(second - first < Lab.Milliseconds(25), "sleeping costs next to nothing"u8);
    }

    private static void ComputeUntilStopped(nint argument)
    {
        while (Volatile.Read(ref s_stop) == 0)
            X86Base.Pause();

        _ = s_done.Up();
    }

    private static void ComputingTime()
    {
        s_done = Lab.Semaphore(0);
        s_stop = 0;
        var block = Lab.Global(Lab.BootCpu, &ComputeUntilStopped);
        var start = Platform.Time;
        var sc = Lab.Start(block);
        Lab.Sleep(100);
        Volatile.Write(ref s_stop, 1);
        Check.Succeeds(Lab.WaitFor(s_done), "stopped"u8);
        var passed = Platform.Time - start;
        var time = TimeOf(sc);
        Check.True(time <= passed, "no more than has passed"u8);
        Check.True(time >= Lab.Milliseconds(50), "at least half of it"u8);
        Check.Equal(TimeOf(sc), time, "it stands still afterwards"u8);
    }

    private static SchedulingContext IdleContext(uint cpu)
    {
        var selector = Lab.Selector();
        Check.Succeeds(
            RootTask.NovaObjectSpace.Delegate(RootTask.ObjectSpace, NovaObjectSpace.IdleSchedulingContexts + cpu, selector, 0, 0x1f),
            "ctrl_pd"u8);
        return new SchedulingContext(selector);
    }

    private static void IdleTime()
    {
        var idle = IdleContext(Lab.BootCpu);
        var before = TimeOf(idle);
        Lab.Sleep(100);
        var after = TimeOf(idle);
        Check.True(after - before >= Lab.Milliseconds(50), "a sleeping CPU is idle"u8);
        before = TimeOf(idle);
        Spin(50);
        after = TimeOf(idle);
        Check.True(after - before < Lab.Milliseconds(25), "a computing one is not"u8);
    }

    private static void IdleContexts()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            _ = TimeOf(IdleContext(cpu));

        Check.Is(IdleContext(Lab.CpuCount).ReadTime(out _), Status.BAD_CAP, "no more than there are CPUs"u8);
    }

    private static void CounterIsMonotonic()
    {
        var last = Platform.Time;
        for (var i = 0; i < 100_000; i++)
        {
            var now = Platform.Time;
            if (now < last)
            {
                Check.True(false, "monotonic"u8);
                return;
            }

            last = now;
        }
    }

    private static void TellTime(nint argument)
    {
        while (true)
        {
            _ = s_go.Down();
            Volatile.Write(ref s_theirTime, Platform.Time);
            _ = s_done.Up();
        }
    }

    // Their time was read after the up and before the down: it must lie between ours.
    private static void CounterIsSynchronous()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_go = Lab.Semaphore(0);
            s_done = Lab.Semaphore(0);
            _ = Lab.Run(cpu, &TellTime);
            for (var i = 0; i < 20; i++)
            {
                var before = Platform.Time;
                _ = s_go.Up();
                Check.Succeeds(Lab.WaitFor(s_done), "told"u8);
                var after = Platform.Time;
                Check.Between(Volatile.Read(ref s_theirTime), before, after, "their counter"u8);
            }
        }
    }

    private static void TimeOfOtherCpu()
    {
        s_done = Lab.Semaphore(0);
        s_stop = 0;
        var block = Lab.Global(Lab.OtherCpu, &ComputeUntilStopped);
        var sc = Lab.Start(block);
        Lab.Sleep(50);
        var first = TimeOf(sc);
        Lab.Sleep(50);
        Volatile.Write(ref s_stop, 1);
        Check.Succeeds(Lab.WaitFor(s_done), "stopped"u8);
        Lab.Sleep(5);
        var second = TimeOf(sc);
        Check.True(second >= first, "it grows"u8);
        Check.True(second >= Lab.Milliseconds(50), "with the work done there"u8);
    }
}
