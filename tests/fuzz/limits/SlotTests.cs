using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Limits;

/// <summary>
/// Who pays for a slot: creations by a thread whose own object space has no memory left, for an owner who has plenty; and delegations that
/// fail half way.
/// </summary>
internal static unsafe class SlotTests
{
    private const uint AllRights = 0x1f;
    private const ulong FarSelector = 0x80000;
    private const ulong NearOwner = 0x20;
    private const ulong NearLocal = 0x21;
    private const ulong NearGlobal = 0x22;
    private const ulong ThreadPage = 0x7_0000_0000 >> 12;
    private const ulong FarPage = 0x7_4000_0000 >> 12;
    private const int Kinds = 7;

    private static ForeignThread s_poor;
    private static ProtectionDomain s_owner;

    internal static void Run()
    {
        Suite.Run("A_slot_that_cannot_be_paid_for_is_MEM_CAP"u8, &Slots);
        Suite.Run("A_delegation_that_fails_half_way_has_delegated_what_lies_before"u8, &HalfWay);
    }

    // A domain with its own account, in which less than a page is left.
    private static void MakePoor()
    {
        s_poor.Domain = new ProtectionDomain(Lab.Selector());
        s_poor.Objects = new ObjectSpace(Lab.Selector());
        s_poor.Host = new HostSpace(Lab.Selector());
        s_poor.Ports = new PioSpace(Lab.Selector());
        RootTask.Require(ProtectionDomain.Create(s_poor.Domain.Selector, Lab.Domain), "create_pd"u8);
        RootTask.Require(Lab.Domain.MoveQuota(s_poor.Domain, 100, out _, out _), "quota"u8);
        RootTask.Require(ObjectSpace.Create(s_poor.Objects.Selector, s_poor.Domain), "object space"u8);
        RootTask.Require(HostSpace.Create(s_poor.Host.Selector, s_poor.Domain), "host space"u8);
        RootTask.Require(PioSpace.Create(s_poor.Ports.Selector, s_poor.Domain), "port space"u8);
    }

    private static void Drain()
    {
        Check.Succeeds(s_poor.Domain.MoveQuota(s_poor.Domain, 0, out var free, out _), "ask"u8);
        Check.Succeeds(s_poor.Domain.MoveQuota(Lab.Domain, free, out free, out _), "take all"u8);
        Check.Equal(free, 0, "pages left"u8);
    }

    private static void Give(ulong from, ulong to) =>
        Check.Succeeds(RootTask.ObjectSpace.Delegate(s_poor.Objects, from, to, 0, AllRights), "give"u8);

    // Makes the hypercall that the message describes.
    private static void Invoke(ulong identifier, uint mtd)
    {
        var utcb = Server.Utcb;
        utcb[0] = Syscall.Invoke(utcb[0], utcb[1], utcb[2], utcb[3], utcb[4]) & HypercallRegister.StatusMask;
        Server.Reply(1);
    }

    // Tables that an object space has made stay: each kind has a selector far from all others.
    private static ulong Far(int kind) => FarSelector * (1 + (ulong)kind);

    private static Status Create(Portal portal, int kind)
    {
        var utcb = ThreadBlock.Current->Utcb;
        utcb[1] = NearOwner;
        utcb[2] = 0;
        utcb[3] = 0;
        utcb[4] = 0;
        switch (kind)
        {
            case 0:
                utcb[0] = Hypercalls.Identifier(Hypercall.create_pd, (uint)CreatePdOperation.ProtectionDomain, Far(kind));
                break;
            case 1:
                utcb[0] = Hypercalls.Identifier(Hypercall.create_pd, (uint)CreatePdOperation.MsrSpace, Far(kind));
                break;
            case 2:
                utcb[0] = Hypercalls.Identifier(Hypercall.create_pd, (uint)CreatePdOperation.PioSpace, Far(kind));
                break;
            case 3:
                utcb[0] = Hypercalls.Identifier(Hypercall.create_ec, 0, Far(kind));
                utcb[2] = Hypercalls.Packed(ThreadPage, Lab.BootCpu);
                break;
            case 4:
                utcb[0] = Hypercalls.Identifier(Hypercall.create_sc, 0, Far(kind));
                utcb[2] = NearGlobal;
                utcb[3] = SchedulingDescriptor.Slice(1, 1).Raw;
                break;
            case 5:
                utcb[0] = Hypercalls.Identifier(Hypercall.create_pt, 0, Far(kind));
                utcb[2] = NearLocal;
                utcb[3] = 0x1000;
                break;
            default:
                utcb[0] = Hypercalls.Identifier(Hypercall.create_sm, 0, Far(kind));
                break;
        }

        Check.Succeeds(portal.Call(5, out _), "call"u8);
        return (Status)utcb[0];
    }

    private static bool IsEmpty(ulong space, ulong selector)
    {
        Check.Succeeds(Extension.Lookup(space, selector, out var mapping), "lookup"u8);
        return mapping.Permissions == 0;
    }

