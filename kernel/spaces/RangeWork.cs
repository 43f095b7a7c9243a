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

    /// <summary>Begins a step.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Begin(RangeWork* work, bool forced)
    {
        work->Entries = EntriesPerStep;
        work->Nodes = NodesPerStep;
        work->OutOfMemory = false;
        work->Forced = forced;
        work->_freedCount = 0;
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

    /// <summary>A cleared page for a space's tables; null, and <see cref="OutOfMemory"/> set, if there is none.</summary>
    public static void* TakeTable(RangeWork* work, Quota* quota)
    {
        void* table;
        if (work->Forced)
        {
            table = PhysicalMemory.AllocatePage();
            if (table != null)
                Quota.Charge(quota, PhysicalMemory.PageSize);
        }
        else
        {
            table = ChargedMemory.TryTakePage(quota);
        }

        work->OutOfMemory |= table == null;
        return table;
    }
}
