using System;
using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Limits;

/// <summary>
/// Domains with 1, 2, 3, ... pages of kernel memory in which everything is created and delegated until nothing can be any more: each
/// operation succeeds, or says that memory is short and has changed nothing.
/// </summary>
internal static unsafe class ExhaustionTests
{
    private const ulong MostPages = 28;
    private const int MostObjects = 96;
    private const uint AllRights = 0x1f;
    private const ulong FarSelector = 0x40000;

    /// <summary>128 selectors that the root task does not use otherwise.</summary>
    private const ulong Selectors = 0x10000;
    private const ulong FarPage = 0x3_0000_0000 >> 12;

    private static ulong s_selectors;
    private static ulong s_page;
    private static ProtectionDomain s_domain;
    private static ulong s_objects;
    private static ulong s_host;
    private static ulong s_thread;

    internal static void Run()
    {
        s_selectors = Selectors;
        s_page = (ulong)Lab.Memory(1) >> 12;
        s_thread = Lab.Selector();
        s_domain = new ProtectionDomain(Lab.Selector());
        s_objects = Lab.Selector();
        s_host = Lab.Selector();
        Suite.Run("What_cannot_be_paid_for_changes_nothing"u8, &Sweep);
        Suite.Run("Quota_that_the_giver_has_not_stays_with_it"u8, &TooMuch);
    }

    private static void Sweep()
    {
        // The root domain's own tables are made in the first run and stay.
        Exhaust(MostPages);
        var before = Accounts.Used();
        Walker.Begin();
        for (var pages = 1ul; pages <= MostPages; pages++)
        {
            Exhaust(pages);
            Accounts.ExpectUsed(before);
        }

        Walker.Walk();
    }

    private static void TooMuch()
    {
        RootTask.Require(ProtectionDomain.Create(s_domain.Selector, Lab.Domain), "create_pd"u8);
        Check.Succeeds(Lab.Domain.MoveQuota(s_domain, 3, out _, out _), "give 3 pages"u8);
        Check.Is(s_domain.MoveQuota(Lab.Domain, 4, out _, out _), Status.MEM_OBJ, "take 4 pages back"u8);
        Check.Succeeds(s_domain.MoveQuota(Lab.Domain, 3, out var free, out var used), "take 3 pages back"u8);
        Check.Equal(free, 0, "nothing is left"u8);
        Check.Equal(used, 0, "nothing is used"u8);
        Check.Is(s_domain.MoveQuota(Lab.Domain, 1ul << 51, out _, out _), Status.BAD_PAR, "a number that is too large"u8);
        Check.Is(Semaphore.Create(s_selectors, s_domain, 0), Status.MEM_OBJ, "an object of a domain without memory"u8);
        CheckEmpty(s_selectors);
        Check.Succeeds(RootTask.ObjectSpace.Remove(s_domain.Selector, 0), "remove"u8);

        // The root domain owns all that it has not given away, also after it has got something back.
        Check.Succeeds(Lab.Domain.MoveQuota(Lab.Domain, 0, out free, out _), "quota"u8);
        Check.True(free > 1000, "root domain has its memory"u8);
    }

