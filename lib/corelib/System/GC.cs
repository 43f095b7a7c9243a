// There is no garbage collector. What remains of its interface: no-ops that libraries call, and the allocator's counter.
namespace System;

public static unsafe class GC
{
    public static void SuppressFinalize(object obj)
    {
    }

    public static void KeepAlive(object? obj)
    {
    }

    public static void Collect()
    {
    }

    /// <summary>Bytes taken from the component's heap by all threads since it started.</summary>
    public static long GetTotalAllocatedBytes(bool precise = false) => (long)ComponentHeap.AllocatedBytes;

    /// <summary>The heap does not count by thread: the same as <see cref="GetTotalAllocatedBytes"/>.</summary>
    public static long GetAllocatedBytesForCurrentThread() => (long)ComponentHeap.AllocatedBytes;

    public static T[] AllocateUninitializedArray<T>(int length, bool pinned = false) => new T[length];

    public static T[] AllocateArray<T>(int length, bool pinned = false) => new T[length];

    /// <summary>An array whose elements start at a multiple of the alignment, a power of two.</summary>
    public static T[] AllocateAlignedArray<T>(int length, int alignment)
        where T : unmanaged
    {
        if (!Numerics.BitOperations.IsPow2(alignment))
            ThrowHelper.ThrowArgument("The alignment must be a power of two.");
        return Unsafe.As<T[]>(ObjectAllocator.NewArray(MethodTable.Of<T[]>(), length, (nuint)Math.Max(alignment, 8)));
    }
}
