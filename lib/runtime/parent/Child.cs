using System;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>
/// The kernel's side of one child of the root task: domain, spaces, first thread. One object serves all lives of a component, one after the
/// other. Used by one thread at a time; safe code may use it, since nothing that a child gets is memory of the root task's own.
/// </summary>
public sealed partial class Child
{
    private const uint All = (uint)HypercallRegister.PermissionMask;

    private readonly ulong _selectors;

    // A group of event portals under construction; empty between calls. Shared by all children of the one thread that makes them.
    private readonly ulong _portals;

    /// <summary>Prepares for children.</summary>
    /// <param name="portals">64 empty selectors, a multiple of 64.</param>
    public Child(ulong portals)
    {
        _selectors = RootTask.TakeSelectors(ChildSelectors.Order);
        _portals = portals;
    }

    /// <summary>The domain.</summary>
    public ProtectionDomain Domain => new(_selectors + ChildSelectors.Domain);

    /// <summary>The object space.</summary>
    public ObjectSpace Objects => new(_selectors + ChildSelectors.ObjectSpace);

    private HostSpace Host => new(_selectors + ChildSelectors.HostSpace);

    private PioSpace PortSpace => new(_selectors + ChildSelectors.PioSpace);

    private SchedulingContext Time => new(_selectors + ChildSelectors.Time);

    /// <summary>Creates domain and spaces, with so many pages of kernel memory.</summary>
    public Status Create(ulong kernelPages)
    {
        var status = ProtectionDomain.Create(Domain.Selector, RootTask.Domain);
        if (status == Status.SUCCESS)
            status = RootTask.Domain.MoveQuota(Domain, kernelPages, out _, out _);

        if (status == Status.SUCCESS)
            status = ObjectSpace.Create(Objects.Selector, Domain);

        if (status == Status.SUCCESS)
            status = HostSpace.Create(Host.Selector, Domain);

        return status == Status.SUCCESS ? PioSpace.Create(PortSpace.Selector, Domain) : status;
    }

    /// <summary>Maps physical pages, in the largest naturally aligned pieces.</summary>
    public Status Map(ulong page, ulong physical, ulong pages, MemoryPermissions permissions, Cacheability cacheability = Cacheability.WB)
    {
        while (pages != 0)
        {
            var order = 0;
            while (order < MaxOrder && ((page | physical) & ((2ul << order) - 1)) == 0 && 2ul << order <= pages)
                order++;

            var status = RootTask.NovaHostSpace.Delegate(Host, physical, page, (uint)order, permissions, (uint)cacheability);
            if (status != Status.SUCCESS)
                return status;

            page += 1ul << order;
            physical += 1ul << order;
            pages -= 1ul << order;
        }

        return Status.SUCCESS;
    }

    /// <summary>Takes pages away, from whomever the child passed them on to as well.</summary>
    public void Unmap(ulong page, ulong pages)
    {
        while (pages != 0)
        {
            var order = 0;
            while (order < MaxOrder && (page & ((2ul << order) - 1)) == 0 && 2ul << order <= pages)
                order++;

            _ = Extension.Revoke(Host.Selector, page, (uint)order, All, true);
            page += 1ul << order;
            pages -= 1ul << order;
        }
    }

    /// <summary>Gives ports.</summary>
    public Status GrantPorts(ulong first, ulong count)
    {
        var status = Status.SUCCESS;
        for (var i = 0ul; i < count && status == Status.SUCCESS; i++)
            status = RootTask.NovaPioSpace.Delegate(PortSpace, first + i, 0);

        return status;
    }

    /// <summary>Gives the semaphore of an interrupt pin, with the right to route it.</summary>
    public Status GrantInterrupt(ulong pin, ulong selector) =>
        RootTask.NovaObjectSpace.Delegate(Objects, NovaObjectSpace.InterruptSemaphores + pin, selector, 0, All);

    /// <summary>Gives a capability of the root task's.</summary>
    public Status Grant(ulong own, ulong selector, int order, uint permissions) =>
        RootTask.ObjectSpace.Delegate(Objects, own, selector, (uint)order, permissions);

    /// <summary>Takes a capability of the child's: what the child has, and no more than the mask.</summary>
    public Status Take(ulong selector, ulong own, uint permissions) =>
        Objects.Delegate(RootTask.ObjectSpace, selector, own, 0, permissions);

