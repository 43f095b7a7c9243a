using System.Runtime.Intrinsics.X86;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Extensions;

/// <summary>Kill: what it refuses, what stops, what comes back (docs/abi.md, Destruction and kill).</summary>
internal static unsafe class KillTests
{
    private const uint AllBits = 0x1f;
    private const ulong Far = 0x1000;
    private const ulong FarGate = 0x1001;
    private const ulong FarEntered = 0x1002;
    private const ulong FarDomain = 0x1003;
    private const ulong FarPortal = 0x1004;

    private static Portal s_portal;
    private static Semaphore s_done;
    private static ulong s_status;
    private static ulong s_progress;

    internal static void Run()
    {
        Suite.Run("Kill_needs_a_domain_with_all_five_permissions"u8, &NeedsAll);
        Suite.Run("Killed_threads_stop_on_every_cpu"u8, &ThreadsStop);
        Suite.Run("Callers_of_a_killed_domain_get_ABORTED"u8, &CallersAbort);
        Suite.Run("Callers_that_help_a_killed_domain_get_ABORTED"u8, &HelpersAbort);
        if (Lab.CpuCount > 1)
            Suite.Run("Time_that_came_through_a_killed_thread_goes_back_at_once"u8, &MiddleOfChain);

        Suite.Run("A_killed_thread_leaves_the_semaphore_it_waited_for"u8, &LeavesSemaphore);
        Suite.Run("What_a_killed_domain_passed_on_is_withdrawn"u8, &PassedOn);
        Suite.Run("What_a_killed_domain_held_is_gone_from_its_spaces"u8, &Held);
        Suite.Run("A_killed_domain_that_holds_itself_gives_everything_back"u8, &HoldsItself);
        Suite.Run("A_killed_domain_gets_no_new_threads"u8, &Shell);
        Suite.Run("A_domain_is_killed_twice_without_harm"u8, &Twice);
        Suite.Run("A_domain_can_kill_itself"u8, &Suicide);
        Suite.Run("Two_killers_of_one_domain_both_succeed"u8, &TwoKillers);
    }

    private static ulong Permissions(ulong space, ulong selector) => RevokeTests.Permissions(space, selector);

    private static void NeedsAll()
    {
        var domain = Lab.NewDomain(out _, out _, out _);
        for (var missing = 1u; missing <= (uint)PdPermissions.SM; missing <<= 1)
        {
            var weak = new ProtectionDomain(Lab.Weakened(domain.Selector, (uint)PdPermissions.All & ~missing));
            Check.Is(weak.Kill(), Status.BAD_CAP, "one permission is missing"u8);
        }

        Check.Is(new ProtectionDomain(Lab.Selector()).Kill(), Status.BAD_CAP, "null capability"u8);
        Check.Is(new ProtectionDomain(Lab.SelectorCount).Kill(), Status.BAD_CAP, "selector SELNUM"u8);
        Check.Is(new ProtectionDomain(RootTask.Thread.Selector).Kill(), Status.BAD_CAP, "thread"u8);
        Check.Is(new ProtectionDomain(RootTask.ObjectSpace.Selector).Kill(), Status.BAD_CAP, "space"u8);
        Check.Is(new ProtectionDomain(Lab.Semaphore(0).Selector).Kill(), Status.BAD_CAP, "semaphore"u8);
        Check.Succeeds(
            ExecutionContext.CreateLocal(Lab.Selector(), domain, 0x1000, Lab.BootCpu, 0, 0), "the domain is alive"u8);
        Check.Succeeds(domain.Kill(), "with all five"u8);
    }

    private static void Count(ulong identifier, uint mtd)
    {
        while (true)
        {
            Volatile.Write(ref s_progress, s_progress + 1);
            X86Base.Pause();
        }
    }

    private static void CallOnce(nint argument)
    {
        s_status = (ulong)s_portal.Call(1, out _);
        _ = s_done.Up();
    }

    // A thread of the root domain calls a server that never answers; its domain dies under it.
    private static void ThreadsStop()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_done = Lab.Semaphore(0);
            s_portal = Lab.PortalTo(Lab.Foreign(cpu, out var thread), &Count);
            s_status = ulong.MaxValue;
            s_progress = 0;
            _ = Lab.Run(cpu, &CallOnce);
            for (var i = 0; i < 1000 && Volatile.Read(ref s_progress) == 0; i++)
                Lab.Sleep(1);

