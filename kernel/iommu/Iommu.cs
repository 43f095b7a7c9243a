namespace Kilonova.Kernel;

/// <summary>
/// The machine's IOMMUs, for everybody else: whether there are any, what DMA spaces look like, and which device is in which. Of what
/// make they are only this class and the make's own code know; today that is Intel VT-d.
/// </summary>
/// <remarks>
/// What is said here holds for all units: a space may have devices behind any of them. From the moment that they are enabled a device that
/// is in no space reaches nothing, but for those that firmware has reserved memory for, which reach that.
/// </remarks>
public static unsafe class Iommu
{
    /// <summary>Stands for all domain identifiers.</summary>
    public const uint AllDomains = 0xffff;

    /// <summary>The source of an interrupt that any requester of segment 0 may send; else it is a requester.</summary>
    public const ulong AnySource = 1ul << 32;

    /// <summary>Added to a requester that is the source of an interrupt: any other of its bus may send it too.</summary>
    public const ulong WholeBus = 1ul << 33;

    private const uint UnitPages = 4;
    private const uint MostIdentifiers = PhysicalMemory.PageSize;

    /// <summary>A byte for each identifier: 1 if it is taken.</summary>
    private static byte* s_identifiers;
    private static uint s_identifierCount;
    private static uint s_addressBits;
    private static SpinLock s_lock;

    /// <summary>The units in use.</summary>
    public static VtdUnit* FirstUnit { get; private set; }
    public static VtdUnit* EndOfUnits { get; private set; }

    /// <summary>Whether there is an IOMMU, so that there can be DMA spaces.</summary>
    public static bool IsPresent => FirstUnit != EndOfUnits;

    /// <summary>Whether interrupts are remapped: only known messages of known sources reach a CPU.</summary>
    public static bool RemapsInterrupts { get; private set; }

    /// <summary>Number of pages of a DMA space.</summary>
    public static ulong Pages => 1ul << (int)(s_addressBits - PhysicalMemory.PageShift);

    /// <summary>Whether a unit walks three levels of page tables only: what the first entry of the top table leads to.</summary>
    public static bool HasThreeLevels { get; private set; }

    /// <summary>Highest level of page tables whose entries may be leaves.</summary>
    public static uint LargestLevel { get; private set; }

    /// <summary>Whether all units see page tables in the CPUs' caches.</summary>
    public static bool IsCoherent { get; private set; }

    /// <summary>Whether a unit must be told of entries that were absent, too.</summary>
    public static bool CachesAbsent { get; private set; }

    /// <summary>Boot CPU, before the pins: finds and starts the units. Devices are confined from <see cref="Enable"/> on.</summary>
    public static void Initialize()
    {
        FirstUnit = null;
        EndOfUnits = null;
        RemapsInterrupts = false;
        if (KernelOptions.NoIommu || Platform.Dmar.IsEmpty)
        {
            Log.Warning("no IOMMU: devices reach all memory"u8);
            return;
        }

        FirstUnit = (VtdUnit*)DirectMap.ToVirtual(EarlyMemory.Allocate(UnitPages));
        EndOfUnits = FirstUnit;
        s_identifiers = (byte*)DirectMap.ToVirtual(EarlyMemory.Allocate(1));
        s_identifierCount = MostIdentifiers;
        s_addressBits = 48;
        LargestLevel = 2;
        HasThreeLevels = false;
        IsCoherent = true;
        CachesAbsent = false;
        DeviceScopes.Initialize();
        Vtd.Initialize();

        // Identifier 0 is none, or the unit's own.
        _ = TryTakeIdentifier(out _);
        RemapsInterrupts = IsPresent && Vtd.TryRemapInterrupts();
        Log.Line(LogLevel.Info, "% IOMMUs, addresses of % bits"u8, (ulong)(EndOfUnits - FirstUnit), s_addressBits);
        if (!RemapsInterrupts)
            Log.Warning("devices may send any interrupt"u8);
    }

    /// <summary>Adds the unit that lies behind the last one.</summary>
    public static void Add(VtdUnit* unit)
    {
        EndOfUnits = unit + 1;
        Panic.Require((ulong)(unit + 2) <= (ulong)FirstUnit + (UnitPages * PhysicalMemory.PageSize), "too many IOMMUs or devices of theirs"u8);
        s_identifierCount = unit->Domains < s_identifierCount ? unit->Domains : s_identifierCount;
        s_addressBits = unit->AddressBits < s_addressBits ? unit->AddressBits : s_addressBits;
        LargestLevel = unit->LargestLevel < LargestLevel ? unit->LargestLevel : LargestLevel;
        HasThreeLevels |= !unit->HasFourLevels;
        IsCoherent &= unit->IsCoherent;
        CachesAbsent |= unit->CachesAbsent;
    }

