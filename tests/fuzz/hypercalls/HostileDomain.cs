using System;
using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Fuzz;

/// <summary>
/// One hostile component: a domain with little kernel memory, a driver thread, an event handler, a server, and capabilities for its
/// neighbours. It is made anew for each round; its selectors and its memory are used again.
/// </summary>
internal unsafe struct HostileDomain
{
    /// <summary>Pages that it may map, share and give away.</summary>
    internal const ulong PlayPages = 32;

    /// <summary>Regions in which it may create further threads.</summary>
    internal const ulong SpareRegions = 2;

    private const ulong Regions = 3 + SpareRegions;
    private const uint Priority = 4;
    private const uint SliceMilliseconds = 2;
    private const uint AllRights = 0x1f;

    private ulong _selectors;
    private ulong _memory;
    private Control* _control;
    private uint _cpu;

    /// <summary>Figures of the running or the last round.</summary>
    internal readonly ref Control Figures => ref *_control;

    internal readonly ProtectionDomain Domain => new(_selectors);

    internal readonly ulong Selector(ulong layout) => _selectors + (layout - Layout.First);

    /// <summary>Takes selectors and memory; once.</summary>
    internal void Prepare(uint cpu)
    {
        _cpu = cpu;
        _selectors = RootTask.TakeSelectors(5);
        _memory = (ulong)Lab.Memory((Regions * StackLayout.Size >> 12) + PlayPages, StackLayout.Size >> 12);
        _control = (Control*)Lab.Memory(1);
    }

    /// <summary>Makes domain, spaces and threads, without time and without capabilities in its object space.</summary>
    internal readonly void Create(ulong seed, ulong calls, ref Dice dice)
    {
        new Span<byte>((void*)_memory, (int)(Regions * StackLayout.Size + (PlayPages << 12))).Clear();
        new Span<byte>(_control, 4096).Clear();
        _control->Limit = calls;
        _control->Seed = seed;
        _control->Cpu = _cpu;
        _control->Cpus = Lab.CpuCount;
        _control->PlayPage = (_memory + Regions * StackLayout.Size) >> 12;
        _control->SpareRegion = _memory + 3 * StackLayout.Size;
        _control->ServerEntry = Server.AddressOf(&Hostile.Serve);

        RootTask.Require(ProtectionDomain.Create(_selectors, Lab.Domain), "create_pd"u8);
        RootTask.Require(Lab.Domain.MoveQuota(Domain, 100 + dice.Below(60), out _, out _), "quota"u8);
        RootTask.Require(ObjectSpace.Create(Selector(Layout.Objects), Domain), "object space"u8);
        RootTask.Require(HostSpace.Create(Selector(Layout.Host), Domain), "host space"u8);
        RootTask.Require(PioSpace.Create(Selector(Layout.Ports), Domain), "port space"u8);
        var host = new HostSpace(Selector(Layout.Host));
        Machinery.ShareImage(host);
        Machinery.Share(host, (ulong)_control >> 12, 1, MemoryPermissions.R | MemoryPermissions.W);
        Machinery.Share(host, _control->PlayPage, PlayPages, MemoryPermissions.R | MemoryPermissions.W);
        RootTask.Require(RootTask.NovaPioSpace.Delegate(new PioSpace(Selector(Layout.Ports)), 0x80, 2), "ports"u8);

        for (var i = 3ul; i < Regions; i++)
            _ = Machinery.ShareRegion(host, _memory + i * StackLayout.Size, (nint)_control);

        Machinery.CreateLocal(Selector(Layout.Handler), Domain, Region(host, 1), _cpu, Layout.Events);
        Machinery.CreateLocal(Selector(Layout.Server), Domain, Region(host, 2), _cpu, Layout.Events);
        var driver = Region(host, 0);
        RootTask.Require(
            ExecutionContext.CreateGlobal(
                Selector(Layout.Driver), Domain, (ulong)driver->Utcb >> 12, _cpu, ThreadBlock.EntryStackOf((ulong)driver), Layout.Events, true),
            "driver"u8);
        Require(Portal.Create(
            Selector(Layout.OwnPortal), Lab.Domain, new ExecutionContext(Selector(Layout.Server)), _control->ServerEntry));
        Require(Semaphore.Create(Selector(Layout.OwnSemaphore), Lab.Domain, 0));
        Require(Semaphore.Create(Selector(Layout.Never), Lab.Domain, 0));
        BindEvents();
    }