            Check.True(Volatile.Read(ref s_progress) != 0, "the server runs"u8);
            Check.Succeeds(thread.Domain.Kill(), "kill"u8);
            var progress = Volatile.Read(ref s_progress);
            Check.Succeeds(Lab.WaitFor(s_done), "the caller goes on"u8);
            Check.Equal(s_status, (ulong)Status.ABORTED, "its call"u8);
            Check.Equal(Volatile.Read(ref s_progress), progress, "when kill returns the thread has stopped"u8);
        }
    }

    private static void CallFar(ulong identifier, uint mtd)
    {
        _ = new Portal(FarPortal).Call(1, out _);
        Server.Reply(1);
    }

    // A caller with a long slice, a thread in the middle, and a server that computes for ever. When the one in the middle is killed from
    // another CPU, the server has no time any more, although nothing else wants the CPU.
    private static void MiddleOfChain()
    {
        const uint LongSlice = 60_000;
        var cpu = Lab.OtherCpu;
        s_done = Lab.Semaphore(0);
        s_portal = Lab.PortalTo(Lab.Foreign(cpu, out var thread), &CallFar);
        var last = Lab.Server(cpu, &Count);
        Check.Succeeds(RootTask.ObjectSpace.Delegate(thread.Objects, last.Selector, FarPortal, 0, AllBits), "ctrl_pd"u8);
        s_status = ulong.MaxValue;
        s_progress = 0;
        _ = Lab.Start(Lab.Global(cpu, &CallOnce), Lab.Priority, LongSlice);
        for (var i = 0; i < 1000 && Volatile.Read(ref s_progress) == 0; i++)
            Lab.Sleep(1);

        Check.True(Volatile.Read(ref s_progress) != 0, "the server runs"u8);
        Check.Succeeds(thread.Domain.Kill(), "kill"u8);
        Check.Succeeds(Lab.WaitFor(s_done, LongSlice / 4), "the caller goes on"u8);
        Check.Equal(s_status, (ulong)Status.ABORTED, "its call"u8);
    }

    private static void Wait(ulong identifier, uint mtd)
    {
        _ = new Semaphore(FarEntered).Up();
        _ = new Semaphore(FarGate).Down();
        Server.Reply(1);
    }

    private static Portal WaitingServer(uint cpu, out ForeignThread thread, out Semaphore entered, out Semaphore gate)
    {
        var portal = Lab.PortalTo(Lab.Foreign(cpu, out thread), &Wait);
        entered = Lab.Semaphore(0);
        gate = Lab.Semaphore(0);
        s_done = Lab.Semaphore(0);
        Check.Succeeds(RootTask.ObjectSpace.Delegate(thread.Objects, entered.Selector, FarEntered, 0, AllBits), "ctrl_pd"u8);
        Check.Succeeds(RootTask.ObjectSpace.Delegate(thread.Objects, gate.Selector, FarGate, 0, AllBits), "ctrl_pd"u8);
        return portal;
    }

    private static void CallersAbort()
    {
        s_portal = WaitingServer(Lab.BootCpu, out var thread, out var entered, out _);
        s_status = ulong.MaxValue;
        _ = Lab.Run(Lab.BootCpu, &CallOnce);
        Check.Succeeds(Lab.WaitFor(entered), "the server has the call"u8);
        Check.Succeeds(thread.Domain.Kill(), "kill"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "the caller goes on"u8);
        Check.Equal(s_status, (ulong)Status.ABORTED, "its call"u8);
        Check.Is(s_portal.Call(1, out _), Status.ABORTED, "later calls"u8);
        Check.Is(s_portal.TryCall(1, out _), Status.ABORTED, "later calls with T"u8);
    }

    private static void HelpersAbort()
    {
        s_portal = WaitingServer(Lab.BootCpu, out var thread, out var entered, out _);
        for (var i = 0; i < 3; i++)
            _ = Lab.Run(Lab.BootCpu, &CallOnce);

        Check.Succeeds(Lab.WaitFor(entered), "the server has one call"u8);
        Lab.Sleep(5);
        Check.Succeeds(thread.Domain.Kill(), "kill"u8);
        for (var i = 0; i < 3; i++)
        {
            Check.Succeeds(Lab.WaitFor(s_done), "a caller goes on"u8);
            Check.Equal(s_status, (ulong)Status.ABORTED, "its call"u8);
        }
    }

    private static void LeavesSemaphore()
    {
        s_portal = WaitingServer(Lab.CpuCount - 1, out var thread, out var entered, out var gate);
        _ = Lab.Run(Lab.CpuCount - 1, &CallOnce);
        Check.Succeeds(Lab.WaitFor(entered), "the server has the call"u8);
        Lab.Sleep(2);
        Check.Succeeds(thread.Domain.Kill(), "kill"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "the caller goes on"u8);
        Check.Succeeds(gate.Up(), "up"u8);
        Check.Succeeds(gate.Down(1), "no dead thread has taken it"u8);
    }

    private static void PassedOn()
    {
        var domain = Lab.NewDomain(out var objects, out var host, out var ports);
        _ = Lab.NewDomain(out var others, out var otherHost, out var otherPorts);
        const ulong SomePort = 0x3c0;
        var sm = Lab.Semaphore(0);
        var page = (ulong)Lab.Memory(1) >> 12;
        Check.Succeeds(RootTask.ObjectSpace.Delegate(objects, sm.Selector, Far, 0, AllBits), "object"u8);
        Check.Succeeds(objects.Delegate(others, Far, Far, 0, AllBits), "object, on"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(host, page, Far, 0, MemoryPermissions.R), "memory"u8);
        Check.Succeeds(host.Delegate(otherHost, Far, Far, 0, MemoryPermissions.R), "memory, on"u8);
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(ports, SomePort, 0), "port"u8);
        Check.Succeeds(ports.Delegate(otherPorts, SomePort, 0), "port, on"u8);
        Check.Succeeds(domain.Kill(), "kill"u8);
        Check.Equal(Permissions(others.Selector, Far), 0, "object"u8);
        Check.Equal(Permissions(otherHost.Selector, Far), 0, "memory"u8);
        Check.Equal(Permissions(otherPorts.Selector, SomePort), 0, "port"u8);
        Check.Succeeds(sm.Up(), "the object's creator keeps it"u8);
    }

    private static void Held()
    {
        var domain = Lab.NewDomain(out var objects, out var host, out var ports);
        const ulong SomePort = 0x3c0;
        for (var i = 0ul; i < 100; i++)
            Check.Succeeds(RootTask.ObjectSpace.Delegate(objects, domain.Selector, i * 0x1234, 0, AllBits), "object"u8);

        var page = (ulong)Lab.Memory(16, 16) >> 12;
        Check.Succeeds(RootTask.HostSpace.Delegate(host, page, Far, 4, MemoryPermissions.R), "memory"u8);
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(ports, SomePort, 3), "ports"u8);
        Check.Succeeds(domain.Kill(), "kill"u8);
        for (var i = 0ul; i < 100; i++)
            Check.Equal(Permissions(objects.Selector, i * 0x1234), 0, "object"u8);

        for (var i = 0ul; i < 16; i++)
            Check.Equal(Permissions(host.Selector, Far + i), 0, "memory"u8);

        Check.Equal(Permissions(ports.Selector, SomePort + 7), 0, "port"u8);
    }

    // Domain and spaces are named in the domain's own object space, and there once more by delegation from there: only kill ends that.
    private static void HoldsItself()
    {
        const ulong Pages = 32;
        const ulong Again = 0x2000;
        var selectors = RootTask.TakeSelectors(2);
        var domain = new ProtectionDomain(selectors);
        var objects = new ObjectSpace(selectors + 1);
        for (var round = 0; round < 3; round++)
        {
            var free = FreePages();
            Check.Succeeds(ProtectionDomain.Create(domain.Selector, Lab.Domain), "create_pd"u8);
            Check.Succeeds(Lab.Domain.MoveQuota(domain, Pages, out _, out _), "quota"u8);
            Check.Succeeds(ObjectSpace.Create(objects.Selector, domain), "object space"u8);
            Check.Succeeds(HostSpace.Create(selectors + 2, domain), "host space"u8);
            Check.Succeeds(PioSpace.Create(selectors + 3, domain), "port space"u8);
            for (var i = 0ul; i < 4; i++)
            {
                Check.Succeeds(RootTask.ObjectSpace.Delegate(objects, selectors + i, Far + i, 0, AllBits), "itself"u8);
                Check.Succeeds(objects.Delegate(objects, Far + i, Far + Again + i, 0, AllBits), "and once more"u8);
            }

            Check.Succeeds(domain.Kill(), "kill"u8);
            Check.Equal(Permissions(objects.Selector, Far + 1), 0, "its object space in itself"u8);
            Check.Equal(Permissions(objects.Selector, Far + Again + 1), 0, "and once more"u8);
            Check.Succeeds(RootTask.ObjectSpace.Remove(selectors, 2), "the last capabilities"u8);
            for (var tries = 0; tries < 200 && FreePages() < free; tries++)
                Lab.Sleep(5);

            Check.True(FreePages() >= free, "all pages have come back"u8);
        }
    }

    private static ulong FreePages()
    {
        Check.Succeeds(Lab.Domain.MoveQuota(Lab.Domain, 0, out var free, out _), "ask"u8);
        return free;
    }

    private static void Shell()
    {
        var domain = Lab.NewDomain(out _, out _, out _);
        Check.Succeeds(domain.Kill(), "kill"u8);
        Check.Is(ExecutionContext.CreateLocal(Lab.Selector(), domain, 0x1000, Lab.BootCpu, 0, 0), Status.ABORTED, "local thread"u8);
        Check.Is(ExecutionContext.CreateGlobal(Lab.Selector(), domain, 0x1000, Lab.BootCpu, 0, 0), Status.ABORTED, "global thread"u8);
        Check.Equal(
            Permissions(RootTask.ObjectSpace.Selector, domain.Selector), (uint)PdPermissions.All, "its capability stays"u8);
    }

    private static void Twice()
    {
        var portal = Lab.PortalTo(Lab.Foreign(Lab.BootCpu, out var thread), &Wait);
        Check.Succeeds(thread.Domain.Kill(), "kill"u8);
        Check.Succeeds(thread.Domain.Kill(), "kill again"u8);
        Check.Is(portal.Call(1, out _), Status.ABORTED, "its server is dead"u8);
    }

    private static void KillItself(ulong identifier, uint mtd)
    {
        _ = new ProtectionDomain(FarDomain).Kill();
        s_progress++;
        Server.Reply(1);
    }

    private static void Suicide()
    {
        var portal = Lab.PortalTo(Lab.Foreign(Lab.BootCpu, out var thread), &KillItself);
        Check.Succeeds(
            RootTask.ObjectSpace.Delegate(thread.Objects, thread.Domain.Selector, FarDomain, 0, AllBits), "its own domain"u8);
        s_progress = 0;
        Check.Is(portal.Call(1, out _), Status.ABORTED, "call"u8);
        Check.Equal(s_progress, 0, "the thread has not come back from its kill"u8);
        Check.Equal(Permissions(thread.Objects.Selector, FarDomain), 0, "its object space is empty"u8);
    }

    private static ProtectionDomain s_victim;

    private static void KillVictim(nint argument)
    {
        s_status |= (ulong)s_victim.Kill();
        _ = s_done.Up();
    }

    private static void TwoKillers()
    {
        s_done = Lab.Semaphore(0);
        s_status = 0;
        s_victim = Lab.NewDomain(out var objects, out _, out _);
        for (var i = 0ul; i < 2000; i++)
            Check.Succeeds(RootTask.ObjectSpace.Delegate(objects, s_victim.Selector, i * 7, 0, AllBits), "object"u8);

        _ = Lab.Run(Lab.BootCpu, &KillVictim);
        _ = Lab.Run(Lab.CpuCount - 1, &KillVictim);
        Check.Succeeds(Lab.WaitFor(s_done), "one killer"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "the other"u8);
        Check.Equal(s_status, (ulong)Status.SUCCESS, "status"u8);
        Check.Equal(Permissions(objects.Selector, 7), 0, "object"u8);
    }
}
