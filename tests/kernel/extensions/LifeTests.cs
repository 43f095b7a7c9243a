using System.Runtime.Intrinsics.X86;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Extensions;

/// <summary>What happens to others when an object goes; moving quota; reserved time's descriptor (docs/abi.md, Destruction and kill).</summary>
internal static unsafe class LifeTests
{
    private const uint AllBits = 0x1f;
    private const int Patience = 2000;
    private const int Still = 40;

    private static Portal s_portal;
    private static Semaphore s_semaphore;
    private static Semaphore s_entered;
    private static Semaphore s_done;
    private static Semaphore s_settled;
    private static ulong s_status;
    private static ulong s_progress;

    internal static void Run()
    {
        Suite.Run("Waiters_of_a_semaphore_that_vanishes_get_ABORTED"u8, &Waiters);
        Suite.Run("A_semaphore_lives_while_one_capability_names_it"u8, &LastCapability);
        Suite.Run("Callers_of_a_thread_that_vanishes_get_ABORTED"u8, &Callers);
        Suite.Run("A_portal_keeps_its_thread_alive"u8, &PortalHolds);
        Suite.Run("A_thread_without_time_stops"u8, &TimeVanishes);
        Suite.Run("Portals_and_time_do_not_bind_to_a_dead_thread"u8, &DeadThread);
        Suite.Run("A_domains_spaces_outlive_their_capabilities"u8, &Spaces);
        Suite.Run("Moving_quota_needs_PD_on_both_domains"u8, &QuotaPermissions);
        Suite.Run("Quota_that_the_giver_has_not_is_MEM_OBJ"u8, &QuotaMissing);
        Suite.Run("A_domain_draws_on_its_owners_quota_until_it_has_its_own"u8, &QuotaOfOwner);
        Suite.Run("A_reservation_needs_a_period_not_below_its_budget"u8, &Reservations);
    }

    private static void Remove(ulong selector) => Check.Succeeds(RootTask.ObjectSpace.Remove(selector, 0), "remove"u8);

    private static void Tell(nint argument) => _ = s_settled.Up();

    // A thread of the lowest priority has run: those above it have nothing left to do.
    private static void Settle(uint cpu)
    {
        s_settled = Lab.Semaphore(0);
        _ = Lab.Run(cpu, &Tell, 0, 1);
        Check.Succeeds(Lab.WaitFor(s_settled), "all others wait"u8);
    }

    private static void WaitOnce(nint argument)
    {
        _ = s_entered.Up();
        Volatile.Write(ref s_status, (ulong)s_semaphore.Down());
        _ = s_done.Up();
    }

    private static void Waiters()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_done = Lab.Semaphore(0);
            s_entered = Lab.Semaphore(0);
            s_semaphore = Lab.Semaphore(0);
            s_status = ulong.MaxValue;
            for (var i = 0; i < 3; i++)
                _ = Lab.Run(cpu, &WaitOnce);

            for (var i = 0; i < 3; i++)
                Check.Succeeds(Lab.WaitFor(s_entered), "a thread waits"u8);