    /// <summary>Gives the child itself: its domain as far as the permissions go, its spaces, its first thread.</summary>
    public Status GrantSelf(PdPermissions permissions)
    {
        var status = Grant(Domain.Selector, ComponentSelectors.Domain, 0, (uint)permissions);
        if (status == Status.SUCCESS)
            status = Grant(Objects.Selector, ComponentSelectors.ObjectSpace, 0, All);

        if (status == Status.SUCCESS)
            status = Grant(Host.Selector, ComponentSelectors.HostSpace, 0, All);

        if (status == Status.SUCCESS)
            status = Grant(PortSpace.Selector, ComponentSelectors.PioSpace, 0, All);

        return status == Status.SUCCESS ? Grant(_selectors + ChildSelectors.Thread, ComponentSelectors.Thread, 0, All) : status;
    }

    /// <summary>Makes the portals of a CPU: one per exception and one for startup, all to one handler, and one to the parent.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="handler">Local thread of that CPU that answers events.</param>
    /// <param name="entry">Where events enter.</param>
    /// <param name="service">Local thread of that CPU that answers the child's calls.</param>
    /// <param name="serviceEntry">Where calls enter.</param>
    /// <param name="identifier">Identifier of calls; events add their number to it.</param>
    public Status GrantCpu(uint cpu, ulong handler, ulong entry, ulong service, ulong serviceEntry, ulong identifier)
    {
        const Mtd CrashState = Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS | Mtd.RIP | Mtd.QUAL;
        const Mtd StartState = Mtd.GPR0_7 | Mtd.RIP;
        var first = ComponentSelectors.OfCpu(cpu);
        var startup = RootTask.Information.HostArchitecturalEvents + MicrohypervisorEvent.Startup;
        var status = Status.SUCCESS;
        for (var number = 0u; number <= startup && status == Status.SUCCESS; number++)
        {
            var state = number == startup ? StartState : CrashState;
            if (IsEvent(number) || number == startup)
                status = Bind(_portals + number, handler, entry, identifier + number, state);
        }

        if (status == Status.SUCCESS)
            status = Grant(_portals, first, GroupOrder, (uint)PtPermissions.EVENT);

        _ = RootTask.ObjectSpace.Remove(_portals, (uint)GroupOrder);
        if (status == Status.SUCCESS)
            status = Bind(_portals, service, serviceEntry, identifier, Mtd.None);

        if (status == Status.SUCCESS)
            status = Grant(_portals, first + ComponentSelectors.Parent, 0, (uint)PtPermissions.CALL);

        _ = RootTask.ObjectSpace.Remove(_portals, 0);
        return status;
    }

    /// <summary>Makes a portal into a thread, at the child's expense.</summary>
    public Status Bind(ulong selector, ulong thread, ulong entry, ulong identifier, Mtd state)
    {
        var status = Portal.Create(selector, Domain, new ExecutionContext(thread), entry);
        return status == Status.SUCCESS ? new Portal(selector).Configure(identifier, state) : status;
    }

    /// <summary>Creates the first thread, which asks the startup portal of its CPU what to be as soon as it has time.</summary>
    public Status CreateThread(uint cpu)
    {
        const ulong UtcbPage = (ComponentLayout.FirstRegion + StackLayout.Utcb) >> MachinePages.Shift;
        return ExecutionContext.CreateGlobal(
            _selectors + ChildSelectors.Thread, Domain, UtcbPage, cpu, ThreadBlock.EntryStackOf(ComponentLayout.FirstRegion),
            ComponentSelectors.OfCpu(cpu), true);
    }

    /// <summary>Gives the first thread time.</summary>
    public Status Start(SchedulingDescriptor descriptor) =>
        SchedulingContext.Create(Time.Selector, Domain, new ExecutionContext(_selectors + ChildSelectors.Thread), descriptor);

    /// <summary>Ticks of the system time counter that the first thread has used.</summary>
    public ulong ReadTime() => Time.ReadTime(out var consumed) == Status.SUCCESS ? consumed : 0;

    /// <summary>Pages of kernel memory in use.</summary>
    public ulong ReadKernelPages() => Domain.MoveQuota(Domain, 0, out _, out var used) == Status.SUCCESS ? used : 0;

    /// <summary>Stops the child on all CPUs and takes everything back: afterwards it shares nothing with anybody.</summary>
    public void End()
    {
        _ = Domain.Kill();
        for (var i = 0ul; i < ChildSelectors.Count; i++)
            _ = RootTask.ObjectSpace.Remove(_selectors + i, 0);
    }

    private const int MaxOrder = 9;
    private const int GroupOrder = 6;

    // Numbers that section 8.6.1 defines.
    private static bool IsEvent(uint number) => number is <= HostEvent.CP and not (2 or 9 or 15);
}
