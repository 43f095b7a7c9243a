namespace Kilonova.Kernel;

/// <summary>
/// The kernel's own memory: pages from buddy zones, addressed through the direct map. Single pages pass through a per-CPU cache.
/// </summary>
public static unsafe partial class PhysicalMemory
{
    /// <summary>Bytes of a page.</summary>
    public const uint PageSize = 4096;

    /// <summary>log2 of <see cref="PageSize"/>.</summary>
    public const int PageShift = 12;

    /// <summary>A CPU keeps at most this many free pages.</summary>
    private const uint CachedPages = 16;

    private static Zone* s_zones;

    /// <summary>Pages that the zones manage, free or not. Constant after boot.</summary>
    public static ulong TotalPages { get; private set; }

    /// <summary>Free pages in the zones; those that CPUs keep at hand are not counted. A snapshot.</summary>
    public static ulong FreePages
    {
        get
        {
            ulong free = 0;
            for (Zone* zone = s_zones; zone != null; zone = zone->Next)
                free += zone->FreePages;

            return free;
        }
    }

    /// <summary>Forgets all regions. For a new start of the memory rooms on the host.</summary>
    public static void Reset()
    {
        s_zones = null;
        TotalPages = 0;
    }

    /// <summary>
    /// Gives a region of RAM, part of the direct map and used by nobody, to the kernel for good. Boot only, one CPU. A region of fewer
    /// than two pages is ignored.
    /// </summary>
    /// <param name="physical">Physical address; rounded up to a page.</param>
    /// <param name="bytes">Length.</param>
    public static void AddRegion(ulong physical, ulong bytes)
    {
        ulong first = (physical + PageSize - 1) >> PageShift;
        ulong end = (physical + bytes) >> PageShift;
        if (end < first + 2)
            return;

        Zone* zone = Zone.Create(first, end - first);
        zone->Next = s_zones;
        s_zones = zone;
        TotalPages += zone->FreePages;
    }

    /// <summary>2^order contiguous pages, aligned to their size, not cleared. Null if there are none.</summary>
    public static void* Allocate(uint order)
    {
        if (Faults.AllocationFails)
            return null;

        for (Zone* zone = s_zones; zone != null; zone = zone->Next)
        {
            void* block = Zone.Allocate(zone, order);
            if (block != null)
                return block;
        }

        return null;
    }

    /// <summary>Gives back what <see cref="Allocate"/> returned.</summary>
    public static void Free(void* block, uint order)
    {
        ulong page = DirectMap.ToPhysical(block) >> PageShift;
        Zone* zone = s_zones;
        while (!zone->Contains(page))
            zone = zone->Next;

        Zone.Free(zone, page, order);
    }

    /// <summary>A cleared page, or null.</summary>
    public static void* AllocatePage()
    {
        Magazine* pages = &Cpu.This->Memory.Pages;
        void* page = pages->First;
        if (page == null)
            return AllocateClearedPage();

        if (Faults.AllocationFails)
            return null;

        pages->First = *(void**)page;
        pages->Count--;
        *(void**)page = null;
        return page;
    }

    /// <summary>Gives back a page, whatever it contains.</summary>
    public static void FreePage(void* page)
    {
        Magazine* pages = &Cpu.This->Memory.Pages;
        if (pages->Count >= CachedPages)
        {
            Free(page, 0);
            return;
        }

        Memory.Zero(page, PageSize);
        *(void**)page = pages->First;
        pages->First = page;
        pages->Count++;
    }

    /// <summary>Returns the pages that this CPU keeps at hand.</summary>
    public static void Drain()
    {
        Magazine* pages = &Cpu.This->Memory.Pages;
        while (pages->First != null)
        {
            void* page = pages->First;
            pages->First = *(void**)page;
            pages->Count--;
            Free(page, 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* AllocateClearedPage()
    {
        void* page = Allocate(0);
        if (page != null)
            Memory.Zero(page, PageSize);

        return page;
    }
}
