namespace Kilonova.Kernel;

/// <summary>
/// A host space (specification, section 2.1.2): the user half of an address space, as nodes and as page tables (HostSpace.Tables.cs). The
/// kernel half is the same everywhere. A guest space (section 2.1.3) is the same for guest-physical addresses, without a kernel half, and
/// so is a <see cref="DmaSpace"/> for devices.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = (int)RangeSpace.Size)]
public unsafe partial struct HostSpace
{
    /// <summary>End of user addresses: 2^47 (specification, section 8.4.1).</summary>
    public const ulong UserEnd = 1ul << 47;

    /// <summary>End of guest-physical addresses: what four levels of page tables reach (section 8.4.2).</summary>
    private const ulong GuestEnd = 1ul << 48;

    /// <summary>What a space takes at once of <see cref="s_stamps"/>: it lasts for years of a million such grants per second.</summary>
    private const ulong StampsAtOnce = 1 << 16;

    private static ulong s_stamps;
    private static ulong s_identifiers;
    private static ulong* s_kernelTable;
    private static uint s_largestLevel;
    private static bool s_barriers;

    [FieldOffset(0x00)] public KernelObject Head;

    [FieldOffset(0x00)] public RangeSpace Range;

    /// <summary>The page table of the highest level.</summary>
    [FieldOffset(0x80)] private ulong* _table;

    /// <summary>CR3 for this space: the table's physical address, the process-context identifier, and that its translations stay.</summary>
    [FieldOffset(0x88)] private ulong _rootRegister;

    /// <summary>
    /// A number that no other space has ever had, and this one only since translations that may be cached have last changed. Never 0.
    /// Written under the space's lock.
    /// </summary>
    [FieldOffset(0x90)] public ulong Stamp;

    /// <summary>
    /// Where in struct Cpu entry.S looks whether translations are up to date, so that it may switch to the space itself: at
    /// <see cref="_slot"/>, or, on CPUs that need more than that, where they never are.
    /// </summary>
    [FieldOffset(0x98)] private ulong _shortSlot;

    /// <summary>DMA spaces: the domain identifier. Constant.</summary>
    [FieldOffset(0x98)] public uint Domain;

    /// <summary>CPUs on which the space was ever current.</summary>
    [FieldOffset(0xa0)] public CpuSet Users;

    /// <summary>1 when the space is about to go: CPUs that have it as current space leave it when they are asked to.</summary>
    [FieldOffset(0xe0)] public uint Dying;

    /// <summary>Where in struct Cpu the <see cref="PcidSlot"/> of the space's process-context identifier is.</summary>
    [FieldOffset(0xe8)] private ulong _slot;

    /// <summary>
    /// Boot, before the first space: the table whose upper half all spaces share, whether pages of 1 GiB and process-context
    /// identifiers exist, and whether a switch takes more than CR3 (<see cref="Cpu.Resume"/>).
    /// </summary>
    public static void Initialize(ulong* kernelTable, bool gigabytePages, bool identifiers, bool barriers = false)
    {
        s_barriers = barriers;
        s_kernelTable = kernelTable;
        s_largestLevel = gigabytePages ? 2u : 1u;
        s_identifiers = identifiers ? Tlb.KeepTranslations | 0xfff : 0;
        s_stamps = 0;
    }

