namespace Kilonova.Kernel;

/// <summary>
/// One bounded step of an operation on ranges: what it may still do, and what is to be done at its end, when no lock is held.
/// </summary>
public unsafe struct RangeWork
{
    /// <summary>Entries that a step writes, at most: of page tables, or 64 ports or MSRs each.</summary>
    public const int EntriesPerStep = 512;

    /// <summary>Nodes that a step removes, at most.</summary>
    public const int NodesPerStep = 32;

    private const int FreedCapacity = 16;

    /// <summary>A table to be freed, and who paid for it.</summary>
    private struct FreedTable
    {
        public Quota* Quota;
        public void* Table;
    }

    /// <summary>See <see cref="CpuSet"/> for why this is no fixed buffer.</summary>
    [StructLayout(LayoutKind.Sequential, Size = FreedCapacity * 16)]
    private struct FreedTables
    {
        public FreedTable First;
    }

    /// <summary>Entries left.</summary>
    public int Entries;

    /// <summary>Nodes left.</summary>
    public int Nodes;

    /// <summary>Set when memory or quota ran out.</summary>
    public bool OutOfMemory;

    /// <summary>The account may be overdrawn: the step takes something away, and only splitting what remains costs memory.</summary>
    public bool Forced;

    /// <summary>Single pages taken from the space whose lock is held that the shootdown has not been told of, and the last of them.</summary>
    public int Pages;

    public ulong Page;

    public Shootdown Shootdown;

    private int _freedCount;
    private FreedTables _freed;

    /// <summary>Tables for the rest of a way down that is being made, linked by their first words.</summary>
    private void** _reserved;

    /// <summary>Begins a step.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Begin(RangeWork* work, bool forced)
    {
        work->Entries = EntriesPerStep;
        work->Nodes = NodesPerStep;
        work->OutOfMemory = false;
        work->Forced = forced;
        work->_freedCount = 0;
        work->_reserved = null;
        work->Pages = 0;
        Shootdown.Begin(&work->Shootdown);
    }

    /// <summary>Ends a step: no lock is held. Shoots translations down, then frees tables that they led through.</summary>
    public static void Finish(RangeWork* work)
    {
        Shootdown.Finish(&work->Shootdown);
        FreedTable* freed = &work->_freed.First;
        for (FreedTable* end = freed + work->_freedCount; freed != end; freed++)
            ChargedMemory.ReturnPage(freed->Quota, freed->Table);
    }

    /// <summary>Notes a table that is to be freed at the end; false if there is no room to note it.</summary>
    public static bool TryFreeLater(RangeWork* work, Quota* quota, void* table)
    {
        if (work->_freedCount == FreedCapacity)
            return false;

        FreedTable* freed = &work->_freed.First + work->_freedCount++;
        freed->Quota = quota;
        freed->Table = table;
        return true;
    }

    /// <summary>Takes the tables for a way down in advance, or has them; false, and none are left, if memory or quota runs out.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryReserveTables(RangeWork* work, Quota* quota, int count)
    {
        for (count = work->_reserved == null ? count : 0; count > 0; count--)
        {
            void** table = (void**)TakeNew(work, quota);
            if (table == null)
            {
                while (work->_reserved != null)
                    ChargedMemory.ReturnPage(quota, TakeTable(work, quota));

                return false;
            }

            *table = work->_reserved;
            work->_reserved = table;
        }

        return true;
    }

    /// <summary>A cleared page for a space's tables, of those reserved if there are; null, and <see cref="OutOfMemory"/> set, if there is none.</summary>
    public static void* TakeTable(RangeWork* work, Quota* quota)
    {
        void** table = work->_reserved;
        if (table == null)
            return TakeNew(work, quota);

        work->_reserved = (void**)*table;
        *table = null;
        return table;
    }

    private static void* TakeNew(RangeWork* work, Quota* quota)
    {
        void* table = work->Forced ? PhysicalMemory.AllocatePage() : ChargedMemory.TryTakePage(quota);
        if (work->Forced && table != null)
            Quota.Charge(quota, PhysicalMemory.PageSize);

        work->OutOfMemory |= table == null;
        return table;
    }
}
