using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>
/// Intel VT-d as an <see cref="Iommu"/>: finds the units in the firmware's table, and keeps their root, context and interrupt remapping
/// tables in legacy mode (VT-d specification 4.1, chapters 3, 5 and 9). The page tables of DMA spaces have the format of EPT.
/// </summary>
public static unsafe class Vtd
{
    private const ulong Present = 1;

    /// <summary>FPD: what the device does wrong is not recorded any more.</summary>
    private const ulong FaultsDisabled = 2;
    private const int DomainShift = 8;

    // Interrupt remapping table entry (section 9.10).
    private const int LevelShift = 4;
    private const int VectorShift = 16;
    private const int DestinationShift = 32;
    private const int ShortDestinationShift = 40;
    private const uint LargestShortDestination = 254;
    private const ulong VerifySource = 1 << 18;

    /// <summary>The first and last bus that may send stand where the source would.</summary>
    private const ulong VerifyBus = 2 << 18;

    /// <summary>Entries for every pin and message.</summary>
    private const uint InterruptOrder = 13;
    private const uint InterruptPages = (16u << (int)InterruptOrder) / PhysicalMemory.PageSize;

    /// <summary>A message in remappable format (section 5.1.2.2): its address holds the number of the entry.</summary>
    private const uint MessageBase = 0xfee0_0000;
    private const uint Remappable = 1 << 4;
    private const int MessageIndexShift = 5;

    private const uint EntriesPerBus = 256;

    /// <summary>Whether the interrupt remapping tables have destinations of 32 bits.</summary>
    private static bool s_extended;

