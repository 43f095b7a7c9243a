namespace Kilonova.Kernel;

/// <summary>
/// A remapping unit of Intel VT-d: its registers, commands and invalidation queue (VT-d specification 4.1, chapters 6 and 11).
/// </summary>
/// <remarks>
/// Everything below <see cref="Lock"/> changes with the lock, which is innermost: its holder waits for the unit alone. Whoever submits
/// descriptors waits until they are done, so that the queue is empty whenever the lock is free, and cannot be full.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct VtdUnit
{
    private const int Capability = 0x08;
    private const int ExtendedCapability = 0x10;
    private const int GlobalCommand = 0x18;
    private const int GlobalStatus = 0x1c;
    private const int RootTableAddress = 0x20;
    private const int FaultStatus = 0x34;
    private const int ProtectedMemoryEnable = 0x64;
    private const int InvalidationQueueTail = 0x88;
    private const int InvalidationQueueAddress = 0x90;
    private const int InterruptTableAddress = 0xb8;

    private const uint TranslationEnable = 1u << 31;
    private const uint SetRootPointer = 1u << 30;
    private const uint QueueEnable = 1u << 26;
    private const uint InterruptRemapping = 1u << 25;
    private const uint SetInterruptPointer = 1u << 24;

    /// <summary>What of the status is state to be kept by the next command, and no command of its own (section 11.4.4).</summary>
    private const uint Kept = 0x96ff_ffff;

    /// <summary>IQE, ICE, ITE: the queue has stopped (section 6.5.2.10).</summary>
    private const uint QueueErrors = 7u << 4;

    // Capabilities (sections 11.4.2 and 11.4.3).
    private const ulong FlushesWriteBuffers = 1ul << 4;
    private const ulong HasProtectedMemory = 3ul << 5;
    private const ulong CachingMode = 1ul << 7;
    private const ulong ThreeLevels = 1ul << 9;
    private const ulong FourLevels = 1ul << 10;
    private const int DrainShift = 48;
    private const ulong DrainMask = 3ul << 6;
    private const ulong CoherentWalks = 1 << 0;
    private const ulong QueuedInvalidation = 1 << 1;
    private const ulong RemapsInterrupts = 1 << 3;
    private const ulong ExtendedInterruptMode = 1 << 4;

    // Descriptors (section 6.5.2).
    private const ulong ContextGlobal = 1 | (1 << 4);
    private const ulong TlbGlobal = 2 | (1 << 4);
    private const ulong TlbDomain = 2 | (2 << 4);
    private const ulong InterruptGlobal = 4;
    private const ulong InterruptIndex = 4 | (1 << 4);
    private const ulong WaitStatus = 5 | (1 << 5);
    private const uint QueueLength = 256;

    /// <summary>Interrupt table: destinations have 32 bits.</summary>
    private const ulong ExtendedMode = 1 << 11;

    private const int Patience = 1_000_000;

    /// <summary>Where the registers are mapped.</summary>
    public nint Registers;

    /// <summary>Physical address of the registers: the unit's name.</summary>
    public ulong Physical;

    /// <summary>PCI segment of the devices behind the unit.</summary>
    public uint Segment;

    public SpinLock Lock;

    /// <summary>The root table: an entry of two words per bus.</summary>
    public ulong* Root;

    /// <summary>The interrupt remapping table of the segment, which its units share; null without interrupt remapping.</summary>
    public ulong* InterruptTable;

    /// <summary>Faults since the unit was last told to report them.</summary>
    public uint Faults;

    private uint _tail;
    private uint _serial;

    /// <summary>Written by the unit: the serial number of the last wait that is over.</summary>
    private uint _completed;

    private ulong _capabilities;
    private ulong _extended;
    private ulong* _queue;

    /// <summary>Whether the unit can do what this kernel wants: page tables of 3 or 4 levels, queued invalidation.</summary>
    public readonly bool IsUsable =>
        (_extended & QueuedInvalidation) != 0 && (_capabilities & (ThreeLevels | FourLevels)) != 0 && AddressBits >= 39;

    /// <summary>Whether its page tables have 4 levels; 3 otherwise.</summary>
    public readonly bool HasFourLevels => (_capabilities & FourLevels) != 0;

    /// <summary>Bits of a DMA address.</summary>
    public readonly uint AddressBits
    {
        get
        {
            uint bits = (uint)(_capabilities >> 16 & 0x3f) + 1;
            uint most = HasFourLevels ? 48u : 39u;
            return bits < most ? bits : most;
        }
    }

    /// <summary>Number of domain identifiers.</summary>
    public readonly uint Domains => 16u << (int)(2 * (_capabilities & 7));

    /// <summary>Highest level of page tables whose entries may be leaves.</summary>
    public readonly uint LargestLevel => (uint)(_capabilities >> 34 & 1) + (uint)(_capabilities >> 34 & _capabilities >> 35 & 1);

    /// <summary>Whether the unit sees what is in the CPUs' caches when it walks tables.</summary>
    public readonly bool IsCoherent => (_extended & CoherentWalks) != 0;

    /// <summary>Whether it must be told of entries that were absent, too.</summary>
    public readonly bool CachesAbsent => (_capabilities & (CachingMode | FlushesWriteBuffers)) != 0;

    /// <summary>Whether it can remap interrupts.</summary>
    public readonly bool CanRemap => (_extended & RemapsInterrupts) != 0;

    /// <summary>Whether interrupts may have destinations of 32 bits.</summary>
    public readonly bool HasExtendedMode => (_extended & ExtendedInterruptMode) != 0;

    /// <summary>Offset of the first fault recording register, and how many there are.</summary>
    public readonly int FaultOffset => (int)(_capabilities >> 24 & 0x3ff) * 16;

    public readonly uint FaultRecords => (uint)(_capabilities >> 40 & 0xff) + 1;

    public static uint Read32(VtdUnit* unit, int register) => Mmio.Read32(unit->Registers + register);

    public static void Write32(VtdUnit* unit, int register, uint value) => Mmio.Write32(unit->Registers + register, value);

    public static ulong Read64(VtdUnit* unit, int register) => Read32(unit, register) | ((ulong)Read32(unit, register + 4) << 32);

    /// <summary>Learns what a unit whose registers are mapped can do.</summary>
    public static void Detect(VtdUnit* unit)
    {
        unit->_capabilities = Read64(unit, Capability);
        unit->_extended = Read64(unit, ExtendedCapability);
    }

    /// <summary>
    /// Gives the unit its tables, all empty, and makes it listen; whatever firmware had it do ends. False if it does not answer.
    /// </summary>
    public static bool TryStart(VtdUnit* unit, ulong root, ulong queue)
    {
        unit->Root = (ulong*)DirectMap.ToVirtual(root);
        unit->_queue = (ulong*)DirectMap.ToVirtual(queue);
        if (!TryCommand(unit, TranslationEnable, false) || !TryCommand(unit, InterruptRemapping, false))
            return false;

        Flush(unit, unit->Root, PhysicalMemory.PageSize);
        Write64(unit, RootTableAddress, root);
        if (!TryCommand(unit, SetRootPointer, true) || !TryStartQueue(unit))
            return false;

        SubmitAll(unit);
        return TryComplete(unit);
    }

    /// <summary>Lets the unit remap interrupts by the segment's table of 2^order entries.</summary>
    public static bool TryRemapInterrupts(VtdUnit* unit, ulong table, uint order, bool extended)
    {
        Write64(unit, InterruptTableAddress, table | (extended ? ExtendedMode : 0) | (order - 1));
        if (!TryCommand(unit, SetInterruptPointer, true))
            return false;

        Submit(unit, InterruptGlobal);
        unit->InterruptTable = (ulong*)DirectMap.ToVirtual(table);
        return TryComplete(unit) && TryCommand(unit, InterruptRemapping, true);
    }

    /// <summary>From now on only what the tables say passes.</summary>
    public static bool TryEnable(VtdUnit* unit)
    {
        bool enabled = TryCommand(unit, TranslationEnable, true);
        if ((unit->_capabilities & HasProtectedMemory) != 0)
            Write32(unit, ProtectedMemoryEnable, 0);

        return enabled;
    }

    /// <summary>Makes the unit forget everything but interrupts. With the lock.</summary>
    public static void Forget(VtdUnit* unit)
    {
        Submit(unit, ContextGlobal);
        Submit(unit, TlbGlobal | Drains(unit));
        Complete(unit);
    }

    /// <summary>Makes the unit forget translations of a domain, or of all for <see cref="Iommu.AllDomains"/>, and ends their use.</summary>
    public static void ForgetDomain(VtdUnit* unit, uint domain)
    {
        unit->Lock.Acquire();
        Submit(unit, (domain == Iommu.AllDomains ? TlbGlobal : TlbDomain | (domain << 16)) | Drains(unit));
        Complete(unit);
        unit->Lock.Release();
    }

    /// <summary>Makes the unit forget an entry of the interrupt remapping table.</summary>
    public static void ForgetInterrupt(VtdUnit* unit, uint index)
    {
        unit->Lock.Acquire();
        Submit(unit, InterruptIndex | ((ulong)index << 32));
        Complete(unit);
        unit->Lock.Release();
    }

    /// <summary>Writes table entries back to memory if the unit would not see them in a cache.</summary>
    public static void Flush(VtdUnit* unit, void* entries, uint bytes)
    {
        if (!unit->IsCoherent)
            Cache.Flush(entries, bytes);
    }

    /// <summary>Lets the unit finish what in-flight requests of the domain have begun, where it can.</summary>
    private static ulong Drains(VtdUnit* unit) => unit->_capabilities >> DrainShift & DrainMask;

    private static void Write64(VtdUnit* unit, int register, ulong value)
    {
        Write32(unit, register, (uint)value);
        Write32(unit, register + 4, (uint)(value >> 32));
    }

    private static bool TryCommand(VtdUnit* unit, uint command, bool on)
    {
        uint state = Read32(unit, GlobalStatus) & Kept & ~command;
        Write32(unit, GlobalCommand, on ? state | command : state);
        for (int i = 0; i < Patience; i++)
        {
            if ((Read32(unit, GlobalStatus) & command) != 0 == on)
                return true;

            Tlb.Pause();
        }

        return false;
    }

    private static bool TryStartQueue(VtdUnit* unit)
    {
        bool stopped = TryCommand(unit, QueueEnable, false);
        Write32(unit, FaultStatus, QueueErrors);
        unit->_tail = 0;
        Write32(unit, InvalidationQueueTail, 0);
        Write64(unit, InvalidationQueueAddress, DirectMap.ToPhysical(unit->_queue));
        return stopped && TryCommand(unit, QueueEnable, true);
    }

    private static void Submit(VtdUnit* unit, ulong low, ulong high = 0)
    {
        ulong* descriptor = unit->_queue + (2 * unit->_tail);
        descriptor[0] = low;
        descriptor[1] = high;
        unit->_tail = (unit->_tail + 1) % QueueLength;
    }

    private static void SubmitAll(VtdUnit* unit)
    {
        Submit(unit, ContextGlobal);
        Submit(unit, TlbGlobal | Drains(unit));
        if (unit->CanRemap)
            Submit(unit, InterruptGlobal);
    }

    /// <summary>
    /// Waits until all that was submitted is done. A queue that has stopped is started again, and everything forgotten; a unit that does
    /// not recover leaves DMA running that nobody has allowed: the machine is stopped.
    /// </summary>
    private static void Complete(VtdUnit* unit)
    {
        if (TryComplete(unit))
            return;

        Log.Line(LogLevel.Warning, "the IOMMU at $ stopped, status $; it starts again"u8, unit->Physical, Read32(unit, FaultStatus));
        bool started = TryStartQueue(unit);
        SubmitAll(unit);
        Panic.Require(started && TryComplete(unit), "an IOMMU does not answer"u8);
    }

    private static bool TryComplete(VtdUnit* unit)
    {
        uint serial = ++unit->_serial;
        Submit(unit, WaitStatus | ((ulong)serial << 32), DirectMap.ToPhysical(&unit->_completed));
        Write32(unit, InvalidationQueueTail, unit->_tail << 4);
        for (int i = 0; i < Patience; i++)
        {
            if (Volatile.Read(ref unit->_completed) == serial)
                return true;

            // Nothing goes on by itself behind an error.
            if ((i & 0xfff) == 0xfff && (Read32(unit, FaultStatus) & QueueErrors) != 0)
                return false;

            Tlb.Pause();
        }

        return false;
    }
}
