using System.Numerics;

namespace Kilonova.Kernel;

/// <summary>
/// A buddy allocator over one contiguous range of pages (Knuth, volume 1, section 2.5). Free blocks are linked through their own first
/// words; one state byte per page tells where blocks begin and how large they are. The zone's own data lies in its first pages.
/// </summary>
/// <remarks>Time is bounded by the number of orders. The lock guards everything but the constants.</remarks>
public unsafe partial struct Zone
{
    /// <summary>Largest block: 2^18 pages, 1 GiB.</summary>
    public const uint MaxOrder = 18;

    private const byte FreeBlock = 0x80;
    private const byte UsedBlock = 0x40;

    private struct Block
    {
        public Block* Next;
        public Block* Previous;
    }

    /// <summary>The next zone. Constant after boot.</summary>
    public Zone* Next;

    /// <summary>Pages in free blocks.</summary>
    public ulong FreePages;

    private SpinLock _lock;
    private uint _freeOrders;
    private ulong _firstPage;
    private ulong _pages;
    private byte* _states;
    private fixed ulong _heads[(int)MaxOrder + 1];

    /// <summary>Whether a page, by number, belongs to the zone.</summary>
    public readonly bool Contains(ulong page) => page - _firstPage < _pages;

    /// <summary>Makes a zone of <paramref name="pages"/> pages, whose first ones hold the zone's data.</summary>
    public static Zone* Create(ulong firstPage, ulong pages)
    {
        Zone* zone = (Zone*)DirectMap.ToVirtual(firstPage << PhysicalMemory.PageShift);
        ulong own = ((ulong)sizeof(Zone) + pages + PhysicalMemory.PageSize - 1) >> PhysicalMemory.PageShift;
        Memory.Zero(zone, (nuint)(own << PhysicalMemory.PageShift));
        zone->_firstPage = firstPage;
        zone->_pages = pages;
        zone->_states = (byte*)(zone + 1);

        // The largest aligned blocks that fit, from the bottom up.
        ulong page = firstPage + own;
        ulong end = firstPage + pages;
        while (page < end)
        {
            uint order = (uint)BitOperations.TrailingZeroCount(page);
            uint fit = (uint)BitOperations.Log2(end - page);
            order = order < fit ? order : fit;
            order = order < MaxOrder ? order : MaxOrder;
            Insert(zone, page, order);
            zone->FreePages += 1ul << (int)order;
            page += 1ul << (int)order;
        }

        return zone;
    }

    /// <summary>2^order pages, aligned to their size, not cleared; null if the zone has none.</summary>
    public static void* Allocate(Zone* zone, uint order)
    {
        if (order > MaxOrder)
            return null;

        zone->_lock.Acquire();
        uint candidates = zone->_freeOrders >> (int)order;
        if (candidates == 0)
        {
            zone->_lock.Release();
            return null;
        }

        uint found = order + (uint)BitOperations.TrailingZeroCount(candidates);
        Block* block = (Block*)zone->_heads[found];
        ulong page = DirectMap.ToPhysical(block) >> PhysicalMemory.PageShift;
        Remove(zone, page, found);
        while (found > order)
        {
            found--;
            Insert(zone, page + (1ul << (int)found), found);
        }

        zone->_states[page - zone->_firstPage] = (byte)(UsedBlock | order);
        zone->FreePages -= 1ul << (int)order;
        zone->_lock.Release();
        return block;
    }

    /// <summary>Takes a block back and joins it with its free buddies.</summary>
    public static void Free(Zone* zone, ulong page, uint order)
    {
        zone->_lock.Acquire();
        Invariant.That(zone->_states[page - zone->_firstPage] == (UsedBlock | order), "freed block is allocated, with this order");
        zone->_states[page - zone->_firstPage] = 0;
        zone->FreePages += 1ul << (int)order;
        while (order < MaxOrder)
        {
            ulong buddy = page ^ (1ul << (int)order);
            if (!zone->Contains(buddy) || zone->_states[buddy - zone->_firstPage] != (FreeBlock | order))
                break;

            Remove(zone, buddy, order);
            page &= ~(1ul << (int)order);
            order++;
        }

        Insert(zone, page, order);
        zone->_lock.Release();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Insert(Zone* zone, ulong page, uint order)
    {
        Block* block = (Block*)DirectMap.ToVirtual(page << PhysicalMemory.PageShift);
        Block* first = (Block*)zone->_heads[order];
        block->Next = first;
        block->Previous = null;
        if (first != null)
            first->Previous = block;

        zone->_heads[order] = (ulong)block;
        zone->_freeOrders |= 1u << (int)order;
        zone->_states[page - zone->_firstPage] = (byte)(FreeBlock | order);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Remove(Zone* zone, ulong page, uint order)
    {
        Block* block = (Block*)DirectMap.ToVirtual(page << PhysicalMemory.PageShift);
        if (block->Next != null)
            block->Next->Previous = block->Previous;

        if (block->Previous != null)
        {
            block->Previous->Next = block->Next;
        }
        else
        {
            zone->_heads[order] = (ulong)block->Next;
            if (block->Next == null)
                zone->_freeOrders &= ~(1u << (int)order);
        }

        zone->_states[page - zone->_firstPage] = 0;
    }
}
