namespace Kilonova.Kernel;

// Page tables of host spaces (SDM volume 3, section 4.5). Level 0 entries map 4 KiB, level 1 entries 2 MiB, level 2 entries 1 GiB.
// Tables are written under the space's lock and charged to its account. A table of level 0 goes when all that it could map is unmapped
// at once; the others stay until the space goes.
public unsafe partial struct HostSpace
{
    private const int LevelBits = 9;
    private const ulong IndexMask = (1 << LevelBits) - 1;
    private const int TopLevel = 3;

    /// <summary>Of these an entry that leads to a table has the first alone.</summary>
    private const ulong TableBits = PageAttributes.Present | PageAttributes.Large;

    /// <summary>log2 of the bytes of an entry.</summary>
    private const int EntryBits = 3;

    /// <summary>The PAT bit of level 0; on higher levels the bit means "large", and PAT is bit 12.</summary>
    private const ulong PatBit = 1 << 7;
    private const int LargePatShift = 5;

    /// <summary>Set in advance, so that the CPU has no need to, and entries stay as they were written.</summary>
    private const ulong AccessedDirty = 0x60;

    /// <summary>
    /// Maps consecutive pages to consecutive frames, or unmaps them if permissions are 0, overwriting what was there; in one pass. Pages
    /// as large as alignment allows. With the space's lock.
    /// </summary>
    /// <returns>The number of pages done: fewer if the step's entries, or memory for tables, ran out.</returns>
    public static ulong Map(
        HostSpace* space, ulong page, ulong count, ulong frame, uint permissions, uint attributes, RangeWork* work)
    {
        ulong bits = permissions == 0 ? 0 : AttributesIn(space, permissions, attributes);
        ulong done = 0;
        ulong changed = 0;
        ulong changedPage = 0;
        while (done < count && work->Entries > 0)
        {
            ulong at = page + done;
            ulong rest = count - done;
            ulong* table = space->_table;
            int level = TopLevel;
            ulong* entry = table + ((at >> (TopLevel * LevelBits)) & IndexMask);
            while (level > 0)
            {
                ulong span = 1ul << (level * LevelBits);
                bool whole = (at & (span - 1)) == 0 && rest >= span;
                ulong old = *entry;
                if (whole && level <= (int)LargestLevelOf(space) && CanBeLeaf(old, level, bits, frame + done, span, work, space))
                    break;

                if ((old & TableBits) != PageAttributes.Present)
                {
                    bool empty = (old & PageAttributes.Present) == 0;
                    if (empty && bits == 0)
                        break;

                    // Tables for the whole way down, before an entry leads to the first of them: a way that is not paid for leaves nothing.
                    int tables = TablesTo(space, level, at | (bits == 0 ? 0 : frame + done), rest);
                    if (!RangeWork.TryReserveTables(work, space->Head.Quota, tables))
                        goto End;

                    ulong* fresh = (ulong*)RangeWork.TakeTable(work, space->Head.Quota);
                    if (!empty)
                        Split(old, level, fresh);

                    // Where a large page was, the same translations: nothing that is cached becomes wrong.
                    Publish(space, entry, fresh);
                }

                table = Table(*entry);
                level--;
                entry = table + ((at >> (level * LevelBits)) & IndexMask);
            }

            if (level == 0)
            {
                ulong room = (ulong)(table + IndexMask + 1 - entry);
                ulong run = rest < room ? rest : room;
                run = run < (ulong)work->Entries ? run : (ulong)work->Entries;
                ulong step = bits != 0 ? PhysicalMemory.PageSize : 0;
                ulong value = bits != 0 ? bits | ((frame + done) << PhysicalMemory.PageShift) : 0;
                for (ulong* end = entry + run; entry != end; entry++)
                {
                    ulong old = *entry;
                    *entry = value;
                    if ((old & PageAttributes.Present) != 0 && old != value)
                    {
                        changed++;
                        changedPage = at + run - (ulong)(end - entry);
                    }

                    value += step;
                }

                done += run;
                work->Entries -= (int)run;
                continue;
            }

            // A large leaf, or nothing where nothing was.
            ulong size = 1ul << (level * LevelBits);
            ulong previous = *entry;
            ulong leaf = bits != 0 ? LargeLeaf(bits, frame + done) : 0;
            if ((previous & PageAttributes.Present) != 0 && previous != leaf)
            {
                *entry = leaf;
                changed += 2;
            }
            else if (bits != 0)
            {
                *entry = leaf;
            }

            ulong advance = size - (at & (size - 1));
            done += advance < rest ? advance : rest;
            work->Entries--;
        }

    End:
        if (changed != 0)
            Shootdown.Note(&work->Shootdown, space, changedPage, changed > 1);

        return done;
    }

