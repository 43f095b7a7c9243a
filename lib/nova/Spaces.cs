using Kilonova.Abi;

namespace Kilonova.Nova;

// Capabilities of the spaces of a protection domain, NOVA interface specification of 24 January 2024, section 2.1. Each is a selector in
// the caller's object space. Delegate is ctrl_pd (section 5.4.1): it moves 2^order capabilities, both bases are multiples of 2^order.

/// <summary>An object space: the capabilities that a domain's hypercalls name.</summary>
public readonly struct ObjectSpace
{
    /// <summary>Names the capability at a selector.</summary>
    public ObjectSpace(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates the owner's object space; ABORTED when it has one.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner) =>
        Hypercalls.CreatePd(CreatePdOperation.ObjectSpace, selector, owner.Selector);

    /// <summary>Delegates selectors of this space to another, keeping the permissions in the mask.</summary>
    public Status Delegate(ObjectSpace to, ulong source, ulong destination, uint order, uint permissions) =>
        Hypercalls.CtrlPd(Selector, to.Selector, source, destination, order, permissions, 0);

    /// <summary>Removes the capabilities of 2^order selectors from this space.</summary>
    public Status Remove(ulong first, uint order) => Hypercalls.CtrlPd(Selector, Selector, first, first, order, 0, 0);
}

/// <summary>A host space: the memory of a domain's threads; selectors are virtual page numbers.</summary>
public readonly struct HostSpace
{
    /// <summary>Names the capability at a selector.</summary>
    public HostSpace(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates the owner's host space; ABORTED when it has one.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner) =>
        Hypercalls.CreatePd(CreatePdOperation.HostSpace, selector, owner.Selector);

    /// <summary>
    /// Delegates pages of this space to another. <paramref name="attributes"/> (section 8.7.5) count only when this is the NOVA host space,
    /// whose page numbers are physical.
    /// </summary>
    public Status Delegate(
        HostSpace to, ulong sourcePage, ulong destinationPage, uint order, MemoryPermissions permissions, uint attributes = 0) =>
        Hypercalls.CtrlPd(Selector, to.Selector, sourcePage, destinationPage, order, (uint)permissions, attributes);

    /// <summary>Delegates pages of this space to a virtual machine.</summary>
    public Status Delegate(
        GuestSpace to, ulong sourcePage, ulong destinationPage, uint order, MemoryPermissions permissions, uint attributes = 0) =>
        Hypercalls.CtrlPd(Selector, to.Selector, sourcePage, destinationPage, order, (uint)permissions, attributes);

    /// <summary>Delegates pages of this space to devices.</summary>
    public Status Delegate(
        DmaSpace to, ulong sourcePage, ulong destinationPage, uint order, MemoryPermissions permissions, uint attributes = 0) =>
        Hypercalls.CtrlPd(Selector, to.Selector, sourcePage, destinationPage, order, (uint)permissions, attributes);

    /// <summary>Removes 2^order pages from this space.</summary>
    public Status Remove(ulong firstPage, uint order) => Hypercalls.CtrlPd(Selector, Selector, firstPage, firstPage, order, 0, 0);
}

/// <summary>A guest space: the guest-physical memory of virtual CPUs.</summary>
public readonly struct GuestSpace
{
    /// <summary>Names the capability at a selector.</summary>
    public GuestSpace(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a guest space for the owner; BAD_FTR without hardware virtualization.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner) =>
        Hypercalls.CreatePd(CreatePdOperation.GuestSpace, selector, owner.Selector);

    /// <summary>
    /// Removes 2^order pages from this space. A guest space is no source of delegations, so the caller names any host space that is one.
    /// </summary>
    public Status Remove(HostSpace anyHost, ulong firstPage, uint order) =>
        Hypercalls.CtrlPd(anyHost.Selector, Selector, 0, firstPage, order, 0, 0);
}

/// <summary>A DMA space: the memory that devices see.</summary>
public readonly struct DmaSpace
{
    /// <summary>Names the capability at a selector.</summary>
    public DmaSpace(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a DMA space for the owner; BAD_FTR without an IOMMU.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner) =>
        Hypercalls.CreatePd(CreatePdOperation.DmaSpace, selector, owner.Selector);

    /// <summary>
    /// Removes 2^order pages from this space. A DMA space is no source of delegations, so the caller names any host space that is one.
    /// </summary>
    public Status Remove(HostSpace anyHost, ulong firstPage, uint order) =>
        Hypercalls.CtrlPd(anyHost.Selector, Selector, 0, firstPage, order, 0, 0);

    /// <summary>Puts a device (section 8.7.6) behind the IOMMU at a physical page into this space. Root domain only.</summary>
    public Status AssignDevice(ulong unitPage, ulong device) => Hypercalls.AssignDev(Selector, unitPage, device);
}

/// <summary>A port space: the I/O ports that threads or guests reach.</summary>
public readonly struct PioSpace
{
    /// <summary>Names the capability at a selector.</summary>
    public PioSpace(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a port space for the owner.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner) =>
        Hypercalls.CreatePd(CreatePdOperation.PioSpace, selector, owner.Selector);

    /// <summary>Delegates 2^order ports to the same numbers of another space.</summary>
    public Status Delegate(PioSpace to, ulong port, uint order, PioPermissions permissions = PioPermissions.A) =>
        Hypercalls.CtrlPd(Selector, to.Selector, port, port, order, (uint)permissions, 0);
}

/// <summary>An MSR space: the model-specific registers that a guest reaches without its monitor.</summary>
public readonly struct MsrSpace
{
    /// <summary>Names the capability at a selector.</summary>
    public MsrSpace(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates an MSR space for the owner.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner) =>
        Hypercalls.CreatePd(CreatePdOperation.MsrSpace, selector, owner.Selector);

    /// <summary>Delegates 2^order registers to the same numbers of another space.</summary>
    public Status Delegate(MsrSpace to, ulong register, uint order, MsrPermissions permissions) =>
        Hypercalls.CtrlPd(Selector, to.Selector, register, register, order, (uint)permissions, 0);
}
