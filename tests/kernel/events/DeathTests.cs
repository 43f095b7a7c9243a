using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Events;

/// <summary>How threads die: no portal for an event, or POISON in the reply, sections 8.6 and 8.7.4.</summary>
internal static unsafe class DeathTests
{
    private static Semaphore s_alive;

    internal static void Run()
    {
        Suite.Run("An_event_without_a_portal_kills"u8, &NoPortal);
        Suite.Run("An_event_portal_needs_permission_EVENT"u8, &NeedsEvent);
        Suite.Run("Something_else_at_the_events_selector_kills"u8, &NotAPortal);
        if (Lab.CpuCount > 1)
            Suite.Run("A_portal_of_another_cpu_kills"u8, &OtherCpu);

        Suite.Run("POISON_kills"u8, &Poison);
        Suite.Run("POISON_wins_over_other_state"u8, &PoisonWithState);
        Suite.Run("An_address_that_is_not_canonical_in_RIP_ends_the_thread_at_most"u8, &BadRip);
        Suite.Run("A_killed_global_thread_runs_no_more"u8, &GlobalThread);
    }

    private static void RaiseThenReply(ulong identifier, uint mtd)
    {
        _ = Probe.Undefined();
        Server.Reply(1);
    }

    private static void Skip(ulong identifier, uint mtd)
    {
        Server.State->RIP = Probe.RecoverAddress();
        Server.Resume(Mtd.RIP);
    }

    private static void Kill(ulong identifier, uint mtd) => Server.Resume(Mtd.POISON);

    private static void KillAndSkip(ulong identifier, uint mtd)
    {
        Server.State->RIP = Probe.RecoverAddress();
        Server.Resume(Mtd.POISON | Mtd.RIP | Mtd.GPR0_7);
    }

    // A thread whose events begin at a fresh group of selectors; what lies at #UD is the test's affair. Calls it and returns the status.
    private static Status CallVictim(ulong events)
    {
        RootTask.Require(Threads.CreateLocal(Lab.Selector(), Lab.BootCpu, events, "victim"u8, out var block), "local thread"u8);
        return Lab.PortalTo(block, &RaiseThenReply).Call(1, out _);
    }

    private static ulong BindUndefined(uint cpu, delegate*<ulong, uint, void> function)
    {
        var events = RootTask.TakeSelectors(SelectorAllocator.MaxOrder);
        RootTask.Require(
            EventPortals.Bind(Lab.Domain, Lab.Local(cpu)->Selector, events + HostEvent.UD, 0, Mtd.RIP, function), "portal"u8);
        return events;
    }

    private static void NoPortal()
    {
        Check.Succeeds(CallVictim(BindUndefined(Lab.BootCpu, &Skip)), "with a portal it lives"u8);
        Check.Is(CallVictim(RootTask.TakeSelectors(SelectorAllocator.MaxOrder)), Status.ABORTED, "without it dies"u8);
        Check.Is(CallVictim(Lab.SelectorCount - 1), Status.ABORTED, "events beyond the last selector"u8);
    }

    private static void NeedsEvent()
    {
        var events = BindUndefined(Lab.BootCpu, &Skip);
        var copy = RootTask.TakeSelectors(SelectorAllocator.MaxOrder);
        Check.Succeeds(
            RootTask.ObjectSpace.Delegate(
                RootTask.ObjectSpace, events + HostEvent.UD, copy + HostEvent.UD, 0, (uint)(PtPermissions.All & ~PtPermissions.EVENT)),
            "ctrl_pd"u8);
        Check.Is(CallVictim(copy), Status.ABORTED, "without EVENT"u8);
        Check.Succeeds(
            RootTask.ObjectSpace.Delegate(
                RootTask.ObjectSpace, events + HostEvent.UD, copy + HostEvent.UD, 0, (uint)PtPermissions.EVENT),
            "ctrl_pd"u8);
        Check.Succeeds(CallVictim(copy), "with nothing but EVENT"u8);
    }

    private static void NotAPortal()
    {
        var events = RootTask.TakeSelectors(SelectorAllocator.MaxOrder);
        Check.Succeeds(Hypercalls.CreateSm(events + HostEvent.UD, Lab.Domain.Selector, 1), "create_sm"u8);
        Check.Is(CallVictim(events), Status.ABORTED, "a semaphore"u8);
        Check.Succeeds(new Semaphore(events + HostEvent.UD).Down(1), "which is unharmed"u8);
    }

    private static void OtherCpu() =>
        Check.Is(CallVictim(BindUndefined(Lab.OtherCpu, &Skip)), Status.ABORTED, "the handler is on another CPU"u8);

    private static void Poison() => Check.Is(CallVictim(BindUndefined(Lab.BootCpu, &Kill)), Status.ABORTED, "POISON"u8);

    private static void PoisonWithState() =>
        Check.Is(CallVictim(BindUndefined(Lab.BootCpu, &KillAndSkip)), Status.ABORTED, "POISON and RIP"u8);

    private static void JumpNowhere(ulong identifier, uint mtd)
    {
        Server.State->RIP = 0x8000_0000_0000_0000;
        Server.Resume(Mtd.RIP);
    }

    // Whether the kernel refuses the address or the processor does, the thread has no portal for what follows.
    private static void BadRip() => Check.Is(CallVictim(BindUndefined(Lab.BootCpu, &JumpNowhere)), Status.ABORTED, "jump"u8);

    private static void RaiseThenTell(nint argument)
    {
        _ = s_alive.Up();
        _ = Probe.Undefined();
        _ = s_alive.Up();
    }

    private static void GlobalThread()
    {
        s_alive = Lab.Semaphore(0);
        var events = RootTask.TakeSelectors(SelectorAllocator.MaxOrder);
        var startup = RootTask.Hip->HostArchitecturalEvents + MicrohypervisorEvent.Startup;
        Check.Succeeds(
            RootTask.ObjectSpace.Delegate(
                RootTask.ObjectSpace, RootSelectors.BootEvents + startup, events + startup, 0, (uint)PtPermissions.All),
            "STARTUP portal"u8);
        RootTask.Require(
            Threads.CreateGlobal(Lab.Selector(), Lab.BootCpu, events, "victim"u8, &RaiseThenTell, 0, out var block), "global thread"u8);
        var time = Lab.Start(block);
        Check.Succeeds(Lab.WaitFor(s_alive), "it has started"u8);
        Check.Is(s_alive.Down(Lab.After(50)), Status.TIMEOUT, "it does not go on"u8);
        Check.Succeeds(time.ReadTime(out var before), "ctrl_sc"u8);
        Lab.Sleep(20);
        Check.Succeeds(time.ReadTime(out var after), "ctrl_sc"u8);
        Check.Equal(after, before, "it consumes no time"u8);
    }
}
