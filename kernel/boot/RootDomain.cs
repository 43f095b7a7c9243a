using Kilonova.Formats.Elf;

namespace Kilonova.Kernel;

/// <summary>
/// Creates the first domain, its spaces, its context and its scheduling context, and maps its image in place (specification, 6.1.3
/// and 6.2).
/// </summary>
public static unsafe class RootDomain
{
    /// <summary>The root scheduling context outranks everything (6.2).</summary>
    private const byte HighestPriority = SchedulingContext.Priorities - 1;

    /// <summary>Page number of the HIP: the last page of user space; the root UTCB lies below it (6.2.3.2).</summary>
    private const ulong InformationPageNumber = (HostSpace.UserEnd >> 12) - 1;

    /// <summary>
    /// Builds everything and makes the root context ready. <paramref name="magic"/> and <paramref name="information"/> are what the boot
    /// loader passed in EAX and EBX. Stops the machine with a reason if the image is unusable or memory does not suffice.
    /// </summary>
    public static void Launch(Cpu* cpu, ulong image, ulong size, uint magic, uint information)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(
            ref *(byte*)DirectMap.ToVirtual(image), (int)Math.Min(size, int.MaxValue));
        ElfStatus sound = Elf64.CheckInPlace(bytes, image, UtcbPageNumber << 12);
        if (sound != ElfStatus.Ok)
            Panic.Stop("the root image cannot be used: "u8, ElfStatusText.Describe(sound));

        Quota* quota = Machine.Quota;
        ProtectionDomain* domain = Allocation.NewProtectionDomain(quota);
        ObjectSpace* objects = ObjectSpace.Create(quota);
        HostSpace* host = HostSpace.Create(quota);
        PioSpace* ports = PioSpace.Create(quota);
        Panic.RequireMemory(domain != null && objects != null && host != null && ports != null);

        domain->Objects = objects;
        domain->Host = host;
        domain->Ports = ports;
        Machine.Root = domain;

        NovaSpaces.Publish(NovaObjectSpace.RootObjectSpace, &objects->Head, Spaces.Permissions(CreatePdOperation.ObjectSpace));
        NovaSpaces.Publish(NovaObjectSpace.RootHostSpace, &host->Head, Spaces.Permissions(CreatePdOperation.HostSpace));
        NovaSpaces.Publish(NovaObjectSpace.RootPioSpace, &ports->Head, Spaces.Permissions(CreatePdOperation.PioSpace));

        MapImage(host, bytes, image);
        Require(HostSpace.InsertKernelPage(host, InformationPageNumber, InformationPage.Physical, writable: false));

        Status status;
        ExecutionContext* ec = Allocation.NewExecutionContext(domain, UtcbPageNumber, fpu: true, guest: false, &status);
        SchedulingContext* sc = Allocation.NewSchedulingContext(quota);
        Panic.RequireMemory(ec != null && sc != null);

        ec->CpuNumber = (ushort)cpu->Number;
        ec->Flags = EcFlags.Global;
        ec->State = EcState.Running;
        ec->EventBase = RootContext.EventSelectorBase;
        ec->Registers.Rip = Elf64.Entry(bytes);
        ec->Registers.Rsp = InformationPageNumber << 12;
        ec->Registers.Rdi = magic;
        ec->Registers.Rsi = information;
        _ = Membership.TryJoin(domain, ec);

        CreateSchedulingContext.Initialize(sc, ec, HighestPriority);
        sc->Budget = Machine.MillisecondsToTicks(RootContext.BudgetMilliseconds);
        sc->Left = sc->Budget;

        Grant(objects, RootObjectSpace.NovaObjectSpace, NovaSpaces.Object, (uint)SpacePermissions.TAKE);
        Grant(objects, RootObjectSpace.ObjectSpace, &objects->Head, Spaces.Permissions(CreatePdOperation.ObjectSpace));
        Grant(objects, RootObjectSpace.ProtectionDomain, &domain->Head, (uint)PdPermissions.All);
        Grant(objects, RootObjectSpace.ExecutionContext, &ec->Head, (uint)EcPermissions.All);
        Grant(objects, RootObjectSpace.SchedulingContext, &sc->Head, (uint)ScPermissions.CTRL);
        Lifecycle.Start(cpu, sc);
    }

    private static ulong UtcbPageNumber => InformationPageNumber - 1;

    /// <summary>Maps each segment where it lies in the module; a memory capability of the NOVA host space like any other.</summary>
    private static void MapImage(HostSpace* host, ReadOnlySpan<byte> bytes, ulong image)
    {
        for (uint i = 0; i < Elf64.ProgramHeaderCount(bytes); i++)
        {
            ReadOnlySpan<byte> segment = Elf64.ProgramHeader(bytes, i);
            if (!Segment.IsLoad(segment) || Segment.MemorySize(segment) == 0)
                continue;

            ulong first = Segment.VirtualAddress(segment) >> 12;
            ulong end = (Segment.VirtualAddress(segment) + Segment.MemorySize(segment) + 0xfff) >> 12;
            ulong physical = (image + Segment.FileOffset(segment)) >> 12;
            Require(NovaSpaces.MapForRoot(host, physical, first, end - first, Permissions(Segment.Flags(segment))));
        }
    }

    private static uint Permissions(uint flags)
    {
        MemoryPermissions permissions = MemoryPermissions.None;
        permissions |= (flags & SegmentFlags.Read) != 0 ? MemoryPermissions.R : MemoryPermissions.None;
        permissions |= (flags & SegmentFlags.Write) != 0 ? MemoryPermissions.W : MemoryPermissions.None;
        permissions |= (flags & SegmentFlags.Execute) != 0 ? MemoryPermissions.XU : MemoryPermissions.None;
        return (uint)permissions;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Grant(ObjectSpace* objects, ulong distance, KernelObject* o, uint permissions) =>
        Require(ObjectSpace.Insert(objects, ObjectSpace.Selectors - distance, o, permissions));

    private static void Require(Status status) => Panic.RequireMemory(status == Status.SUCCESS);
}