    /// <summary>Boot CPU: maps the units, starts those that are usable, and notes which devices are behind each.</summary>
    public static void Initialize()
    {
        ReadOnlySpan<byte> table = Platform.Dmar;
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Dmar.Next(table, ref cursor); !entry.IsEmpty; entry = Dmar.Next(table, ref cursor))
        {
            if (Dmar.Type(entry) == DmarType.HardwareUnit)
                AddUnit(entry);
            else if (Dmar.Type(entry) == DmarType.ReservedMemory)
                NoteScopes(entry, null, Dmar.ReservedBase(entry), Dmar.ReservedLimit(entry) + 1);
        }
    }

    /// <summary>Boot CPU: lets all units remap interrupts. False, and none does, if not all of them can.</summary>
    public static bool TryRemapInterrupts()
    {
        bool possible = Dmar.CanRemapInterrupts(Platform.Dmar);
        s_extended = LocalApic.IsX2Apic;
        for (VtdUnit* unit = Iommu.FirstUnit; unit != Iommu.EndOfUnits; unit++)
        {
            possible &= unit->CanRemap;
            s_extended &= unit->HasExtendedMode;
        }

        for (VtdUnit* unit = Iommu.FirstUnit; possible && unit != Iommu.EndOfUnits; unit++)
        {
            VtdUnit* other = Iommu.FirstUnit;
            while (other->Segment != unit->Segment)
                other++;

            ulong table = other != unit ? DirectMap.ToPhysical(other->InterruptTable) : EarlyMemory.Allocate(InterruptPages);
            if (other == unit)
                VtdUnit.Flush(unit, DirectMap.ToVirtual(table), InterruptPages * PhysicalMemory.PageSize);

            Panic.Require(
                VtdUnit.TryRemapInterrupts(unit, table, InterruptOrder, s_extended), "an IOMMU does not answer"u8);
        }

        return possible;
    }

    /// <summary>
    /// Puts consecutive requesters of one bus into a space, or out of any if that is null. MEM_OBJ, and nothing changed, without memory for
    /// the bus's table.
    /// </summary>
    public static Status Assign(VtdUnit* unit, uint first, uint last, HostSpace* space)
    {
        ulong low = 0;
        ulong high = 0;
        if (space != null)
        {
            low = HostSpace.RootOf(space, unit->HasFourLevels) | Present;
            high = (ulong)(space->Domain << DomainShift) | (unit->HasFourLevels ? 2u : 1u);
        }

        unit->Lock.Acquire();
        ulong* entry = ContextEntry(unit, first, space != null);
        Status status = entry == null && space != null ? Status.MEM_OBJ : Status.SUCCESS;
        if (entry != null)
        {
            for (uint count = last - first + 1; count != 0; count--, entry += 2)
            {
                // Not present in between: the unit never sees half an entry.
                entry[0] = 0;
                Volatile.Write(ref entry[1], high);
                Volatile.Write(ref entry[0], low);
                VtdUnit.Flush(unit, entry, 2 * sizeof(ulong));
            }

            VtdUnit.Forget(unit);
        }

        VtdFaults.Arm(unit);
        unit->Lock.Release();
        return status;
    }

    /// <summary>Takes all devices of a bus that are in a space out of it. False if the unit knows no such bus.</summary>
    public static bool TryEvict(VtdUnit* unit, uint bus, HostSpace* space)
    {
        bool changed = false;
        unit->Lock.Acquire();
        ulong* entry = ContextEntry(unit, bus * EntriesPerBus, false);
        bool known = entry != null;
        for (uint i = 0; known && i < EntriesPerBus; i++, entry += 2)
        {
            if ((entry[0] & Present) != 0 && entry[1] >> DomainShift == space->Domain)
            {
                Volatile.Write(ref entry[0], 0);
                VtdUnit.Flush(unit, entry, sizeof(ulong));
                changed = true;
            }
        }

        if (changed)
            VtdUnit.Forget(unit);

        unit->Lock.Release();
        return known;
    }

    /// <summary>What a requester does wrong is reported again.</summary>
    public static void Arm(VtdUnit* unit, uint requester)
    {
        unit->Lock.Acquire();
        Silence(unit, requester, false);
        VtdFaults.Arm(unit);
        unit->Lock.Release();
    }

    /// <summary>
    /// What a requester does wrong is recorded, or not, until it is assigned anew. Without memory to note that in nothing changes. With
    /// the unit's lock.
    /// </summary>
    public static void Silence(VtdUnit* unit, uint requester, bool silent)
    {
        ulong* entry = ContextEntry(unit, requester, silent);
        if (entry == null)
            return;

        entry[0] = silent ? entry[0] | FaultsDisabled : entry[0] & ~FaultsDisabled;
        VtdUnit.Flush(unit, entry, sizeof(ulong));
        VtdUnit.Forget(unit);
    }

    /// <summary>
    /// Lets an interrupt through to a CPU, from one source alone; a vector of 0 lets none through. With the lock of the interrupt table.
    /// </summary>
    public static void Remap(uint index, ulong source, uint vector, uint apicId, bool level)
    {
        ulong destination = (ulong)apicId << (s_extended ? DestinationShift : ShortDestinationShift);
        vector = s_extended || apicId <= LargestShortDestination ? vector : 0;
        ulong low = Present | (level ? 1u << LevelShift : 0) | (vector << VectorShift) | destination;
        ulong high = source == Iommu.AnySource ? 0
            : (source & Iommu.WholeBus) == 0 ? VerifySource | (ushort)source
            : VerifyBus | (source & 0xff00) | (source >> 8 & 0xff);
        bool changed = false;
        for (VtdUnit* unit = Iommu.FirstUnit; unit != Iommu.EndOfUnits; unit++)
        {
            ulong* entry = unit->InterruptTable + (2 * index);
            ulong value = unit->Segment != (uint)source >> 16 ? 0 : vector != 0 ? low : FaultsDisabled;
            if (entry[0] != value || entry[1] != high)
            {
                // As long as the source stays the same nothing is lost in between.
                if (entry[1] != high)
                    Volatile.Write(ref entry[0], 0);

                Volatile.Write(ref entry[1], high);
                Volatile.Write(ref entry[0], value);
                VtdUnit.Flush(unit, entry, 2 * sizeof(ulong));
                changed = true;
            }
        }

        // Units share tables, but not what they remember of them.
        for (VtdUnit* unit = Iommu.FirstUnit; changed && unit != Iommu.EndOfUnits; unit++)
            VtdUnit.ForgetInterrupt(unit, index);
    }

    /// <summary>The address of the message that an entry of the interrupt remapping table waits for. Its data is 0.</summary>
    public static uint MessageAddress(uint index) => MessageBase | (index << MessageIndexShift) | Remappable;

    private static void AddUnit(ReadOnlySpan<byte> entry)
    {
        VtdUnit* unit = Iommu.EndOfUnits;
        ulong address = Dmar.UnitAddress(entry);
        unit->Registers = KernelSpace.MapMmio(address, (uint)Dmar.UnitSize(entry));
        unit->Physical = address;
        unit->Segment = Dmar.Segment(entry);
        VtdUnit.Detect(unit);
        if (!unit->IsUsable || !VtdUnit.TryStart(unit, EarlyMemory.Allocate(1), EarlyMemory.Allocate(1)))
        {
            Log.Line(LogLevel.Warning, "the IOMMU at $ cannot be used"u8, address);
            return;
        }

        Iommu.Add(unit);
        NoteScopes(entry, unit, 0, 0);
        if (Dmar.UnitIncludesAll(entry))
            DeviceScopes.Add(unit->Segment << 16, unit->Segment << 16 | 0xffff, unit, 0, 0);
    }

    /// <summary>Notes the devices of a structure: those behind a unit, or those that use reserved memory.</summary>
    private static void NoteScopes(ReadOnlySpan<byte> entry, VtdUnit* unit, ulong start, ulong end)
    {
        uint cursor = 0;
        for (ReadOnlySpan<byte> scope = Dmar.NextScope(entry, ref cursor); !scope.IsEmpty; scope = Dmar.NextScope(entry, ref cursor))
        {
            uint requester = Resolve(Dmar.Segment(entry), scope);
            bool isIoApic = Dmar.ScopeType(scope) == DmarScopeType.IoApic;
            DeviceScopes.Add(requester, requester, unit, isIoApic ? DeviceScopes.IoApic + Dmar.ScopeId(scope) : start, end);
            if (Dmar.ScopeType(scope) == DmarScopeType.PciSubHierarchy)
            {
                uint buses = PciConfiguration.Read(requester, PciConfiguration.Buses);
                uint segment = requester & 0xffff_0000;
                DeviceScopes.Add(segment | (buses & 0xff00), segment | (buses >> 8 & 0xff00) | 0xff, unit, start, end);
            }
        }
    }

    /// <summary>The requester at the end of a path, through bridges as firmware has numbered their buses.</summary>
    private static uint Resolve(uint segment, ReadOnlySpan<byte> scope)
    {
        uint bus = Dmar.ScopeBus(scope);
        for (uint step = 0; ; step++)
        {
            uint requester = segment << 16 | bus << 8 | (uint)Dmar.ScopeDevice(scope, step) << 3 | Dmar.ScopeFunction(scope, step);
            if (step + 1 >= Dmar.ScopeSteps(scope))
                return requester;

            bus = PciConfiguration.Read(requester, PciConfiguration.Buses) >> 8 & 0xff;
        }
    }

    /// <summary>The context entry of a requester; null if its bus has no table, and there is no memory for one or it is not wanted.</summary>
    private static ulong* ContextEntry(VtdUnit* unit, uint requester, bool create)
    {
        ulong* bus = unit->Root + (2 * (requester >> 8 & 0xff));
        if (*bus == 0)
        {
            void* table = create ? ChargedMemory.TryTakePage(Machine.Quota) : null;
            if (table == null)
                return null;

            VtdUnit.Flush(unit, table, PhysicalMemory.PageSize);
            *bus = DirectMap.ToPhysical(table) | Present;
            VtdUnit.Flush(unit, bus, sizeof(ulong));
        }

        return (ulong*)DirectMap.ToVirtual(*bus & ~Present) + (2 * (requester & 0xff));
    }
}
