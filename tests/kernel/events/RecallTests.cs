using System.Runtime.Intrinsics.X86;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Events;

/// <summary>ctrl_ec, section 5.4.2, and the RECALL event, section 8.6.2.</summary>
internal static unsafe class RecallTests
{
    private static Semaphore s_recalled;
    private static Semaphore s_gate;
    private static uint s_count;
    private static uint s_running;
    private static uint s_stop;
    private static ulong s_rip;

    internal static void Run()
    {
        Suite.Run("A_recalled_thread_raises_RECALL"u8, &RecallSelf);
        Suite.Run("Strong_recall_of_itself_returns"u8, &StrongRecallSelf);
        Suite.Run("A_thread_that_computes_is_recalled"u8, &RecallRunning);
        Suite.Run("A_thread_that_waits_is_recalled_when_it_goes_on"u8, &RecallWaiting);
        Suite.Run("Many_recalls_before_one_event_are_one"u8, &RecallsMerge);
        if (Lab.CpuCount > 1)
        {
            Suite.Run("A_thread_on_another_cpu_is_recalled"u8, &RecallOtherCpu);
            Suite.Run("After_a_strong_recall_the_thread_has_entered_the_kernel"u8, &StrongRecallOtherCpu);
        }
    }

    private static void OnRecall(ulong identifier, uint mtd)
    {
        s_rip = Server.State->RIP;
        _ = Interlocked.Increment(ref s_count);
        _ = s_recalled.Up();
        Server.Resume(Mtd.None);
    }

    private static void BindRecall(uint cpu)
    {
        var portal = Lab.Events(cpu) + RootTask.Hip->HostArchitecturalEvents + MicrohypervisorEvent.Recall;
        _ = RootTask.ObjectSpace.Remove(portal, 0);
        RootTask.Require(EventPortals.Bind(Lab.Domain, Lab.Local(cpu)->Selector, portal, 0, Mtd.RIP, &OnRecall), "portal"u8);
        s_recalled = Lab.Semaphore(0);
        s_gate = Lab.Semaphore(0);
        s_count = 0;
        s_running = 0;
        s_stop = 0;
    }

    private static void RecallSelf()
    {
        BindRecall(Lab.BootCpu);
        for (var i = 1u; i <= 3; i++)
        {
            Check.Succeeds(RootTask.Thread.Recall(false), "ctrl_ec"u8);
            Check.Equal(s_count, i, "events before the hypercall returns"u8);
        }
    }

    private static void StrongRecallSelf()
    {
        BindRecall(Lab.BootCpu);
        Check.Succeeds(RootTask.Thread.Recall(true), "ctrl_ec"u8);
        Check.Equal(s_count, 1, "events"u8);
    }

    private static void Compute(nint argument)
    {
        Volatile.Write(ref s_running, 1);
        while (Volatile.Read(ref s_stop) == 0)
            X86Base.Pause();

        _ = s_gate.Up();
    }

    private static void WaitAtGate(nint argument)
    {
        Volatile.Write(ref s_running, 1);
        _ = s_gate.Down();
        Volatile.Write(ref s_running, 2);
    }

    private static void RecallRunning()
    {
        BindRecall(Lab.BootCpu);
        var block = Lab.Run(Lab.BootCpu, &Compute);
        Lab.Sleep(10);
        Check.Equal(s_running, 1, "it computes"u8);
        Check.Succeeds(new ExecutionContext(block->Selector).Recall(false), "ctrl_ec"u8);
        Check.Succeeds(Lab.WaitFor(s_recalled), "RECALL"u8);
        Check.Equal(s_count, 1, "once"u8);
        Volatile.Write(ref s_stop, 1);
        Check.Succeeds(Lab.WaitFor(s_gate), "it goes on"u8);
    }

    private static void RecallWaiting()
    {
        BindRecall(Lab.BootCpu);
        var block = Lab.Run(Lab.BootCpu, &WaitAtGate);
        Lab.Sleep(10);
        Check.Equal(s_running, 1, "it waits"u8);
        Check.Succeeds(new ExecutionContext(block->Selector).Recall(false), "ctrl_ec"u8);
        Check.Is(s_recalled.Down(Lab.After(20)), Status.TIMEOUT, "it stays in the kernel"u8);
        _ = s_gate.Up();
        Check.Succeeds(Lab.WaitFor(s_recalled), "RECALL before it leaves"u8);
        Lab.Sleep(10);
        Check.Equal(s_running, 2, "then it goes on"u8);
    }

    private static void RecallsMerge()
    {
        BindRecall(Lab.BootCpu);
        var block = Lab.Run(Lab.BootCpu, &WaitAtGate);
        Lab.Sleep(10);
        for (var i = 0; i < 5; i++)
            Check.Succeeds(new ExecutionContext(block->Selector).Recall(false), "ctrl_ec"u8);

        _ = s_gate.Up();
        Lab.Sleep(20);
        Check.Equal(s_count, 1, "events"u8);
        Check.Equal(s_running, 2, "it goes on"u8);
    }

    private static void RecallOtherCpu()
    {
        BindRecall(Lab.OtherCpu);
        var block = Lab.Run(Lab.OtherCpu, &Compute);
        while (Volatile.Read(ref s_running) == 0)
            Lab.Sleep(1);

        for (var i = 1u; i <= 20; i++)
        {
            Check.Succeeds(new ExecutionContext(block->Selector).Recall(false), "ctrl_ec"u8);
            Check.Succeeds(Lab.WaitFor(s_recalled), "RECALL"u8);
            Check.Equal(Volatile.Read(ref s_count), i, "events"u8);
        }

        Volatile.Write(ref s_stop, 1);
        Check.Succeeds(Lab.WaitFor(s_gate), "it goes on"u8);
    }

    private static ulong s_beat;

    private static void Beat(nint argument)
    {
        Volatile.Write(ref s_running, 1);
        while (Volatile.Read(ref s_stop) == 0)
            s_beat++;

        _ = s_gate.Up();
    }

    // The handler holds the thread in the event until it is told: the strong recall has returned meanwhile, and the thread stands still.
    private static void HoldInRecall(ulong identifier, uint mtd)
    {
        _ = s_recalled.Up();
        _ = s_gate.Down();
        Server.Resume(Mtd.None);
    }

    private static void StrongRecallOtherCpu()
    {
        BindRecall(Lab.OtherCpu);
        var portal = Lab.Events(Lab.OtherCpu) + RootTask.Hip->HostArchitecturalEvents + MicrohypervisorEvent.Recall;
        _ = RootTask.ObjectSpace.Remove(portal, 0);
        RootTask.Require(EventPortals.Bind(Lab.Domain, Lab.Local(Lab.OtherCpu)->Selector, portal, 0, Mtd.None, &HoldInRecall), "portal"u8);
        var block = Lab.Run(Lab.OtherCpu, &Beat);
        while (Volatile.Read(ref s_running) == 0)
            Lab.Sleep(1);

        for (var i = 0; i < 20; i++)
        {
            Check.Succeeds(new ExecutionContext(block->Selector).Recall(true), "ctrl_ec"u8);
            var first = Volatile.Read(ref s_beat);
            Lab.Sleep(1);
            Check.Equal(Volatile.Read(ref s_beat), first, "it stands still"u8);
            Check.Succeeds(Lab.WaitFor(s_recalled), "RECALL"u8);
            _ = s_gate.Up();
            while (Volatile.Read(ref s_beat) == first)
                Lab.Sleep(1);
        }

        Volatile.Write(ref s_stop, 1);
        Check.Succeeds(Lab.WaitFor(s_gate), "it goes on"u8);
    }
}
