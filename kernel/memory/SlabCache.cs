namespace Kilonova.Kernel;

/// <summary>The slabs of one object size. A slab is one block of pages: a header of 64 bytes, then objects.</summary>
/// <remarks>
/// The lock guards the lists and the slabs' headers. Slabs with free objects are on the partial list. Empty slabs beyond one go back to
/// the page allocator.
/// </remarks>
public unsafe partial struct SlabCache
{
    private const uint HeaderSize = 64;

    /// <summary>The head of a slab.</summary>
    private struct Header
    {
        public Header* Next;
        public Header* Previous;
        public SlabCache* Cache;

        /// <summary>Free objects, linked through their first words.</summary>
        public void* Free;

        /// <summary>Objects that are in use or in magazines.</summary>
        public uint Used;
    }

    private Header* _partial;
    private SpinLock _lock;
    private uint _size;
    private uint _order;
    private uint _capacity;
    private uint _empty;

    // One cache line per cache.
    private fixed ulong _padding[4];

    public static void Initialize(SlabCache* cache, uint size, uint order)
    {
        cache->_size = size;
        cache->_order = order;
        cache->_capacity = ((PhysicalMemory.PageSize << (int)order) - HeaderSize) / size;
    }

    /// <summary>Whether an object lies at an object's place in a slab of this cache.</summary>
    public static bool Owns(SlabCache* cache, void* o)
    {
        Header* slab = HeaderOf(cache, o);
        ulong offset = (ulong)o - (ulong)slab - HeaderSize;
        return slab->Cache == cache && slab->Used != 0 && offset % cache->_size == 0;
    }

    /// <summary>
    /// Moves objects, at most <paramref name="count"/>, into an empty magazine. False if there is no memory for a single one.
    /// </summary>
    public static bool Take(SlabCache* cache, Magazine* magazine, uint count)
    {
        cache->_lock.Acquire();
        while (count != 0)
        {
            Header* slab = cache->_partial;
            if (slab == null)
            {
                // One new slab at most: what it holds is enough for now.
                if (magazine->First != null || !Grow(cache))
                    break;

                slab = cache->_partial;
            }

            if (slab->Used == 0)
                cache->_empty--;

            // The front of the slab's list becomes the front of the magazine's.
            void* first = slab->Free;
            void* last = first;
            uint moved = 1;
            while (moved < count && *(void**)last != null)
            {
                last = *(void**)last;
                moved++;
            }

            slab->Free = *(void**)last;
            slab->Used += moved;
            *(void**)last = magazine->First;
            magazine->First = first;
            magazine->Count += moved;
            count -= moved;

            if (slab->Free == null)
                Unlink(cache, slab);
        }

        cache->_lock.Release();
        return magazine->First != null;
    }

    /// <summary>Moves objects from a magazine into their slabs.</summary>
    public static void Put(SlabCache* cache, Magazine* magazine, ulong count)
    {
        cache->_lock.Acquire();
        for (; count != 0; count--)
        {
            void* o = magazine->First;
            magazine->First = *(void**)o;
            magazine->Count--;
            Header* slab = HeaderOf(cache, o);
            if (slab->Free == null)
                Link(cache, slab);

            *(void**)o = slab->Free;
            slab->Free = o;
            if (--slab->Used == 0 && ++cache->_empty > 1)
                Release(cache, slab);
        }

        cache->_lock.Release();
    }

    /// <summary>Returns all empty slabs to the page allocator.</summary>
    public static void Trim(SlabCache* cache)
    {
        cache->_lock.Acquire();
        Header* slab = cache->_partial;
        while (slab != null)
        {
            Header* next = slab->Next;
            if (slab->Used == 0)
                Release(cache, slab);

            slab = next;
        }

        cache->_lock.Release();
    }

    private static bool Grow(SlabCache* cache)
    {
        byte* block = (byte*)PhysicalMemory.Allocate(cache->_order);
        if (block == null)
            return false;

        Memory.Zero(block, PhysicalMemory.PageSize << (int)cache->_order);
        Header* slab = (Header*)block;
        slab->Cache = cache;

        // Linked from the last to the first, so that objects are handed out in the order of their addresses.
        uint size = cache->_size;
        byte* o = block + HeaderSize + (cache->_capacity * size);
        void* next = null;
        for (uint i = cache->_capacity; i != 0; i--)
        {
            o -= size;
            *(void**)o = next;
            next = o;
        }

        slab->Free = next;

        Link(cache, slab);
        cache->_empty++;
        return true;
    }

    private static void Release(SlabCache* cache, Header* slab)
    {
        Unlink(cache, slab);
        cache->_empty--;
        slab->Cache = null;
        PhysicalMemory.Free(slab, cache->_order);
    }

    private static Header* HeaderOf(SlabCache* cache, void* o) =>
        (Header*)((nuint)o & ~(((nuint)PhysicalMemory.PageSize << (int)cache->_order) - 1));

    private static void Link(SlabCache* cache, Header* slab)
    {
        slab->Next = cache->_partial;
        slab->Previous = null;
        if (slab->Next != null)
            slab->Next->Previous = slab;

        cache->_partial = slab;
    }

    private static void Unlink(SlabCache* cache, Header* slab)
    {
        if (slab->Next != null)
            slab->Next->Previous = slab->Previous;

        if (slab->Previous != null)
            slab->Previous->Next = slab->Next;
        else
            cache->_partial = slab->Next;
    }
}
