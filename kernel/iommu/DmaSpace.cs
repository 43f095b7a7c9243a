namespace Kilonova.Kernel;

/// <summary>
/// A DMA space (specification, section 2.1.4): a <see cref="HostSpace"/> whose page tables IOMMUs walk, and no CPU. So instead of being
/// current somewhere it has a domain identifier, which tags what the units remember of it.
/// </summary>
public static unsafe class DmaSpace
{
    /// <summary>See <see cref="RangeSpace.Map"/>. What units remember is forgotten when the step ends, before anything is used again.</summary>
    public static ulong Map(HostSpace* space, ulong page, ulong count, ulong frame, uint permissions, uint attributes, RangeWork* work)
    {
        // Changes when an entry has changed that was present.
        ulong stamp = space->Stamp;
        ulong done = HostSpace.Map(space, page, count, frame, permissions, attributes, work);
        if (!Iommu.IsCoherent)
            HostSpace.FlushEntries(space, page, done);

        if (space->Stamp != stamp || Iommu.CachesAbsent)
            Shootdown.NoteDomain(&work->Shootdown, space->Domain);

        return done;
    }

    /// <summary>Writes a new table back to memory before a unit can find it.</summary>
    public static void FlushTable(HostSpace* space, void* table)
    {
        if (space->Head.Type == ObjectType.DmaSpace && !Iommu.IsCoherent)
            Cache.Flush(table, PhysicalMemory.PageSize);
    }
}
