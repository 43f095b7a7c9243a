namespace Kilonova.Kernel;

/// <summary>
/// Objects that an account pays for with their size: charged before memory is taken, credited when it comes back. What is frequent does
/// the same in place (<see cref="MapNode"/>, <see cref="RangeNode"/>).
/// </summary>
public static unsafe class ChargedMemory
{
    /// <summary>Zeroed memory; null if there is none, or no quota.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* TryTake(Quota* quota, uint size)
    {
        if (!Quota.TryChargeInline(quota, size))
            return null;

        void* memory = Slab.Allocate(Slab.ClassOf(size));
        if (memory == null)
            Quota.Credit(quota, size);

        return memory;
    }

    /// <summary>Gives memory back that nobody can reach any more.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Return(Quota* quota, void* memory, uint size)
    {
        Slab.Free(memory, Slab.ClassOf(size));
        Quota.Credit(quota, size);
    }

    /// <summary>Memory for a kernel object, zeroed, with its head filled in: the one reference is the creator's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static KernelObject* TryTakeObject(Quota* quota, ObjectType type, uint size)
    {
        KernelObject* o = (KernelObject*)TryTake(quota, size);
        if (o != null)
        {
            o->Type = type;
            o->References = 1;
            o->Quota = quota;
        }

        return o;
    }

    /// <summary>A cleared page; null if there is none, or no quota.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* TryTakePage(Quota* quota)
    {
        if (!Quota.TryCharge(quota, PhysicalMemory.PageSize))
            return null;

        void* page = PhysicalMemory.AllocatePage();
        if (page == null)
            Quota.Credit(quota, PhysicalMemory.PageSize);

        return page;
    }

    /// <summary>Gives a page back, if there is one, that nobody can reach any more.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReturnPage(Quota* quota, void* page)
    {
        if (page != null)
        {
            PhysicalMemory.FreePage(page);
            Quota.Credit(quota, PhysicalMemory.PageSize);
        }
    }
}
