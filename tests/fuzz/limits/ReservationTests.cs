using System.Threading;
using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Limits;

/// <summary>
/// Reserved time is a limit: a hog of higher priority takes no more than its budget in each period from another thread, whether it runs
/// itself or lets a server run on its time; and a server that got stuck on used-up time is helped on by its next caller.
/// </summary>
internal static unsafe class ReservationTests
{
    private const uint HogPriority = 60;
    private const uint VictimPriority = 40;
    private const uint LowPriority = 5;
    private const uint BudgetMicroseconds = 2000;
    private const uint PeriodMicroseconds = 20_000;
    private const ulong Duration = 200;
    private const ulong Slack = 150;

    private static uint s_stop;
    private static ulong s_longest;
    private static ulong s_lost;
    private static ulong s_elapsed;
    private static Semaphore s_done;
    private static Semaphore s_low;
    private static Portal s_server;
    private static ulong s_work;
    private static ulong s_latency;
    private static ulong s_hogs = 1;
    private static bool s_pieces;

    internal static void Run()
    {
        s_done = Lab.Semaphore(0);
        s_server = Lab.Server(Lab.BootCpu, &Work);
        Suite.Run("Hog_takes_no_more_than_its_budget"u8, &Plain);
        Suite.Run("Hog_takes_no_more_through_a_server"u8, &Donated);
        Suite.Run("Hog_takes_no_more_by_helping"u8, &Helping);
        Suite.Run("Hog_takes_no_more_by_sleeping_in_between"u8, &Sleeping);
        Suite.Run("Two_hogs_take_no_more_than_both_budgets"u8, &TwoHogs);
        Suite.Run("Server_stuck_on_used_up_time_is_helped_on"u8, &Helped);
    }

    private static ulong Microseconds(ulong count) => RootTask.Hip->StcFrequency / 1000 * count / 1000;

    private static void Plain() => Measure(&Spin);

    private static void Donated()
    {
        // Longer than everything: the server works until the hog is told to stop.
        s_work = Lab.Milliseconds(Duration * 10);
        Measure(&CallOnce);
    }

    // The server is busy for a thread of low priority: what the hog spends on it is the hog's.
    private static void Helping()
    {
        Volatile.Write(ref s_stop, 0);
        s_work = Lab.Milliseconds(Duration * 10);
        s_low = Lab.Semaphore(0);
        _ = Lab.Run(Lab.BootCpu, &CallLow, 0, LowPriority);
        Lab.Sleep(2);
        Measure(&CallOnce);
        Check.Succeeds(Lab.WaitFor(s_low), "the one that was helped is done"u8);
    }

    private static void CallLow(nint argument)
    {
        _ = s_server.Call(1, out _);
        _ = s_low.Up();
    }

    // The budget scatters into more pieces than its queue of replenishments can hold.
    private static void Sleeping()
    {
        s_pieces = true;
        Measure(&SpinAndSleep);
        s_pieces = false;
    }

    private static void SpinAndSleep(nint argument)
    {
        var sleep = new Semaphore(RootSelectors.Never);
        while (Volatile.Read(ref s_stop) == 0)
        {
            var end = Platform.Time + Microseconds(90);
            while (Platform.Time < end)
            {
            }

            _ = sleep.Down(Platform.Time + Microseconds(40));
        }

        _ = s_done.Up();
    }

    private static void TwoHogs()
    {
        Volatile.Write(ref s_stop, 0);
        var time = StartHog(&Spin);
        s_hogs = 2;
        Measure(&Spin);
        s_hogs = 1;
        Check.Succeeds(RootTask.ObjectSpace.Remove(time, 0), "remove"u8);
    }

    private static void Measure(delegate*<nint, void> hog)
    {
        Volatile.Write(ref s_stop, 0);
        var time = StartHog(hog);
        _ = Lab.Run(Lab.BootCpu, &Watch, 0, VictimPriority);
        Check.Succeeds(Lab.WaitFor(s_done), "victim is done"u8);
        Volatile.Write(ref s_stop, 1);
        for (var i = 0ul; i < s_hogs; i++)
            Check.Succeeds(Lab.WaitFor(s_done), "hog is done"u8);

        Check.Succeeds(RootTask.ObjectSpace.Remove(time, 0), "remove"u8);

        var budget = Microseconds(BudgetMicroseconds) * s_hogs;
        var periods = s_elapsed / Microseconds(PeriodMicroseconds) + 1;
        Check.Between(s_longest, s_pieces ? 0 : budget / 2, budget + Microseconds(Slack), "longest time without the victim"u8);
        Check.Between(s_lost, s_pieces ? budget : budget * (periods / 2), (budget + Microseconds(Slack)) * periods, "time taken from the victim"u8);
    }

    private static void Helped()
    {
        // The hog's server needs more than one budget; the caller brings time of its own.
        Volatile.Write(ref s_stop, 0);
        s_work = Microseconds(BudgetMicroseconds * 3 / 2);
        var time = StartHog(&CallOnce);
        Lab.Sleep(BudgetMicroseconds / 1000 + 1);
        _ = Lab.Run(Lab.BootCpu, &CallAndMeasure, 0, VictimPriority);
        Check.Succeeds(Lab.WaitFor(s_done), "caller is done"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "hog is done"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(time, 0), "remove"u8);

        // What was left of the hog's work, and the caller's own; not the hog's next period.
        Check.Between(s_latency, s_work, 2 * s_work, "time until the answer"u8);
    }

    private static ulong StartHog(delegate*<nint, void> hog)
    {
        var block = Lab.Global(Lab.BootCpu, hog);
        var time = Lab.Selector();
        RootTask.Require(
            Threads.Start(block, time, SchedulingDescriptor.Reserved(HogPriority, BudgetMicroseconds, PeriodMicroseconds)), "hog"u8);
        return time;
    }

    private static void Spin(nint argument)
    {
        while (Volatile.Read(ref s_stop) == 0)
        {
        }

        _ = s_done.Up();
    }

    private static void CallOnce(nint argument)
    {
        _ = s_server.Call(1, out _);
        _ = s_done.Up();
    }

    private static void CallAndMeasure(nint argument)
    {
        var start = Platform.Time;
        _ = s_server.Call(1, out _);
        s_latency = Platform.Time - start;
        _ = s_done.Up();
    }

    // Works for a time that it measures by its own progress, so that waiting is no work.
    private static void Work(ulong identifier, uint mtd)
    {
        var left = s_work;
        var last = Platform.Time;
        while (left != 0 && Volatile.Read(ref s_stop) == 0)
        {
            var now = Platform.Time;
            var step = now - last;
            last = now;
            if (step < Microseconds(100))
                left = step < left ? left - step : 0;
        }

        Server.Reply(1);
    }

    private static void Watch(nint argument)
    {
        s_longest = 0;
        s_lost = 0;
        var start = Platform.Time;
        var end = start + Lab.Milliseconds(Duration);
        var last = start;
        while (last < end)
        {
            var now = Platform.Time;
            var gap = now - last;
            last = now;
            if (gap > s_longest)
                s_longest = gap;

            if (gap > Microseconds(50))
                s_lost += gap;
        }

        s_elapsed = last - start;
        _ = s_done.Up();
    }
}