    /// <summary>Hands out capabilities, its own and for its neighbours.</summary>
    internal readonly void Equip(in HostileDomain peer, in HostileDomain far, ulong shared, ulong bystander, ref Dice dice)
    {
        for (var selector = Layout.Objects; selector <= Layout.Server; selector++)
            Give(Selector(selector), selector, AllRights);

        Give(_selectors, Layout.Domain, dice.OneIn(4) ? AllRights : AllRights & ~(1u << (int)dice.Below(5)));
        Give(Selector(Layout.OwnPortal), Layout.OwnPortal, AllRights);
        Give(Selector(Layout.OwnSemaphore), Layout.OwnSemaphore, AllRights);
        Give(Selector(Layout.Never), Layout.Never, (uint)SmPermissions.CTRL_DN);
        Give(shared, Layout.SharedSemaphore, AllRights);
        Give(peer.Selector(Layout.OwnPortal), Layout.PeerPortal, (uint)PtPermissions.CALL);
        Give(far.Selector(Layout.OwnPortal), Layout.FarPortal, (uint)PtPermissions.CALL);
        Give(bystander, Layout.BystanderPortal, (uint)PtPermissions.CALL);
        Give(peer.Selector(Layout.Driver), Layout.PeerDriver, (uint)EcPermissions.CTRL);
        Give(far.Selector(Layout.Driver), Layout.FarDriver, (uint)EcPermissions.CTRL);
        Give(peer.Selector(Layout.Objects), Layout.PeerObjects, (uint)SpacePermissions.GRANT);
        Give(far.Selector(Layout.Host), Layout.FarHost, (uint)SpacePermissions.GRANT);
        Give(peer.Selector(Layout.Domain), Layout.PeerDomain, (uint)PdPermissions.PD);
    }

    /// <summary>Lets it loose.</summary>
    internal readonly void Start()
    {
        Require(SchedulingContext.Create(
            Selector(Layout.Time),
            Lab.Domain,
            new ExecutionContext(Selector(Layout.Driver)),
            SchedulingDescriptor.Slice(Priority, SliceMilliseconds)));
        _ = RootTask.ObjectSpace.Delegate(
            new ObjectSpace(Selector(Layout.Objects)), Selector(Layout.Time), Layout.Time, 0, AllRights);
    }

    /// <summary>Kills it. The capability for the domain's empty shell stays.</summary>
    internal readonly void Kill() => Check.Succeeds(Domain.Kill(), "kill"u8);

    /// <summary>Lets go of all capabilities.</summary>
    internal readonly void Forget()
    {
        Check.Succeeds(RootTask.ObjectSpace.Remove(_selectors, 5), "remove"u8);
    }

    private readonly ThreadBlock* Region(HostSpace host, ulong index) =>
        Machinery.ShareRegion(host, _memory + index * StackLayout.Size, (nint)_control);

    private readonly void BindEvents()
    {
        // One after the other through a selector that is not used otherwise.
        var objects = new ObjectSpace(Selector(Layout.Objects));
        var temporary = Selector(Layout.First + 31);
        var handler = new ExecutionContext(Selector(Layout.Handler));
        for (var number = 0u; number < HostEvent.Count + MicrohypervisorEvent.Count; number++)
        {
            Require(Portal.Create(temporary, Lab.Domain, handler, Server.AddressOf(&Hostile.Handle)));
            Require(new Portal(temporary).Configure(number, Mtd.GPR0_7 | Mtd.RIP));
            Require(RootTask.ObjectSpace.Delegate(objects, temporary, Layout.Events + number, 0, AllRights));
            Require(RootTask.ObjectSpace.Remove(temporary, 0));
        }
    }

    private readonly void Give(ulong from, ulong to, uint permissions) =>
        Require(RootTask.ObjectSpace.Delegate(new ObjectSpace(Selector(Layout.Objects)), from, to, 0, permissions));

    private static void Require(Status status) => RootTask.Require(status, "hostile component"u8);
}