    private static void Exhaust(ulong pages)
    {
        RootTask.Require(ProtectionDomain.Create(s_domain.Selector, Lab.Domain), "create_pd"u8);
        RootTask.Require(Lab.Domain.MoveQuota(s_domain, pages, out _, out _), "quota"u8);
        var hasObjects = Try(s_objects, ObjectSpace.Create(s_objects, s_domain));
        var hasHost = Try(s_host, HostSpace.Create(s_host, s_domain));
        var hasPorts = Try(s_selectors, PioSpace.Create(s_selectors, s_domain));
        var hasThread = false;
        if (hasObjects && hasHost && hasPorts)
        {
            hasThread = Try(
                s_thread, ExecutionContext.CreateGlobal(s_thread, s_domain, FarPage - 1, Lab.BootCpu, 0x1000, 0, true));
        }

        var failures = 0;
        for (var i = 1; i < MostObjects && failures < 10; i++)
        {
            var before = Used();
            var created = Unless(Create(s_selectors + (ulong)i, i, hasThread), ref before);
            var gaveObject = Unless(hasObjects && DelegateObject((ulong)i), ref before);
            var gavePage = Unless(hasHost && DelegatePage((ulong)i), ref before);
            failures = created || gaveObject || gavePage ? 0 : failures + 1;
        }

        Check.True(failures != 0, "memory ran out"u8);
        Check.Succeeds(s_domain.Kill(), "kill"u8);
        _ = RootTask.ObjectSpace.Remove(s_selectors, 7);
        _ = RootTask.ObjectSpace.Remove(s_thread, 0);
        _ = RootTask.ObjectSpace.Remove(s_objects, 0);
        _ = RootTask.ObjectSpace.Remove(s_host, 0);
        Check.Succeeds(RootTask.ObjectSpace.Remove(s_domain.Selector, 0), "remove"u8);
    }

    /// <summary>Unless something was done, the domain's account is as it was before.</summary>
    private static bool Unless(bool done, ref ulong used)
    {
        var now = Used();
        if (!done)
            Check.Equal(now, used, "pages used by a domain to which nothing was given"u8);

        used = now;
        return done;
    }

    private static ulong Used()
    {
        Check.Succeeds(s_domain.MoveQuota(Lab.Domain, 0, out _, out var used), "quota"u8);
        return used;
    }

    private static bool Create(ulong selector, int kind, bool hasThread) => (kind % 7) switch
    {
        0 => Try(selector, ProtectionDomain.Create(selector, s_domain)),
        1 => Try(selector, MsrSpace.Create(selector, s_domain)),
        2 => Try(selector, PioSpace.Create(selector, s_domain)),
        3 when hasThread => Try(
            selector, ExecutionContext.CreateLocal(selector, s_domain, FarPage + ((ulong)kind << 9), Lab.BootCpu, 0x1000, 0, (kind & 8) != 0)),
        4 when hasThread => Try(
            selector, SchedulingContext.Create(selector, s_domain, new ExecutionContext(s_thread), SchedulingDescriptor.Slice(1, 1))),
        _ => Try(selector, Semaphore.Create(selector, s_domain, 0)),
    };

    private static bool Try(ulong selector, Status status)
    {
        if (status == Status.SUCCESS)
            return true;

        Check.Is(status, Status.MEM_OBJ, "creation for a domain without memory"u8);
        CheckEmpty(selector);
        return false;
    }

    private static bool DelegateObject(ulong i)
    {
        var to = FarSelector * (i % 32) + i;
        Status status = RootTask.ObjectSpace.Delegate(new ObjectSpace(s_objects), s_domain.Selector, to, 0, AllRights);
        return Delegated(s_objects, to, status);
    }

    private static bool DelegatePage(ulong i)
    {
        var to = FarPage + (i << 18);
        Status status = RootTask.HostSpace.Delegate(new HostSpace(s_host), s_page, to, 0, MemoryPermissions.R);
        return Delegated(s_host, to, status);
    }

    private static bool Delegated(ulong space, ulong selector, Status status)
    {
        Check.Succeeds(Extension.Lookup(space, selector, out var mapping), "lookup"u8);
        Check.True(mapping.Permissions != 0 == (status == Status.SUCCESS), "a delegation happens or does not"u8);
        if (status != Status.SUCCESS)
            Check.Is(status, Status.MEM_CAP, "delegation to a domain without memory"u8);

        return status == Status.SUCCESS;
    }

    private static void CheckEmpty(ulong selector)
    {
        Check.Succeeds(Extension.Lookup(RootTask.ObjectSpace.Selector, selector, out var mapping), "lookup"u8);
        Check.Equal((ulong)mapping.Type, (ulong)CapabilityType.Null, "selector of what was not created"u8);
    }
}
