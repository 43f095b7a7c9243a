using System.Numerics;

namespace Kilonova.Kernel;

/// <summary>
/// Kernel objects by size class. Each CPU keeps a magazine of free objects per class, which it uses without lock or locked instruction;
/// magazines are filled from and emptied into slabs, which go back to the page allocator when empty.
/// </summary>
/// <remarks>
/// Free objects are zero except for the first word, which links them: clearing is paid by the free, not by the allocation. Objects are
/// aligned to 64 bytes.
/// </remarks>
public static unsafe partial class Slab
{
    /// <summary>Number of size classes: 64, 128, 192, 256, 384, 512, 1024, 2048 bytes.</summary>
    public const uint Classes = 8;

    /// <summary>Largest object.</summary>
    public const uint MaxSize = 2048;

    /// <summary>Objects that move between a magazine and the slabs at once.</summary>
    private const uint Batch = 16;

    /// <summary>Objects that a CPU keeps at hand, at most: many of what is made and dropped by the dozen, few large ones.</summary>
    private const uint SmallClasses = 4;
    private const uint SmallCapacity = 8 * Batch;
    private const uint LargeCapacity = 2 * Batch;

    private static SlabCache* s_caches;

    /// <summary>Sets up the caches; false if there is no memory. Once, after the first region of memory was added.</summary>
    public static bool Initialize()
    {
        s_caches = (SlabCache*)PhysicalMemory.Allocate(0);
        if (s_caches == null)
            return false;

        Memory.Zero(s_caches, PhysicalMemory.PageSize);
        for (uint i = 0; i < Classes; i++)
            SlabCache.Initialize(&s_caches[i], SizeOf(i), i < 6 ? 0u : 2u);

        return true;
    }

    /// <summary>A zeroed object, or null if there is no memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T* New<T>()
        where T : unmanaged => (T*)Allocate(ClassOf((uint)sizeof(T)));

    /// <summary>Gives an object back. The caller has made sure that nobody can reach it any more (Rcu).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Delete<T>(T* o)
        where T : unmanaged => Free(o, ClassOf((uint)sizeof(T)));

    /// <summary>The class for a size up to <see cref="MaxSize"/>. A constant where the size is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ClassOf(uint size) =>
        size <= 256 ? (size - 1) / 64 : size <= 384 ? 4 : (uint)BitOperations.Log2(size - 1) - 3;

    /// <summary>Bytes of the objects of a class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SizeOf(uint sizeClass) => sizeClass < 4 ? 64 * (sizeClass + 1) : sizeClass == 4 ? 384 : 16u << (int)sizeClass;

    /// <summary>A zeroed object of a size class, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Allocate(uint sizeClass)
    {
        Magazine* magazine = MagazineOf(sizeClass);
        void* o = magazine->First;
        if (Faults.AllocationFails)
            return null;

        if (o == null)
            return Refill(magazine, sizeClass);

        magazine->First = *(void**)o;
        magazine->Count--;
        *(void**)o = null;
        return o;
    }

    /// <summary>Gives an object of a size class back.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Free(void* o, uint sizeClass) => FreeInline(o, sizeClass);

    /// <summary>The same where a call would weigh.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FreeInline(void* o, uint sizeClass)
    {
        Invariant.That(SlabCache.Owns(&s_caches[sizeClass], o), "freed object belongs to this class");
        Memory.Zero(o, SizeOf(sizeClass));
        Magazine* magazine = MagazineOf(sizeClass);
        *(void**)o = magazine->First;
        magazine->First = o;
        if (++magazine->Count == (sizeClass < SmallClasses ? SmallCapacity : LargeCapacity))
            SlabCache.Put(&s_caches[sizeClass], magazine, Batch);
    }

    /// <summary>Returns the objects that this CPU keeps at hand, and with them the pages that become empty.</summary>
    public static void Drain()
    {
        for (uint i = 0; i < Classes; i++)
        {
            Magazine* magazine = MagazineOf(i);
            SlabCache.Put(&s_caches[i], magazine, magazine->Count);
            SlabCache.Trim(&s_caches[i]);
        }
    }

    /// <summary>This CPU's magazine. (Not the address of the field: the compiler would test whether there is a CPU.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Magazine* MagazineOf(uint sizeClass) =>
        (Magazine*)((byte*)Cpu.This + MemoryCpu.Offset + MemoryCpu.MagazinesOffset) + sizeClass;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* Refill(Magazine* magazine, uint sizeClass)
    {
        if (!SlabCache.Take(&s_caches[sizeClass], magazine, Batch))
            return null;

        void* o = magazine->First;
        magazine->First = *(void**)o;
        magazine->Count--;
        *(void**)o = null;
        return o;
    }
}
