namespace Kilonova.Kernel;

// What the walk must see of structures that keep it to themselves.

public unsafe partial struct ObjectSpace
{
    internal static void Walk(ObjectSpace* space)
    {
        for (ulong i = 0; i < Directories; i++)
        {
            ulong* directory = (ulong*)DirectoriesOf(space)[i];
            for (ulong j = 0; (ulong)directory != s_nullDirectory && j <= TableMask; j++)
            {
                ulong* table = (ulong*)directory[j];
                for (ulong k = 0; directory[j] != s_nullTable && k <= SlotMask; k++)
                    Kernel.Walk.Capability(space, (((i << TableBits) | j) << SlotBits) | k, (CapabilitySlot*)(table + k));
            }
        }

        Kernel.Walk.That(!space->Lock.IsHeld, "nobody holds a space's lock"u8, space);
    }

    internal static long WalkCharge(ObjectSpace* space)
    {
        long charge = Slab.SizeOf(Slab.ClassOf(Size));
        for (ulong i = 0; i < Directories; i++)
        {
            ulong* directory = (ulong*)DirectoriesOf(space)[i];
            charge += (ulong)directory != s_nullDirectory ? PhysicalMemory.PageSize : 0;
            for (ulong j = 0; (ulong)directory != s_nullDirectory && j <= TableMask; j++)
            {
                ulong* table = (ulong*)directory[j];
                charge += directory[j] != s_nullTable ? PhysicalMemory.PageSize : 0;
                for (ulong k = 0; directory[j] != s_nullTable && k <= SlotMask; k++)
                    charge += table[k] != 0 ? MapNode.Charge : 0;
            }
        }

        return charge;
    }
}

public unsafe partial struct Semaphore
{
    internal static void Walk(Semaphore* sm)
    {
        ExecutionContext* previous = null;
        for (ExecutionContext* ec = sm->_first; ec != null; ec = ec->NextBlocked)
        {
            Kernel.Walk.Blocked(sm, ec);
            Kernel.Walk.That(ec->PreviousBlocked == previous, "semaphore's queue is linked both ways"u8, ec, (ulong)ec->PreviousBlocked, (ulong)previous);
            previous = ec;
        }

        Kernel.Walk.That(sm->_last == previous || sm->_first == null, "semaphore's last waiter is the last"u8, sm, (ulong)sm->_last, (ulong)previous);
        Kernel.Walk.That(sm->_first == null || sm->_counter == 0, "nobody waits for a semaphore that counts"u8, sm, sm->_counter);
        Kernel.Walk.That(!sm->Lock.IsHeld, "nobody holds a semaphore's lock"u8, sm);
    }
}

public unsafe partial struct ReadyQueue
{
    /// <summary>Checks all lists; returns how much is ready.</summary>
    internal ulong Walk(Cpu* cpu)
    {
        ulong count = 0;
        for (int priority = 0; priority < SchedulingContext.Priorities; priority++)
        {
            SchedulingContext* previous = null;
            for (SchedulingContext* sc = _lists[priority].First; sc != null; sc = sc->Next)
            {
                Kernel.Walk.That(sc->State == ScState.Ready, "queued time is ready"u8, sc, (ulong)sc->State);
                Kernel.Walk.That(sc->CpuNumber == cpu->Number && sc->Priority == priority, "time is in its queue"u8, sc, sc->Priority, (ulong)priority);
                Kernel.Walk.That(sc->Previous == previous, "ready queue is linked both ways"u8, sc, (ulong)sc->Previous, (ulong)previous);
                previous = sc;
                count++;
            }

            ulong word = priority < 64 ? _low : _high;
            bool marked = (word & (1ul << (priority & 63))) != 0;
            Kernel.Walk.That(marked == (_lists[priority].First != null), "ready queue is marked"u8, cpu, (ulong)priority);
            Kernel.Walk.That(previous == null || _lists[priority].Last == previous, "ready queue ends"u8, cpu, (ulong)priority);
        }

        return count;
    }
}

public unsafe partial struct TimeoutQueue
{
    private const int Deepest = 128;

    [InlineArray(Deepest)]
    private struct Path
    {
        private nint _first;
    }

    private static Path s_path;

    /// <summary>Checks order, ranks and the first one; returns how many timeouts are armed.</summary>
    internal readonly ulong Walk(Cpu* cpu)
    {
        ulong count = 0;
        ulong last = 0;
        int depth = 0;
        Timeout* timeout = _root;
        while (timeout != null || depth != 0)
        {
            while (timeout != null && depth < Deepest)
            {
                s_path[depth++] = (nint)timeout;
                timeout = timeout->Left;
            }

            timeout = (Timeout*)s_path[--depth];
            Kernel.Walk.That(count != 0 || timeout == _first, "first timeout is the first"u8, cpu, (ulong)_first, (ulong)timeout);
            Kernel.Walk.That(timeout->Deadline >= last, "timeouts are in order"u8, timeout, timeout->Deadline, last);
            Kernel.Walk.That(timeout->IsArmed, "queued timeout is armed"u8, timeout);
            Kernel.Walk.That(timeout->Left == null || timeout->Left->Rank <= timeout->Rank, "timeouts' ranks fall"u8, timeout);
            Kernel.Walk.That(timeout->Right == null || timeout->Right->Rank <= timeout->Rank, "timeouts' ranks fall"u8, timeout);
            last = timeout->Deadline;
            count++;
            timeout = timeout->Right;
        }

        Kernel.Walk.That(count != 0 || _first == null, "no timeout is first where none is"u8, cpu);
        return count;
    }
}