    /// <summary>An empty space, charged to an account, with one reference. Null if there is no memory or quota.</summary>
    public static HostSpace* Create(Quota* quota, ObjectType type = ObjectType.HostSpace)
    {
        HostSpace* space = (HostSpace*)ChargedMemory.TryTakeObject(quota, type, RangeSpace.Size);
        if (space == null)
            return null;

        space->_table = (ulong*)ChargedMemory.TryTakePage(quota);
        if (space->_table == null)
        {
            ChargedMemory.Return(quota, space, RangeSpace.Size);
            return null;
        }

        space->Stamp = Interlocked.Add(ref s_stamps, StampsAtOnce);
        ulong slot = space->Stamp / StampsAtOnce % MemoryCpu.PcidSlots;
        space->_slot = MemoryCpu.Offset + MemoryCpu.PcidOffset + (slot * (ulong)sizeof(PcidSlot));
        space->_shortSlot = s_barriers ? MemoryCpu.Offset + MemoryCpu.NoPcidOffset : space->_slot;
        space->_rootRegister = DirectMap.ToPhysical(space->_table) | ((Tlb.KeepTranslations | (slot + 1)) & s_identifiers);
        space->Range.Selectors = GuestEnd >> PhysicalMemory.PageShift;
        if (type == ObjectType.HostSpace)
        {
            Memory.Copy(space->_table + 256, s_kernelTable + 256, PhysicalMemory.PageSize / 2);
            space->Range.Selectors = UserEnd >> PhysicalMemory.PageShift;
        }
        else if (type == ObjectType.DmaSpace && !TryBecomeDmaSpace(space))
        {
            ChargedMemory.ReturnPage(quota, space->_table);
            ChargedMemory.Return(quota, space, RangeSpace.Size);
            return null;
        }

        return space;
    }

    /// <summary>Whether this is a guest space.</summary>
    public static bool IsGuest(HostSpace* space) => space->Head.Type == ObjectType.GuestSpace;

    /// <summary>Physical address of the page table of the highest level, or of the one that covers the first 2^39 bytes.</summary>
    public static ulong RootOf(HostSpace* space, bool fourLevels = true) =>
        DirectMap.ToPhysical(fourLevels ? space->_table : Table(space->_table[0]));

    /// <summary>CR3 for a host space, without the wish to keep translations.</summary>
    public static ulong RootRegisterOf(HostSpace* space) => space->_rootRegister & ~Tlb.KeepTranslations;

    /// <summary>Where a CPU says which space of this one's kind it uses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint* CurrentOf(Cpu* cpu, HostSpace* space) =>
        (nint*)(IsGuest(space) ? &cpu->Guests.Space : &cpu->Space);

    /// <summary>The slot of the space's process-context identifier on a CPU.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PcidSlot* SlotOf(Cpu* cpu, HostSpace* space) => (PcidSlot*)((byte*)cpu + space->_slot);

    /// <summary>
    /// Gives a space whose translations have changed its next stamp, and returns the old one. A full barrier. With the space's lock.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Renew(HostSpace* space)
    {
        ulong stamp = space->Stamp + 1;
        return Interlocked.Exchange(ref space->Stamp, stamp % StampsAtOnce != 0 ? stamp : Interlocked.Add(ref s_stamps, StampsAtOnce));
    }

    /// <summary>Loads CR3 with the space on a CPU that has it as current, and drops what is cached for its identifier.</summary>
    public static void Reload(HostSpace* space) => Tlb.WriteCr3(RootRegisterOf(space));

    /// <summary>
    /// Switches a CPU to a space, which stays valid until the CPU switches again. Keeps cached translations if they are up to date.
    /// </summary>
    public static void Activate(Cpu* cpu, HostSpace* space)
    {
        Volatile.Write(ref *(nint*)&cpu->Space, (nint)space);
        ulong stamp = Volatile.Read(ref space->Stamp);
        if (SlotOf(cpu, space)->Stamp == stamp)
        {
            // Writes CR3, which is a barrier: whoever changes entries from now on sees that the space is current here. Whoever did so
            // before has changed the stamp, which is compared again.
            Tlb.Enter(space->_rootRegister, stamp, &space->Stamp);
        }
        else
        {
            Adopt(cpu, space);
        }
    }

    /// <summary>Switches a CPU to the kernel's own address space, in which user addresses mean nothing.</summary>
    public static void ActivateKernel(Cpu* cpu)
    {
        Tlb.WriteCr3(DirectMap.ToPhysical(s_kernelTable));
        Volatile.Write(ref *(nint*)&cpu->Space, 0);
    }

    /// <summary>Drops what the CPU has cached of its current space if that has changed since.</summary>
    public static void Synchronize(Cpu* cpu, HostSpace* space)
    {
        PcidSlot* slot = SlotOf(cpu, space);
        while (slot->Stamp != Volatile.Read(ref space->Stamp))
        {
            slot->Stamp = Volatile.Read(ref space->Stamp);
            Reload(space);
        }
    }