            Settle(cpu);
            Remove(s_semaphore.Selector);
            for (var i = 0; i < 3; i++)
            {
                Check.Succeeds(Lab.WaitFor(s_done), "a thread goes on"u8);
                Check.Equal(Volatile.Read(ref s_status), (ulong)Status.ABORTED, "its down"u8);
            }
        }
    }

    private static void LastCapability()
    {
        s_done = Lab.Semaphore(0);
        s_entered = Lab.Semaphore(0);
        s_semaphore = Lab.Semaphore(0);
        var copy = new Semaphore(Lab.Weakened(s_semaphore.Selector, (uint)SmPermissions.CTRL_UP));
        s_status = ulong.MaxValue;
        _ = Lab.Run(Lab.CpuCount - 1, &WaitOnce);
        Check.Succeeds(Lab.WaitFor(s_entered), "a thread waits"u8);
        Settle(Lab.CpuCount - 1);
        Remove(s_semaphore.Selector);
        Check.Is(Lab.WaitFor(s_done, 20), Status.TIMEOUT, "it goes on waiting"u8);
        Check.Succeeds(copy.Up(), "up by the copy"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "it goes on"u8);
        Check.Equal(Volatile.Read(ref s_status), (ulong)Status.SUCCESS, "its down"u8);
    }

    private static void Block(ulong identifier, uint mtd)
    {
        _ = s_entered.Up();
        _ = s_semaphore.Down();
        Server.Reply(1);
    }

    private static void CallOnce(nint argument)
    {
        Volatile.Write(ref s_status, (ulong)s_portal.Call(1, out _));
        _ = s_done.Up();
    }

    private static ThreadBlock* BlockingServer()
    {
        s_done = Lab.Semaphore(0);
        s_entered = Lab.Semaphore(0);
        s_semaphore = Lab.Semaphore(0);
        s_status = ulong.MaxValue;
        var block = Lab.Local(Lab.BootCpu);
        s_portal = Lab.PortalTo(block, &Block);
        return block;
    }

    // The blocked server is held by what it waits for: it goes when that lets it go and it still has no capability. Without the semaphore
    // its down is ABORTED, it answers, and then nothing names it any more.
    private static void Callers()
    {
        var block = BlockingServer();
        _ = Lab.Run(Lab.BootCpu, &CallOnce);
        Check.Succeeds(Lab.WaitFor(s_entered), "the server has the call"u8);
        Remove(s_portal.Selector);
        Remove(block->Selector);
        Remove(s_semaphore.Selector);
        Check.Succeeds(Lab.WaitFor(s_done), "the caller goes on"u8);
        var status = (Status)Volatile.Read(ref s_status);
        Check.True(status is Status.SUCCESS or Status.ABORTED, "with an answer or without"u8);
        Check.Is(s_portal.Call(1, out _), Status.BAD_CAP, "the portal is gone"u8);
    }

    private static void Answer(ulong identifier, uint mtd)
    {
        s_progress++;
        Server.Reply(1);
    }

    private static void PortalHolds()
    {
        var block = Lab.Local(Lab.BootCpu);
        var portal = Lab.PortalTo(block, &Answer);
        Remove(block->Selector);
        s_progress = 0;
        for (var i = 0; i < 50; i++)
        {
            Check.Succeeds(portal.Call(1, out _), "call"u8);
            Lab.Sleep(1);
        }

        Check.Equal(s_progress, 50, "calls"u8);
    }

    private static void CountForEver(nint argument)
    {
        while (true)
        {
            Volatile.Write(ref s_progress, s_progress + 1);
            X86Base.Pause();
        }
    }

    private static void TimeVanishes()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_progress = 0;
            var block = Lab.Global(cpu, &CountForEver);
            var time = Lab.Start(block);
            Check.True(ComesOn(0), "it runs"u8);
            Remove(time.Selector);
            Check.True(Stops(out var last), "it stops"u8);
            time = Lab.Start(block);
            Check.True(ComesOn(last), "with new time it goes on"u8);
            Remove(time.Selector);
        }
    }

    private static bool ComesOn(ulong last)
    {
        for (var tries = 0; tries < Patience; tries++)
        {
            if (Volatile.Read(ref s_progress) != last)
                return true;

            Lab.Sleep(5);
        }

        return false;
    }

    // Standing still for a moment proves nothing in an emulator: its CPUs are threads that may have to wait.
    private static bool Stops(out ulong last)
    {
        last = ulong.MaxValue;
        var same = 0;
        for (var tries = 0; tries < Patience && same < Still; tries++)
        {
            var now = Volatile.Read(ref s_progress);
            same = now == last ? same + 1 : 0;
            last = now;
            Lab.Sleep(5);
        }

        return same == Still;
    }

    private static void Die(ulong identifier, uint mtd) => _ = Probe.Undefined();

    private static void DeadThread()
    {
        var local = Lab.Foreign(Lab.BootCpu, out _);
        var portal = Lab.PortalTo(local, &Die);
        Check.Is(portal.Call(1, out _), Status.ABORTED, "it dies"u8);
        Check.Is(Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, local->Selector, 0x1000), Status.ABORTED, "portal"u8);
        var killed = Lab.NewDomain(out _, out _, out _);
        var global = Lab.Selector();
        Check.Succeeds(ExecutionContext.CreateGlobal(global, killed, 0x1000, Lab.CpuCount - 1, 0, RootSelectors.NoEvents), "global"u8);
        Check.Succeeds(killed.Kill(), "kill"u8);
        var selector = Lab.Selector();
        Check.Is(
            Hypercalls.CreateSc(selector, Lab.Domain.Selector, global, SchedulingDescriptor.Slice(1, 1).Raw), Status.ABORTED, "time"u8);
        Check.Succeeds(Hypercalls.CreateSm(selector, Lab.Domain.Selector, 0), "the selector is empty"u8);
    }

    private static void Spaces()
    {
        var domain = Lab.NewDomain(out var objects, out var host, out var ports);
        Check.Succeeds(ExecutionContext.CreateLocal(Lab.Selector(), domain, 0x1000, Lab.BootCpu, 0, 0), "thread"u8);
        Remove(objects.Selector);
        Remove(host.Selector);
        Remove(ports.Selector);
        Lab.Sleep(20);
        Check.Succeeds(ExecutionContext.CreateLocal(Lab.Selector(), domain, 0x2000, Lab.BootCpu, 0, 0), "another thread"u8);
        Check.Is(ObjectSpace.Create(Lab.Selector(), domain), Status.ABORTED, "the domain still has its object space"u8);
    }

    private static void QuotaPermissions()
    {
        var giver = Lab.NewDomain(out _, out _, out _);
        var receiver = Lab.NewDomain(out _, out _, out _);
        Check.Succeeds(Lab.Domain.MoveQuota(giver, 4, out _, out _), "quota"u8);
        var weakGiver = new ProtectionDomain(Lab.Weakened(giver.Selector, AllBits & ~(uint)PdPermissions.PD));
        var weakReceiver = new ProtectionDomain(Lab.Weakened(receiver.Selector, AllBits & ~(uint)PdPermissions.PD));
        Check.Is(weakGiver.MoveQuota(receiver, 1, out _, out _), Status.BAD_CAP, "giver without PD"u8);
        Check.Is(giver.MoveQuota(weakReceiver, 1, out _, out _), Status.BAD_CAP, "receiver without PD"u8);
        Check.Is(weakGiver.MoveQuota(receiver, 0, out _, out _), Status.BAD_CAP, "asking without PD"u8);
        var others = stackalloc ulong[5]
        {
            Lab.Selector(), Lab.SelectorCount, RootTask.Thread.Selector, RootTask.ObjectSpace.Selector, Lab.Semaphore(0).Selector,
        };
        for (var i = 0; i < 5; i++)
        {
            Check.Is(new ProtectionDomain(others[i]).MoveQuota(receiver, 1, out _, out _), Status.BAD_CAP, "no domain gives"u8);
            Check.Is(giver.MoveQuota(new ProtectionDomain(others[i]), 1, out _, out _), Status.BAD_CAP, "no domain receives"u8);
        }

        var onlyGiver = new ProtectionDomain(Lab.Weakened(giver.Selector, (uint)PdPermissions.PD));
        var onlyReceiver = new ProtectionDomain(Lab.Weakened(receiver.Selector, (uint)PdPermissions.PD));
        Check.Succeeds(onlyGiver.MoveQuota(onlyReceiver, 1, out var free, out _), "with nothing but PD"u8);
        Check.Equal(free, 3, "pages left"u8);
    }

    private static void QuotaMissing()
    {
        var giver = Lab.NewDomain(out _, out _, out _);
        var receiver = Lab.NewDomain(out _, out _, out _);
        Check.Succeeds(Lab.Domain.MoveQuota(giver, 4, out _, out _), "quota"u8);
        Check.Is(giver.MoveQuota(receiver, 5, out _, out _), Status.MEM_OBJ, "5 of 4 pages"u8);
        Check.Is(giver.MoveQuota(receiver, (1ul << 51) - 1, out _, out _), Status.MEM_OBJ, "the largest number"u8);
        Check.Is(giver.MoveQuota(receiver, 1ul << 51, out _, out _), Status.BAD_PAR, "too large a number"u8);
        Check.Is(giver.MoveQuota(receiver, ulong.MaxValue, out _, out _), Status.BAD_PAR, "the largest register"u8);
        Check.Succeeds(giver.MoveQuota(giver, 4, out var free, out _), "to itself"u8);
        Check.Equal(free, 4, "nothing has moved"u8);
    }

    private static void QuotaOfOwner()
    {
        var owner = Lab.NewDomain(out _, out _, out _);
        Check.Succeeds(Lab.Domain.MoveQuota(owner, 8, out _, out _), "quota"u8);
        var child = new ProtectionDomain(Lab.Selector());
        Check.Succeeds(ProtectionDomain.Create(child.Selector, owner), "create_pd"u8);
        Check.Succeeds(owner.MoveQuota(owner, 0, out var before, out _), "ask"u8);
        var selectors = RootTask.TakeSelectors(6);
        for (var i = 0ul; i < 48; i++)
            Check.Succeeds(Hypercalls.CreateSm(selectors + i, child.Selector, 0), "create_sm"u8);

        Check.Succeeds(owner.MoveQuota(owner, 0, out var after, out _), "ask"u8);
        Check.True(after < before, "the owner has paid"u8);
        Check.Succeeds(Lab.Domain.MoveQuota(child, 4, out _, out _), "a quota of its own"u8);
        Check.Succeeds(owner.MoveQuota(owner, 0, out before, out _), "ask"u8);
        for (var i = 48ul; i < 64; i++)
            Check.Succeeds(Hypercalls.CreateSm(selectors + i, child.Selector, 0), "create_sm"u8);

        Check.Succeeds(owner.MoveQuota(owner, 0, out after, out _), "ask"u8);
        Check.Equal(after, before, "the owner has not paid"u8);
        Check.Succeeds(child.MoveQuota(child, 0, out var free, out var used), "ask"u8);
        Check.True(free <= 4 && used >= 1, "the child has"u8);
    }

    private static void Reservations()
    {
        var global = Lab.Selector();
        Check.Succeeds(
            ExecutionContext.CreateGlobal(global, Lab.Domain, Lab.EmptyPage(), Lab.BootCpu, 0, RootSelectors.NoEvents), "create_ec"u8);
        var ec = new ExecutionContext(global);
        Check.Is(Create(ec, SchedulingDescriptor.Reserved(1, 0, 100)), Status.BAD_PAR, "budget 0"u8);
        Check.Is(Create(ec, SchedulingDescriptor.Reserved(0, 10, 100)), Status.BAD_PAR, "priority 0"u8);
        Check.Is(Create(ec, SchedulingDescriptor.Reserved(1, 100, 99)), Status.BAD_PAR, "a period below the budget"u8);
        Check.Is(Create(ec, SchedulingDescriptor.Reserved(1, 100, 0)), Status.BAD_PAR, "no period"u8);
        Check.Succeeds(Create(ec, SchedulingDescriptor.Reserved(1, 100, 100)), "a period like the budget"u8);
        Check.Succeeds(Create(ec, SchedulingDescriptor.Reserved(1, 1, 0xff_ffff)), "the longest period"u8);
        Check.Succeeds(Create(ec, SchedulingDescriptor.Reserved(127, 0xffff, 0xff_ffff)), "the longest budget"u8);
    }

    private static Status Create(ExecutionContext ec, SchedulingDescriptor descriptor)
    {
        var selector = Lab.Selector();
        var status = SchedulingContext.Create(selector, Lab.Domain, ec, descriptor);
        if (status == Status.SUCCESS)
            Remove(selector);

        return status;
    }
}