    private static void Slots()
    {
        MakePoor();
        s_owner = Lab.NewDomain(out _, out _, out _);
        var local = Lab.Selector();
        var global = Lab.Selector();
        Check.Succeeds(ExecutionContext.CreateLocal(local, s_owner, ThreadPage - 1, Lab.BootCpu, 0, 0), "thread"u8);
        Check.Succeeds(ExecutionContext.CreateGlobal(global, s_owner, ThreadPage - 2, Lab.BootCpu, 0, RootSelectors.NoEvents), "thread"u8);
        Give(s_owner.Selector, NearOwner);
        Give(local, NearLocal);
        Give(global, NearGlobal);
        var portal = Lab.PortalTo(Lab.Foreign(Lab.BootCpu, s_poor), &Invoke);
        for (var kind = 0; kind < Kinds; kind++)
        {
            Drain();
            Check.Is(Create(portal, kind), Status.MEM_CAP, "creation"u8);
            Check.True(IsEmpty(s_poor.Objects.Selector, Far(kind)), "the slot stays empty"u8);

            // What was made and could not be named is given back after a grace period; a UTCB's page is free again then.
            Check.Succeeds(Lab.Domain.MoveQuota(s_poor.Domain, 8, out _, out _), "quota"u8);
            var status = Create(portal, kind);
            for (var tries = 0; tries < 1000 && status == Status.BAD_PAR; tries++)
            {
                Lab.Sleep(5);
                status = Create(portal, kind);
            }

            Check.Succeeds(status, "creation with memory for the slot"u8);
            Check.True(!IsEmpty(s_poor.Objects.Selector, Far(kind)), "the slot is full"u8);
            Check.Succeeds(s_poor.Objects.Remove(Far(kind), 0), "remove"u8);
        }
    }

    private static void HalfWay()
    {
        const int Order = 7;
        const ulong Count = 1ul << Order;
        MakePoor();
        var pages = (ulong)Lab.Memory(Count, Count) >> 12;
        var frame = Lab.PhysicalPage(Lab.Memory(1));
        var selectors = 0x20000ul;

        // Nothing that could be delegated as one: each page is the same frame, each capability another object.
        for (var i = 0ul; i < Count; i++)
        {
            Check.Succeeds(RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, frame, pages + i, 0, MemoryPermissions.R), "page"u8);
            Check.Succeeds(Hypercalls.CreateSm(selectors + i, Lab.Domain.Selector, 0), "create_sm"u8);
        }

        // The tables are there; the nodes are not.
        Check.Succeeds(RootTask.HostSpace.Delegate(s_poor.Host, pages, FarPage + 256, 0, MemoryPermissions.R), "first page"u8);
        Give(selectors, FarSelector + 200);
        Drain();
        Fill();
        var status = RootTask.HostSpace.Delegate(s_poor.Host, pages, FarPage, Order, MemoryPermissions.R);
        Check.Is(status, Status.MEM_CAP, "memory"u8);
        CheckPrefix(s_poor.Host.Selector, FarPage, Count);
        status = RootTask.ObjectSpace.Delegate(s_poor.Objects, selectors, FarSelector, Order, AllRights);
        Check.Is(status, Status.MEM_CAP, "objects"u8);
        CheckPrefix(s_poor.Objects.Selector, FarSelector, Count);
        Check.Succeeds(Lab.Domain.MoveQuota(s_poor.Domain, 60, out _, out _), "quota"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(s_poor.Host, pages, FarPage, Order, MemoryPermissions.R), "memory"u8);
        Check.Succeeds(RootTask.ObjectSpace.Delegate(s_poor.Objects, selectors, FarSelector, Order, AllRights), "objects"u8);
        Check.True(!IsEmpty(s_poor.Host.Selector, FarPage + Count - 1), "the last page"u8);
        Check.True(!IsEmpty(s_poor.Objects.Selector, FarSelector + Count - 1), "the last object"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(selectors, Order), "remove"u8);
        Check.Succeeds(s_poor.Domain.Kill(), "kill"u8);
    }

    // Leaves room for some nodes, not for all.
    private static void Fill()
    {
        var selector = 0x24000ul;
        var made = 0ul;
        while (Hypercalls.CreateSm(selector + made, s_poor.Domain.Selector, 0) == Status.SUCCESS)
            made++;

        // Twenty objects' worth of memory.
        for (var i = 0ul; i < 20 && made != 0; i++)
            Check.Succeeds(RootTask.ObjectSpace.Remove(selector + --made, 0), "remove"u8);

        Lab.Sleep(100);
    }

    private static void CheckPrefix(ulong space, ulong first, ulong count)
    {
        var done = 0ul;
        while (done < count && !IsEmpty(space, first + done))
            done++;

        Check.True(done < count, "not all has been delegated"u8);
        for (var i = done; i < count; i++)
            Check.True(IsEmpty(space, first + i), "nothing behind the failure"u8);
    }
}
