namespace Kilonova.Kernel;

/// <summary>
/// An object space (specification, sections 2.1.1 and 4.2.1): 2^24 slots in a radix tree of pages, whose root lies in the space itself.
/// </summary>
/// <remarks>
/// Slots and tables are written under the space's lock. A lookup takes no lock: tables appear filled with null capabilities, are never
/// removed while the space lives, and a capability is one word. Tables are charged to the space's account. The first directory is there
/// from the beginning: hypercalls that must be fast look for a near selector in it (entry.S too), and leave others to a slower way.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe partial struct ObjectSpace
{
    /// <summary>Number of selectors: SELNUM.</summary>
    public const ulong Selectors = 1 << 24;

    /// <summary>Selectors below this are in the first directory.</summary>
    public const ulong NearSelectors = 1 << (TableBits + SlotBits);

    /// <summary>log2 of the slots in one table.</summary>
    public const int SlotBits = 8;

    /// <summary>log2 of the tables in one directory.</summary>
    public const int TableBits = 9;

    private const int Size = 0x800;
    private const int DirectoriesOffset = 0x50;
    private const int Directories = 1 << (24 - TableBits - SlotBits);
    private const ulong SlotMask = (1 << SlotBits) - 1;
    private const ulong TableMask = (1 << TableBits) - 1;

    /// <summary>A page of null capabilities, where the entries of directories lead that have no table. Never written.</summary>
    private static ulong s_nullTable;

    /// <summary>A directory without tables, where the entries of spaces lead that have no directory. Never written.</summary>
    private static ulong s_nullDirectory;

    [FieldOffset(0x000)] public KernelObject Head;

    /// <summary>Guards slots and tables. Comes before tree locks; of two spaces the one with the lower address comes first.</summary>
    [FieldOffset(0x040)] public SpinLock Lock;

    /// <summary>Where the destruction of the space has got to.</summary>
    [FieldOffset(0x048)] private ulong _cleared;

    /// <summary>The first of <see cref="Directories"/>.</summary>
    [FieldOffset(DirectoriesOffset)] private ulong _directories;

    /// <summary>Boot, before the first space. False if there is no memory.</summary>
    public static bool Initialize()
    {
        s_nullTable = (ulong)PhysicalMemory.AllocatePage();
        s_nullDirectory = (ulong)PhysicalMemory.AllocatePage();
        if (s_nullTable == 0 || s_nullDirectory == 0)
            return false;

        Fill((ulong*)s_nullDirectory, 1 << TableBits, s_nullTable);
        return true;
    }

    /// <summary>An empty space, charged to an account, with one reference. Null if there is no memory or quota.</summary>
    public static ObjectSpace* Create(Quota* quota)
    {
        ObjectSpace* space = (ObjectSpace*)ChargedMemory.TryTakeObject(quota, ObjectType.ObjectSpace, Size);
        if (space == null)
            return null;

        Fill(DirectoriesOf(space), Directories, s_nullDirectory);
        if (!TryAddDirectory(quota, DirectoriesOf(space)))
        {
            ChargedMemory.Return(quota, space, Size);
            return null;
        }

        return space;
    }

    /// <summary>The capability that a selector refers to; null too for selectors beyond the space.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Capability Lookup(ObjectSpace* space, ulong selector) =>
        LookupInline(space, selector);

    /// <summary>The object that a selector refers to, if it is of a type and the capability has all permissions asked for; else null.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static KernelObject* FindObject(ObjectSpace* space, ulong selector, ObjectType type, uint permissions)
    {
        Capability capability = LookupInline(space, selector);
        return capability.Is(type, permissions) ? capability.Object : null;
    }

    /// <summary>As <see cref="Lookup"/>, without a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Capability LookupInline(ObjectSpace* space, ulong selector)
    {
        if (selector >= Selectors)
            return default;

        return new Capability(Volatile.Read(ref FindToRead(space, selector)->Word));
    }

    /// <summary>The slot of a selector that exists, or one that holds a null capability for ever if the selector has no table yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CapabilitySlot* FindToRead(ObjectSpace* space, ulong selector)
    {
        ulong* directory = (ulong*)DirectoriesOf(space)[selector >> (TableBits + SlotBits)];
        ulong* table = (ulong*)directory[(selector >> SlotBits) & TableMask];
        return (CapabilitySlot*)(table + (selector & SlotMask));
    }

    /// <summary>The same for a selector below <see cref="NearSelectors"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Capability LookupNear(ObjectSpace* space, ulong selector)
    {
        ulong table = ((ulong*)*DirectoriesOf(space))[selector >> SlotBits];
        return new Capability(Volatile.Read(ref ((ulong*)table)[selector & SlotMask]));
    }

    /// <summary>Whether a selector exists and refers to a null capability.</summary>
    public static bool IsFree(ObjectSpace* space, ulong selector) => selector < Selectors && Lookup(space, selector).IsNull;

    /// <summary>The slot of a selector; null if it has no table yet or is beyond the space.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static CapabilitySlot* Find(ObjectSpace* space, ulong selector)
    {
        if (selector >= Selectors)
            return null;

        ulong* directory = (ulong*)DirectoriesOf(space)[selector >> (TableBits + SlotBits)];
        ulong table = directory[(selector >> SlotBits) & TableMask];
        return table != s_nullTable ? (CapabilitySlot*)((ulong*)table + (selector & SlotMask)) : null;
    }

    /// <summary>
    /// The first selector from <paramref name="selector"/> on that has a table; <paramref name="end"/> if there is none. Looks at no
    /// more than <paramref name="budget"/> table entries, and takes what it has looked at off it.
    /// </summary>
    public static ulong SkipEmpty(ObjectSpace* space, ulong selector, ulong end, ref int budget)
    {
        while (selector < end && budget > 0)
        {
            ulong* directory = (ulong*)DirectoriesOf(space)[selector >> (TableBits + SlotBits)];
            if (directory[(selector >> SlotBits) & TableMask] != s_nullTable)
                return selector;

            int bits = (ulong)directory == s_nullDirectory ? TableBits + SlotBits : SlotBits;
            selector = ((selector >> bits) + 1) << bits;
            budget--;
        }

        return selector < end ? selector : end;
    }

    /// <summary>
    /// The slot of a selector that exists, whose tables are made if they are missing. Null if they cannot be paid for. With the lock.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CapabilitySlot* FindOrMake(ObjectSpace* space, ulong selector)
    {
        ulong* directory = (ulong*)DirectoriesOf(space)[selector >> (TableBits + SlotBits)];
        ulong table = directory[(selector >> SlotBits) & TableMask];
        return table != s_nullTable ? (CapabilitySlot*)((ulong*)table + (selector & SlotMask)) : Make(space, selector);
    }

    /// <summary>
    /// Puts the first capability of an object into an empty slot. The capability takes its own reference.
    /// </summary>
    /// <returns>BAD_CAP if the slot is not empty or does not exist, MEM_CAP if it cannot be paid for.</returns>
    public static Status Insert(ObjectSpace* space, ulong selector, KernelObject* o, uint permissions)
    {
        if (selector >= Selectors)
            return Status.BAD_CAP;

        MapNode* node = MapNode.New(space, selector, o);
        if (node == null)
            return Status.MEM_CAP;

        space->Lock.AcquireInline();
        CapabilitySlot* slot = FindOrMake(space, selector);
        Status status = slot == null ? Status.MEM_CAP : slot->Word != 0 ? Status.BAD_CAP : Status.SUCCESS;
        if (status == Status.SUCCESS)
        {
            KernelObject.Hold(o);
            o->TreeLock.AcquireInline();
            Derivation.AddTo(MapNode.Roots(o), &node->Link, null);
            o->TreeLock.Release();
            slot->Node = node;
            Volatile.Write(ref slot->Word, new Capability(o, permissions).Word);
        }

        space->Lock.Release();
        if (status != Status.SUCCESS)
            MapNode.Delete(space, node);

        return status;
    }

    /// <summary>Empties a slot if it still holds a capability for this object.</summary>
    public static void Remove(ObjectSpace* space, ulong selector, KernelObject* o)
    {
        space->Lock.Acquire();
        CapabilitySlot* slot = Find(space, selector);
        if (slot != null && slot->Word != 0 && new Capability(slot->Word).Object == o)
            Clear(space, slot);

        space->Lock.Release();
    }

    /// <summary>Empties a slot that is not empty. What was delegated from it belongs to its parent from now on. With the lock.</summary>
    public static void Clear(ObjectSpace* space, CapabilitySlot* slot)
    {
        KernelObject* o = new Capability(slot->Word).Object;
        MapNode* node = slot->Node;
        o->TreeLock.Acquire();
        ClearLocked(slot);
        MapNode.Bury(node);
        o->TreeLock.Release();
        Quota.Credit(space->Head.Quota, MapNode.Charge);
        KernelObject.Drop(o);
    }

    /// <summary>Empties a slot whose node the caller buries.</summary>
    public static void ClearLocked(CapabilitySlot* slot)
    {
        Volatile.Write(ref slot->Word, 0);
        slot->Node = null;
    }

    /// <summary>
    /// Drops capabilities and tables of a space that nobody can name any more, a bounded number per call. True when nothing is left.
    /// </summary>
    public static bool TryClear(ObjectSpace* space, int steps)
    {
        while (space->_cleared < Selectors)
        {
            ulong next = SkipEmpty(space, space->_cleared, Selectors, ref steps);
            space->_cleared = next;
            if (steps <= 0)
                return false;

            CapabilitySlot* slot = Find(space, next);
            if (slot == null)
                break;

            if (slot->Word != 0)
            {
                steps--;
                space->Lock.Acquire();
                if (slot->Word != 0)
                    Clear(space, slot);

                space->Lock.Release();
            }
            else if ((next & 15) == 15)
            {
                steps--;
            }

            space->_cleared = next + 1;
            if ((space->_cleared & SlotMask) == 0)
            {
                steps--;
                ulong* directory = (ulong*)DirectoriesOf(space)[next >> (TableBits + SlotBits)];
                ChargedMemory.ReturnPage(space->Head.Quota, (void*)directory[(next >> SlotBits) & TableMask]);
                directory[(next >> SlotBits) & TableMask] = s_nullTable;
            }
        }

        for (int i = 0; i < Directories; i++)
        {
            ulong* directory = DirectoriesOf(space) + i;
            if (*directory != s_nullDirectory)
            {
                ChargedMemory.ReturnPage(space->Head.Quota, (void*)*directory);
                *directory = s_nullDirectory;
            }
        }

        return true;
    }

    /// <summary>(Not the address of the field: the compiler would test whether there is a space.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong* DirectoriesOf(ObjectSpace* space) => (ulong*)((byte*)space + DirectoriesOffset);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CapabilitySlot* Make(ObjectSpace* space, ulong selector)
    {
        // The table first: a directory that readers have seen would have to stay.
        void* table = ChargedMemory.TryTakePage(space->Head.Quota);
        ulong* directory = DirectoriesOf(space) + (selector >> (TableBits + SlotBits));
        if (table == null || (*directory == s_nullDirectory && !TryAddDirectory(space->Head.Quota, directory)))
        {
            ChargedMemory.ReturnPage(space->Head.Quota, table);
            return null;
        }

        Volatile.Write(ref ((ulong*)*directory)[(selector >> SlotBits) & TableMask], (ulong)table);
        return Find(space, selector);
    }

    private static bool TryAddDirectory(Quota* quota, ulong* entry)
    {
        ulong* directory = (ulong*)ChargedMemory.TryTakePage(quota);
        if (directory == null)
            return false;

        Fill(directory, 1 << TableBits, s_nullTable);
        Volatile.Write(ref *entry, (ulong)directory);
        return true;
    }

    private static void Fill(ulong* entries, int count, ulong entry)
    {
        for (int i = 0; i < count; i++)
            entries[i] = entry;
    }
}