    /// <summary>Boot CPU, when there are spaces: from now on devices are confined.</summary>
    public static void Enable()
    {
        if (!IsPresent)
            return;

        HostSpace* reserved = HostSpace.Create(Machine.Quota, ObjectType.DmaSpace);
        Panic.RequireMemory(reserved != null && DeviceScopes.MapReserved(reserved, 0, uint.MaxValue) == Status.SUCCESS);
        DeviceScopes.AssignReserved(reserved);
        for (VtdUnit* unit = FirstUnit; unit != EndOfUnits; unit++)
        {
            VtdFaults.Start(unit);
            Panic.Require(VtdUnit.TryEnable(unit), "an IOMMU does not answer"u8);
        }
    }

    /// <summary>The unit at a physical page; null if there is none, or it is not used.</summary>
    public static VtdUnit* UnitAt(ulong page)
    {
        for (VtdUnit* unit = FirstUnit; unit != EndOfUnits; unit++)
        {
            if (unit->Physical >> PhysicalMemory.PageShift == page)
                return unit;
        }

        return null;
    }

    /// <summary>Bits of a leaf entry of a DMA space but for the frame; permissions are not 0, and each implies reading.</summary>
    public static ulong Attributes(uint permissions) => 1 | (permissions & (uint)MemoryPermissions.W);

    /// <summary>
    /// Puts consecutive requesters of one bus, which are behind a unit, into a space, with the memory that firmware has reserved for them.
    /// MEM_OBJ or MEM_CAP, and no device has changed its space, without memory.
    /// </summary>
    public static Status Assign(VtdUnit* unit, uint first, uint last, HostSpace* space)
    {
        Status status = DeviceScopes.MapReserved(space, first, last);
        return status == Status.SUCCESS ? Vtd.Assign(unit, first, last, space) : status;
    }

    /// <summary>Takes consecutive requesters of one bus out of any space: they reach nothing when this returns.</summary>
    public static void Remove(VtdUnit* unit, uint first, uint last) => _ = Vtd.Assign(unit, first, last, null);

    /// <summary>What a requester does wrong is reported again.</summary>
    public static void Arm(VtdUnit* unit, uint requester) => Vtd.Arm(unit, requester);

    /// <summary>
    /// Lets an interrupt through to a CPU, from one source alone; a vector of 0 lets none through. With the lock of the interrupt table.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Remap(uint number, ulong source, uint vector, uint apicId, bool level) =>
        Vtd.Remap(number, source, vector, apicId, level);

    /// <summary>The address of the message that is an interrupt. Its data is 0.</summary>
    public static uint MessageAddress(uint number) => Vtd.MessageAddress(number);

    /// <summary>
    /// Takes all devices out of a space whose last capability is gone, so that its tables can be freed; a bounded number of buses per call.
    /// True when that is done.
    /// </summary>
    public static bool TryEvict(HostSpace* space, int buses)
    {
        const uint Buses = 256;
        ulong end = (ulong)(EndOfUnits - FirstUnit) * Buses;
        while (space->Range.Cleared != end)
        {
            ulong at = space->Range.Cleared++;
            if (Vtd.TryEvict(FirstUnit + (at / Buses), (uint)(at % Buses), space) && --buses == 0)
                return false;
        }

        space->Range.Cleared = 0;
        Volatile.Write(ref space->Dying, 1);
        return true;
    }

    /// <summary>Waits until no device uses translations that a domain had, or any for <see cref="AllDomains"/>. No lock but the caller's.</summary>
    public static void ForgetDomain(uint domain)
    {
        for (VtdUnit* unit = FirstUnit; unit != EndOfUnits; unit++)
            VtdUnit.ForgetDomain(unit, domain);
    }

    /// <summary>An identifier for a DMA space; false if there is none left.</summary>
    public static bool TryTakeIdentifier(out uint identifier)
    {
        s_lock.Acquire();
        identifier = 0;
        while (identifier < s_identifierCount && s_identifiers[identifier] != 0)
            identifier++;

        bool found = identifier < s_identifierCount;
        if (found)
            s_identifiers[identifier] = 1;

        s_lock.Release();
        return found;
    }

    /// <summary>Gives an identifier back that no unit has any use for.</summary>
    public static void FreeIdentifier(uint identifier) => Volatile.Write(ref s_identifiers[identifier], 0);

    /// <summary>Reports faults of all units. On the CPU that they interrupt.</summary>
    public static void HandleFaults()
    {
        for (VtdUnit* unit = FirstUnit; unit != EndOfUnits; unit++)
            VtdFaults.Handle(unit);
    }

    /// <summary>A device was kept from something: tells its owner, or else the log. The source is unknown of a pin.</summary>
    public static void Report(ulong source, DeviceFault fault, byte reason, ulong address)
    {
        if (source != AnySource && DeviceContext.TryTell((uint)source, fault, reason, address))
            return;

        Log.Begin(LogLevel.Warning);
        Log.Write(fault <= DeviceFault.Write ? "memory access"u8 : "interrupt"u8);
        Log.Write(" of device $ blocked at $, reason $"u8, source, address, reason);
        Log.End();
    }
}
