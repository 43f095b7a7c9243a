namespace Kilonova.Kernel;

/// <summary>What hypercalls need to know about kinds of spaces: their capabilities, and how they belong to a domain.</summary>
public static unsafe class Spaces
{
    /// <summary>Orders up to which a delegation happens whole or not at all (HIP, MCO fields): one node, one page table.</summary>
    public const byte ObjectMaxOrder = 0;
    public const byte HostMaxOrder = 9;
    public const byte PioMaxOrder = 16;
    public const byte MsrMaxOrder = 13;

    /// <summary>The space that a selector of the caller names with a permission; null if it does not.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static KernelObject* Find(ExecutionContext* ec, ulong selector, SpacePermissions permission)
    {
        Capability capability = ObjectSpace.Lookup(ec->Objects, selector);
        return (capability.Permissions & (uint)permission) != 0 && IsSpace(capability.Object->Type) ? capability.Object : null;
    }

    /// <summary>Guests have spaces where there is virtualization, devices where there is an IOMMU.</summary>
    public static bool IsSupported(CreatePdOperation kind) => kind switch
    {
        CreatePdOperation.GuestSpace => Virtualization.Kind != 0,
        CreatePdOperation.DmaSpace => Iommu.IsPresent,
        _ => true,
    };

    /// <summary>All defined permissions of a kind of space (specification, section 4.1.2).</summary>
    public static uint Permissions(CreatePdOperation kind) => (uint)(kind switch
    {
        CreatePdOperation.ObjectSpace or CreatePdOperation.HostSpace => SpacePermissions.GRANT | SpacePermissions.TAKE,
        CreatePdOperation.GuestSpace or CreatePdOperation.DmaSpace => SpacePermissions.GRANT | SpacePermissions.ASSIGN,
        _ => SpacePermissions.GRANT | SpacePermissions.TAKE | SpacePermissions.ASSIGN,
    });

    /// <summary>True if the domain has its one object or host space already. Of the other kinds it may have many.</summary>
    public static bool IsTaken(ProtectionDomain* domain, CreatePdOperation kind) => kind switch
    {
        CreatePdOperation.ObjectSpace => domain->Objects != null,
        CreatePdOperation.HostSpace => domain->Host != null,
        _ => false,
    };

    /// <summary>
    /// Makes a new space the domain's, which then holds a reference: its only object or host space, or its first PIO space. False if
    /// another CPU was faster, where only one is allowed.
    /// </summary>
    public static bool TryBind(ProtectionDomain* domain, CreatePdOperation kind, KernelObject* space) => kind switch
    {
        CreatePdOperation.ObjectSpace => TrySet((nint*)&domain->Objects, space),
        CreatePdOperation.HostSpace => TrySet((nint*)&domain->Host, space),
        CreatePdOperation.PioSpace => TrySet((nint*)&domain->Ports, space) || true,
        _ => true,
    };

    /// <summary>The type that a lookup reports for what a space holds.</summary>
    public static CapabilityType TypeOf(KernelObject* space, CapabilityInfo* info)
    {
        if (info->Permissions == 0)
            return CapabilityType.Null;

        return space->Type switch
        {
            ObjectType.HostSpace or ObjectType.GuestSpace => CapabilityType.Memory,
            ObjectType.PioSpace => CapabilityType.Port,
            ObjectType.MsrSpace => CapabilityType.Msr,
            _ => (CapabilityType)info->Type,
        };
    }

    private static bool IsSpace(ObjectType type) => type is >= ObjectType.ObjectSpace and <= ObjectType.MsrSpace;

    private static bool TrySet(nint* place, KernelObject* space)
    {
        // The reference first: whoever finds the pointer may use it.
        KernelObject.Hold(space);
        if (Interlocked.CompareExchange(ref *place, (nint)space, 0) == 0)
            return true;

        KernelObject.Drop(space);
        return false;
    }
}
