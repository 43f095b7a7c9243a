namespace Kilonova.Kernel;

/// <summary>
/// The spaces that hold everything at boot (specification, section 6.1.3): what the root domain may take from them is all that the
/// machine has to give.
/// </summary>
public static unsafe class NovaSpaces
{
    /// <summary>The NOVA object space.</summary>
    public static KernelObject* Object { get; private set; }

    private static RangeSpace* s_host;

    /// <summary>Makes the four spaces and puts those capabilities into the object space that exist from the start.</summary>
    public static void Create(Quota* quota)
    {
        ResourceMap* memory = ResourceMap.Create((uint)MemoryPermissions.All);
        ResourceMap* ports = ResourceMap.Create((uint)PioPermissions.A);
        ResourceMap* registers = MsrSpace.CreateResources();
        ObjectSpace* objects = ObjectSpace.Create(quota);
        Panic.RequireMemory(memory != null && ports != null && registers != null && objects != null);

        Object = &objects->Head;
        ref RangeList ranges = ref ProtectedMemory.Ranges;
        for (int i = 0; i < ranges.Count; i++)
            Panic.Require(ResourceMap.Except(memory, ranges.Start(i) >> 12, ranges.End(i) >> 12, 0), "too many ranges to protect"u8);

        Panic.Require(ProtectedPorts.Except(ports), "too many ports to protect"u8);

        s_host = RangeSpace.CreateNova(quota, ObjectType.HostSpace, memory, 1ul << ((int)CpuFeatures.PhysicalBits - 12));
        RangeSpace* pio = RangeSpace.CreateNova(quota, ObjectType.PioSpace, ports, PioSpace.Ports);
        RangeSpace* msr = RangeSpace.CreateNova(quota, ObjectType.MsrSpace, registers, MsrSpace.Registers);
        Panic.RequireMemory(s_host != null && pio != null && msr != null);

        Publish(NovaObjectSpace.ObjectSpace, Object, (uint)SpacePermissions.TAKE);
        Publish(NovaObjectSpace.HostSpace, (KernelObject*)s_host, (uint)SpacePermissions.TAKE);
        Publish(NovaObjectSpace.PioSpace, (KernelObject*)pio, (uint)SpacePermissions.TAKE);
        Publish(NovaObjectSpace.MsrSpace, (KernelObject*)msr, (uint)SpacePermissions.TAKE);
    }

    /// <summary>A capability at a distance below SELNUM.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Publish(ulong distance, KernelObject* o, uint permissions) =>
        Insert(ObjectSpace.Selectors - distance, o, permissions);

    /// <summary>A capability at a selector.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Insert(ulong selector, KernelObject* o, uint permissions)
    {
        Panic.RequireMemory(ObjectSpace.Insert((ObjectSpace*)Object, selector, o, permissions) == Status.SUCCESS);
    }

    /// <summary>Maps pages of the root image from physical memory, write-back.</summary>
    public static Status MapForRoot(HostSpace* host, ulong physicalPage, ulong page, ulong count, uint permissions)
    {
        Delegation delegation;
        Status status = Delegation.Begin(
            &delegation, (KernelObject*)s_host, (KernelObject*)host, physicalPage, page, 0, permissions, (uint)Cacheability.WB);
        if (status != Status.SUCCESS)
            return status;

        delegation.Count = count;
        while (Delegation.Step(&delegation))
        {
        }

        return delegation.Status;
    }
}
