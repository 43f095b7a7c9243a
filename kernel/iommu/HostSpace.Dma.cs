namespace Kilonova.Kernel;

// What page tables that IOMMUs walk need beside (VT-d specification 4.1, section 3.7).
public unsafe partial struct HostSpace
{
    /// <summary>Writes the entries that lead to a range of pages, or would, back to memory.</summary>
    public static void FlushEntries(HostSpace* space, ulong page, ulong count)
    {
        const ulong PerLine = 8;
        for (ulong end = page + count; page < end;)
        {
            int level = TopLevel;
            ulong* entry = space->_table + (page >> (TopLevel * LevelBits));
            Cache.Flush(entry, sizeof(ulong));
            while (level > 0 && (*entry & PageAttributes.Present) != 0 && (*entry & PageAttributes.Large) == 0)
            {
                level--;
                entry = Table(*entry) + ((page >> (level * LevelBits)) & IndexMask);
                Cache.Flush(entry, sizeof(ulong));
            }

            ulong step = level == 0 ? PerLine : 1ul << (level * LevelBits);
            page = (page | (step - 1)) + 1;
        }
    }

    /// <summary>Gives a DMA space its identifier, and the second table where units begin with that. False if one of them is missing.</summary>
    private static bool TryBecomeDmaSpace(HostSpace* space)
    {
        space->Range.Selectors = Iommu.Pages;
        void* second = Iommu.HasThreeLevels ? ChargedMemory.TryTakePage(space->Head.Quota) : null;
        if ((second == null && Iommu.HasThreeLevels) || !Iommu.TryTakeIdentifier(out space->Domain))
        {
            ChargedMemory.ReturnPage(space->Head.Quota, second);
            return false;
        }

        if (second != null)
            Publish(space, space->_table, second);

        DmaSpace.FlushTable(space, space->_table);
        return true;
    }
}
