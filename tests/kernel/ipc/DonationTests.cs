using System.Runtime.Intrinsics.X86;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Ipc;

/// <summary>Whose time a call runs on, and what happens when the callee is busy, sections 2.3 and 5.2.1.</summary>
internal static unsafe class DonationTests
{
    private const ulong Work = 20;

    private static Portal s_portal;
    private static Semaphore s_gate;
    private static Semaphore s_entered;
    private static Semaphore s_done;
    private static uint s_stop;
    private static uint s_finished;
    private static ulong s_work;

    internal static void Run()
    {
        Suite.Run("A_calls_time_is_the_callers"u8, &CallerPays);
        Suite.Run("A_busy_callee_is_TIMEOUT_with_flag_T"u8, &TimeoutFlag);
        Suite.Run("A_busy_callee_is_waited_for_without_flag_T"u8, &WaitsForBusyCallee);
        Suite.Run("A_caller_helps_a_busy_callee_to_finish"u8, &Helping);
        Suite.Run("A_callee_runs_with_its_callers_priority"u8, &PriorityIsDonated);
        Suite.Run("Many_callers_of_one_server_are_all_served"u8, &ManyCallers);
    }

    private static void Spin(ulong milliseconds)
    {
        var end = Lab.After(milliseconds);
        while (Platform.Time < end)
            X86Base.Pause();
    }

    private static void SpinAndReply(ulong identifier, uint mtd)
    {
        _ = s_entered.Up();
        Spin(s_work);
        s_finished++;
        Server.Reply(1);
    }

    // Lets the caller in, and out again when the gate opens.
    private static void BlockAndReply(ulong identifier, uint mtd)
    {
        _ = s_entered.Up();
        _ = s_gate.Down();
        s_finished++;
        Server.Reply(1);
    }

    private static void CallOnce(nint argument)
    {
        _ = s_portal.Call(1, out _);
        _ = s_done.Up();
    }

    private static void Hog(nint argument)
    {
        while (Volatile.Read(ref s_stop) == 0)
            X86Base.Pause();

        _ = s_done.Up();
    }

    private static void Prepare(delegate*<ulong, uint, void> function)
    {
        s_gate = Lab.Semaphore(0);
        s_entered = Lab.Semaphore(0);
        s_done = Lab.Semaphore(0);
        s_portal = Lab.Server(Lab.BootCpu, function);
        s_stop = 0;
        s_finished = 0;
        s_work = Work;
    }

    private static void CallerPays()
    {
        Prepare(&SpinAndReply);
        var thread = Lab.Global(Lab.BootCpu, &CallOnce);
        var time = Lab.Start(thread);
        Check.Succeeds(RootTask.Time.ReadTime(out var mineBefore), "ctrl_sc"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "called"u8);
        Check.Succeeds(time.ReadTime(out var theirs), "ctrl_sc"u8);
        Check.Succeeds(RootTask.Time.ReadTime(out var mineAfter), "ctrl_sc"u8);
        Check.True(theirs >= Lab.Milliseconds(Work), "the caller has paid for the server's work"u8);
        Check.True(mineAfter - mineBefore < Lab.Milliseconds(Work), "and nobody else"u8);
    }

    private static void TimeoutFlag()
    {
        Prepare(&BlockAndReply);
        _ = Lab.Run(Lab.BootCpu, &CallOnce);
        Check.Succeeds(Lab.WaitFor(s_entered), "the server is busy"u8);
        Check.Is(s_portal.TryCall(1, out _), Status.TIMEOUT, "call with T"u8);
        _ = s_gate.Up();
        Check.Succeeds(Lab.WaitFor(s_done), "the first call is over"u8);
        _ = s_gate.Up();
        Check.Succeeds(s_portal.TryCall(1, out _), "call with T of an idle server"u8);
        Check.Equal(s_finished, 2, "calls served"u8);
    }

    private static void OpenGateTwice(nint argument)
    {
        _ = s_gate.Up();
        _ = s_gate.Up();
    }

    private static void WaitsForBusyCallee()
    {
        Prepare(&BlockAndReply);
        _ = Lab.Run(Lab.BootCpu, &CallOnce);
        Check.Succeeds(Lab.WaitFor(s_entered), "the server is busy"u8);
        _ = Lab.Run(Lab.BootCpu, &OpenGateTwice);
        Check.Succeeds(s_portal.Call(1, out _), "call"u8);
        Check.Equal(s_finished, 2, "after the first caller's"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "which is over too"u8);
    }

    // A server busy for a caller of low priority, which a hog of middle priority keeps from running.
    private static void Helping()
    {
        Prepare(&SpinAndReply);
        _ = Lab.Run(Lab.BootCpu, &CallOnce, priority: 5);
        Check.Succeeds(Lab.WaitFor(s_entered), "the server is busy"u8);
        s_work = 1;
        _ = Lab.Run(Lab.BootCpu, &Hog, priority: 50);
        Lab.Sleep(3 * Work);
        Check.Equal(s_finished, 0, "the hog keeps the server from finishing"u8);
        var before = Platform.Time;
        Check.Succeeds(s_portal.Call(1, out _), "call"u8);
        Check.True(Platform.Time - before < Lab.Milliseconds(30 * Work), "the hog did not delay it"u8);
        Check.Equal(s_finished, 2, "the earlier call and this one"u8);
        Volatile.Write(ref s_stop, 1);
        Check.Succeeds(Lab.WaitFor(s_done), "hog or caller"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "and the other"u8);
    }

    private static void CallAtHighPriority(nint argument)
    {
        _ = Lab.WaitFor(s_gate);
        _ = s_portal.Call(1, out _);
        Volatile.Write(ref s_stop, 1);
        _ = s_done.Up();
    }

    // While a hog of middle priority runs, a thread of higher priority calls: its server runs before the hog does.
    private static void PriorityIsDonated()
    {
        Prepare(&SpinAndReply);
        _ = Lab.Run(Lab.BootCpu, &CallAtHighPriority, priority: 60);
        _ = Lab.Run(Lab.BootCpu, &Hog, priority: 50);
        Lab.Sleep(5);
        _ = s_gate.Up();
        Check.Succeeds(Lab.WaitFor(s_done), "caller or hog"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "and the other"u8);
        Check.Equal(s_finished, 1, "served"u8);
    }

    private static void ManyCallers()
    {
        const uint Callers = 20;
        Prepare(&SpinAndReply);
        s_work = 1;
        for (var i = 0u; i < Callers; i++)
            _ = Lab.Run(Lab.BootCpu, &CallOnce, priority: Lab.Priority + i % 4);

        for (var i = 0u; i < Callers; i++)
            Check.Succeeds(Lab.WaitFor(s_done), "served"u8);

        Check.Equal(s_finished, Callers, "calls"u8);
    }
}