    /// <summary>Makes all CPUs leave a space that no execution context uses any more.</summary>
    public static void Evict(HostSpace* space)
    {
        // A full barrier between the mark and the look at what is current elsewhere.
        Interlocked.Exchange(ref space->Dying, 1);
        Cpu* cpu = Cpu.This;
        Abandon(cpu);
        for (uint i = space->Users.Next(0); i < CpuSet.Capacity; i = space->Users.Next(i + 1))
        {
            if (Volatile.Read(ref *CurrentOf(Cpu.Of(i), space)) == (nint)space)
                Shootdown.Ask(i);
        }
    }

    /// <summary>A CPU leaves what it uses of spaces that are about to go.</summary>
    public static void Abandon(Cpu* cpu)
    {
        HostSpace* space = cpu->Space;
        if (space != null && Volatile.Read(ref space->Dying) != 0)
            ActivateKernel(cpu);

        space = cpu->Guests.Space;
        if (space != null && Volatile.Read(ref space->Dying) != 0)
            Volatile.Write(ref *(nint*)&cpu->Guests.Space, 0);
    }

    /// <summary>
    /// Maps a page of the kernel for the user: the HIP, a UTCB. It cannot be delegated, but may be overwritten like any page.
    /// </summary>
    /// <param name="page">Page number; not 0.</param>
    /// <param name="physical">Address of the page.</param>
    /// <returns>BAD_PAR if something is mapped there, MEM_CAP if it cannot be paid for.</returns>
    public static Status InsertKernelPage(HostSpace* space, ulong page, ulong physical, bool writable)
    {
        RangeWork work;
        RangeWork.Begin(&work, false);
        RangeNode* node = RangeNode.New(&space->Range, RangeNode.FragmentCharge, &work);
        if (node == null)
            return Status.MEM_CAP;

        ulong resource = physical >> PhysicalMemory.PageShift;
        uint permissions = (uint)(writable ? MemoryPermissions.R | MemoryPermissions.W : MemoryPermissions.R);
        space->Range.Lock.Acquire();
        RangeNode* present = RangeSpace.Find(&space->Range, page);
        Status status = present != null && present->Place.Key <= page ? Status.BAD_PAR : Status.SUCCESS;
        if (status == Status.SUCCESS && Map(space, page, 1, resource, permissions, (uint)Cacheability.WB, &work) == 0)
            status = Status.MEM_CAP;

        if (status == Status.SUCCESS)
        {
            RangeNode.SetRange(node, page, 1, resource);
            node->Link.Tag = RangeNode.KernelPage;
            node->Permissions = (byte)permissions;
            OrderedTree.Insert(&space->Range.Nodes, RangeNode.PlaceOf(node));
        }

        space->Range.Lock.Release();
        if (status != Status.SUCCESS)
            RangeNode.Delete(&space->Range, node, RangeNode.FragmentCharge);

        RangeWork.Finish(&work);
        return status;
    }

    /// <summary>Undoes <see cref="InsertKernelPage"/>, unless the user has overwritten the page. No CPU can use it afterwards.</summary>
    public static void RemoveKernelPage(HostSpace* space, ulong page, ulong physical)
    {
        RangeWork work;
        RangeWork.Begin(&work, true);
        space->Range.Lock.Acquire();
        RangeNode* node = RangeSpace.Find(&space->Range, page);
        if (node != null && node->Place.Key == page && (node->Link.Tag & RangeNode.KernelPage) != 0
            && page + node->Delta == physical >> PhysicalMemory.PageShift)
        {
            _ = Map(space, page, 1, 0, 0, 0, &work);
            RangeNode.Remove(node);
        }

        space->Range.Lock.Release();
        RangeWork.Finish(&work);
    }

    /// <summary>The space is new on this CPU, or has changed while it was away: nothing cached may be used.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Adopt(Cpu* cpu, HostSpace* space)
    {
        space->Users.Add(cpu->Number);
        Synchronize(cpu, space);
    }

    /// <summary>The current space has changed while it was being entered (Tlb.Enter).</summary>
    [RuntimeExport("host_space_changed")]
    private static void Changed()
    {
        Cpu* cpu = Cpu.This;
        Synchronize(cpu, cpu->Space);
    }
}