    /// <summary>The entry for a page if it is one of level 0 and its table exists; else null. With the space's lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* LeafEntry(HostSpace* space, ulong page)
    {
        ulong entry = space->_table[page >> (TopLevel * LevelBits)];
        if ((entry & PageAttributes.Present) == 0)
            return null;

        entry = *EntryIn(entry, page >> ((2 * LevelBits) - EntryBits));
        if ((entry & TableBits) != PageAttributes.Present)
            return null;

        entry = *EntryIn(entry, page >> (LevelBits - EntryBits));
        return (entry & TableBits) == PageAttributes.Present ? EntryIn(entry, page << EntryBits) : null;
    }

    /// <summary>The entry at an offset, taken modulo the size, of the table that another entry leads to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong* EntryIn(ulong entry, ulong offset) => (ulong*)((byte*)Table(entry) + (offset & (IndexMask << EntryBits)));

    /// <summary>An entry of level 0; permissions are not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Leaf(HostSpace* space, ulong frame, uint permissions, uint attributes) =>
        AttributesInline(space, permissions, attributes) | (frame << PhysicalMemory.PageShift);

    /// <summary>
    /// Frees the page tables of a space that is current on no CPU and has no nodes; a bounded number per call. True when all are gone.
    /// </summary>
    public static bool TryFreeTables(HostSpace* space, int steps)
    {
        const int EntriesPerStep = 16;
        Quota* quota = space->Head.Quota;
        ulong end = space->Range.Selectors;
        ulong at = space->Range.Cleared;
        for (int budget = steps * EntriesPerStep; budget > 0 && at < end; budget--)
        {
            int level = TopLevel;
            ulong* entry = space->_table + (at >> (TopLevel * LevelBits));
            while (level > 1 && (*entry & PageAttributes.Present) != 0 && (*entry & PageAttributes.Large) == 0)
            {
                level--;
                entry = Table(*entry) + ((at >> (level * LevelBits)) & IndexMask);
            }

            if (level == 1 && (*entry & PageAttributes.Present) != 0 && (*entry & PageAttributes.Large) == 0)
                ChargedMemory.ReturnPage(quota, Table(*entry));

            // The last entry of a table frees the table itself.
            at = ((at >> (level * LevelBits)) + 1) << (level * LevelBits);
            while (level < TopLevel && (at & ((1ul << ((level + 1) * LevelBits)) - 1)) == 0)
            {
                level++;
                ulong* parent = EntryAbove(space, at - 1, level);
                ChargedMemory.ReturnPage(quota, Table(*parent));
                *parent = 0;
            }
        }

        space->Range.Cleared = at;
        if (at < end)
            return false;

        if (space->_table != null)
        {
            ChargedMemory.ReturnPage(quota, space->_table);
            space->_table = null;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong AttributesIn(HostSpace* space, uint permissions, uint attributes) => AttributesInline(space, permissions, attributes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AttributesInline(HostSpace* space, uint permissions, uint attributes) =>
        space->Head.Type == ObjectType.HostSpace ? Attributes(permissions, attributes)
        : IsGuest(space) ? Virtualization.Attributes(permissions, attributes)
        : Iommu.Attributes(permissions);

    private static uint LargestLevelOf(HostSpace* space) =>
        space->Head.Type == ObjectType.HostSpace ? s_largestLevel : IsGuest(space) ? Virtualization.LargestLevel : Iommu.LargestLevel;

    /// <summary>
    /// Bits of a level 0 entry but for the frame; permissions are not 0, and each implies reading. Nested page tables of SVM have the same.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Attributes(uint permissions, uint attributes)
    {
        ulong bits = PageAttributes.Present | PageAttributes.User | AccessedDirty;
        if ((permissions & (uint)MemoryPermissions.W) != 0)
            bits |= PageAttributes.Writable;

        if ((permissions & (uint)(MemoryPermissions.XU | MemoryPermissions.XS)) == 0)
            bits |= PageAttributes.NoExecute;

        // The PAT as PageAttributes.Pat sets it up: 0 WB, 1 WT, 3 UC, 4 WC, 5 WP.
        return bits | (Cacheability)attributes switch
        {
            Cacheability.WT => PageAttributes.WriteThrough,
            Cacheability.WC => PatBit,
            Cacheability.UC => PageAttributes.WriteThrough | PageAttributes.CacheDisable,
            Cacheability.WP => PatBit | PageAttributes.WriteThrough,
            _ => 0,
        };
    }

    /// <summary>
    /// Whether an entry that is to change as a whole can do so on its level, instead of in the tables below. Drops an empty or
    /// to-be-emptied table of level 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool CanBeLeaf(ulong old, int level, ulong bits, ulong frame, ulong span, RangeWork* work, HostSpace* space)
    {
        if (bits != 0 && (frame & (span - 1)) != 0)
            return false;

        bool table = (old & TableBits) == PageAttributes.Present;
        return !table || (level == 1 && RangeWork.TryFreeLater(work, space->Head.Quota, Table(old)));
    }

    /// <summary>How many tables below an entry of a level, under which there are none, lead to the leaf for a page.</summary>
    /// <param name="alignment">The page's number, or'ed with that of its frame.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int TablesTo(HostSpace* space, int level, ulong alignment, ulong rest)
    {
        int leaf = level - 1;
        while (leaf > 0 && ((alignment & ((1ul << (leaf * LevelBits)) - 1)) != 0 || rest >> (leaf * LevelBits) == 0 || leaf > (int)LargestLevelOf(space)))
            leaf--;

        return level - leaf;
    }

    /// <summary>Fills a table so that it maps in smaller pages what a large page of a level maps.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Split(ulong value, int level, ulong* table)
    {
        if (level == 1)
        {
            // The PAT bit moves to where "large" was.
            value &= ~PageAttributes.Large;
            value |= (value >> LargePatShift) & PatBit;
            value &= ~(PatBit << LargePatShift);
        }

        ulong step = PhysicalMemory.PageSize << ((level - 1) * LevelBits);
        for (int i = 0; i <= (int)IndexMask; i++)
        {
            table[i] = value;
            value += step;
        }
    }

    /// <summary>Lets an entry lead to a complete table.</summary>
    private static void Publish(HostSpace* space, ulong* entry, void* table)
    {
        DmaSpace.FlushTable(space, table);
        *entry = DirectMap.ToPhysical(table) | PageAttributes.Present | PageAttributes.Writable | PageAttributes.User;
    }

    private static ulong LargeLeaf(ulong bits, ulong frame) =>
        (bits & ~PatBit) | PageAttributes.Large | ((bits & PatBit) << LargePatShift) | (frame << PhysicalMemory.PageShift);

    /// <summary>The table that an entry leads to. Such entries have no bits above the address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong* Table(ulong entry) => (ulong*)DirectMap.ToVirtual(entry & ~(ulong)(PhysicalMemory.PageSize - 1));

    /// <summary>The entry of a level for a page whose tables above that level exist.</summary>
    private static ulong* EntryAbove(HostSpace* space, ulong page, int level)
    {
        ulong* entry = space->_table + (page >> (TopLevel * LevelBits));
        for (int i = TopLevel - 1; i >= level; i--)
            entry = Table(*entry) + ((page >> (i * LevelBits)) & IndexMask);

        return entry;
    }
}