public unsafe partial struct RemoteQueue
{
    internal bool IsEmpty => Volatile.Read(ref _first) == 0;
}

public static unsafe partial class Rcu
{
    internal static ulong Started => Volatile.Read(ref s_started);

    internal static bool IsEmpty(Cpu* cpu) =>
        cpu->Memory.RcuNext.First == null && cpu->Memory.RcuWaiting.First == null && cpu->Memory.RcuDone.First == null;
}

public unsafe partial struct Quota
{
    private const long Taken = long.MinValue;

    internal static void WalkReset(Quota* quota)
    {
        if (quota != null)
            quota->_walkCharged = 0;
    }

    internal static void WalkCharge(Quota* quota, long bytes)
    {
        if (quota != null)
            quota->_walkCharged += bytes;
    }

    /// <summary>What the walk found charged to an account, its children's accounts included. False the second time.</summary>
    internal static bool WalkTake(Quota* quota, out long charged, out long total)
    {
        charged = 0;
        total = 0;
        if (quota == null || quota->_walkCharged == Taken)
            return false;

        charged = quota->_walkCharged + ((long)quota->_children * sizeof(Quota));
        total = quota->_total;
        quota->_walkCharged = Taken;
        return true;
    }
}

public static unsafe partial class Slab
{
    internal static void Walk()
    {
        for (uint i = 0; i < Classes; i++)
            SlabCache.Walk(&s_caches[i]);
    }
}

public unsafe partial struct SlabCache
{
    internal static void Walk(SlabCache* cache)
    {
        uint empty = 0;
        Header* previous = null;
        for (Header* slab = cache->_partial; slab != null; slab = slab->Next)
        {
            uint free = 0;
            for (void* o = slab->Free; o != null; o = *(void**)o)
            {
                free++;
                Kernel.Walk.That(HeaderOf(cache, o) == slab, "free object lies in its slab"u8, o, (ulong)HeaderOf(cache, o), (ulong)slab);
            }

            Kernel.Walk.That(slab->Cache == cache, "slab is of its cache"u8, slab, (ulong)slab->Cache, (ulong)cache);
            Kernel.Walk.That(slab->Previous == previous, "slabs are linked both ways"u8, slab, (ulong)slab->Previous, (ulong)previous);
            Kernel.Walk.That(free != 0 && free + slab->Used == cache->_capacity, "slab's objects are counted"u8, slab, free, slab->Used);
            empty += slab->Used == 0 ? 1u : 0u;
            previous = slab;
        }

        Kernel.Walk.That(empty == cache->_empty, "empty slabs are counted"u8, cache, empty, cache->_empty);
        Kernel.Walk.That(!cache->_lock.IsHeld, "nobody holds a cache's lock"u8, cache);
    }
}

public static unsafe partial class PhysicalMemory
{
    internal static void Walk()
    {
        for (Zone* zone = s_zones; zone != null; zone = zone->Next)
            Zone.Walk(zone);
    }
}

public unsafe partial struct Zone
{
    internal static void Walk(Zone* zone)
    {
        ulong free = 0;
        for (uint order = 0; order <= MaxOrder; order++)
        {
            Block* previous = null;
            for (Block* block = (Block*)zone->_heads[order]; block != null; block = block->Next)
            {
                ulong page = DirectMap.ToPhysical(block) >> PhysicalMemory.PageShift;
                Kernel.Walk.That(
                    zone->Contains(page) && zone->_states[page - zone->_firstPage] == (FreeBlock | order), "free block knows its order"u8, block, page, order);
                Kernel.Walk.That(block->Previous == previous, "free blocks are linked both ways"u8, block, (ulong)block->Previous, (ulong)previous);
                ulong buddy = page ^ (1ul << (int)order);
                Kernel.Walk.That(
                    order == MaxOrder || !zone->Contains(buddy) || zone->_states[buddy - zone->_firstPage] != (FreeBlock | order),
                    "free buddies are joined"u8, block, page, order);
                free += 1ul << (int)order;
                previous = block;
            }

            bool marked = (zone->_freeOrders & (1u << (int)order)) != 0;
            Kernel.Walk.That(marked == (zone->_heads[order] != 0), "free orders are marked"u8, zone, order);
        }

        Kernel.Walk.That(free == zone->FreePages, "free pages are counted"u8, zone, free, zone->FreePages);
        Kernel.Walk.That(!zone->_lock.IsHeld, "nobody holds a zone's lock"u8, zone);
    }
}
