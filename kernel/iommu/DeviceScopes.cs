namespace Kilonova.Kernel;

/// <summary>
/// Which devices are behind which unit, and which use memory that firmware has reserved for them. Filled at boot, constant afterwards.
/// </summary>
/// <remarks>A requester is a number that says who sends a request: the PCI segment in bits 31-16, the requester identifier below.</remarks>
public static unsafe class DeviceScopes
{
    /// <summary>Start of the scope of an I/O APIC behind a unit: its number is added.</summary>
    public const ulong IoApic = 1;

    private const uint Pages = 4;

    private struct Scope
    {
        public uint First;
        public uint Last;

        /// <summary>The unit; null: reserved memory, from Start to End. Of I/O APICs, Start says which.</summary>
        public VtdUnit* Unit;
        public ulong Start;
        public ulong End;
    }

    private static Scope* s_scopes;
    private static uint s_count;

    /// <summary>Boot CPU: takes memory.</summary>
    public static void Initialize()
    {
        s_scopes = (Scope*)DirectMap.ToVirtual(EarlyMemory.Allocate(Pages));
        s_count = 0;
    }

    /// <summary>Adds requesters behind a unit, or users of reserved memory. Of units with the same requester the first counts.</summary>
    public static void Add(uint first, uint last, VtdUnit* unit, ulong start, ulong end)
    {
        Panic.Require(s_count < Pages * PhysicalMemory.PageSize / sizeof(Scope), "too many IOMMUs or devices of theirs"u8);
        Scope* scope = s_scopes + s_count++;
        scope->First = first;
        scope->Last = last;
        scope->Unit = unit;
        scope->Start = start;
        scope->End = end;
    }

    /// <summary>The unit that a requester is behind; null: nothing confines it.</summary>
    public static VtdUnit* UnitOf(uint requester)
    {
        for (Scope* scope = s_scopes; scope != s_scopes + s_count; scope++)
        {
            if (scope->Unit != null && scope->First <= requester && requester <= scope->Last)
                return scope->Unit;
        }

        return null;
    }

    /// <summary>The source of the interrupts of an I/O APIC.</summary>
    public static ulong SourceOfIoApic(uint number)
    {
        for (Scope* scope = s_scopes; scope != s_scopes + s_count; scope++)
        {
            if (scope->Unit != null && scope->Start == IoApic + number)
                return scope->First;
        }

        return Iommu.AnySource;
    }

    /// <summary>
    /// Maps into a space, at its own addresses, what firmware has reserved for any of some requesters. MEM_CAP if the space cannot pay.
    /// </summary>
    public static Status MapReserved(HostSpace* space, uint first, uint last)
    {
        const uint Permissions = (uint)(MemoryPermissions.R | MemoryPermissions.W);
        for (Scope* scope = s_scopes; scope != s_scopes + s_count; scope++)
        {
            ulong page = scope->Start >> PhysicalMemory.PageShift;
            ulong count = (scope->End - scope->Start) >> PhysicalMemory.PageShift;
            if (scope->Unit != null || scope->First > last || first > scope->Last)
                continue;

            Status status = NovaSpaces.MapForRoot(space, page, page, count, Permissions);
            if (status != Status.SUCCESS)
                return status;
        }

        return Status.SUCCESS;
    }

    /// <summary>Boot CPU: puts all users of reserved memory into a space that maps it.</summary>
    public static void AssignReserved(HostSpace* space)
    {
        for (Scope* scope = s_scopes; scope != s_scopes + s_count; scope++)
        {
            for (ulong requester = scope->First; scope->Unit == null && requester <= scope->Last; requester++)
            {
                VtdUnit* unit = UnitOf((uint)requester);
                if (unit != null)
                    Panic.RequireMemory(Vtd.Assign(unit, (uint)requester, (uint)requester, space) == Status.SUCCESS);
            }
        }
    }
}
