// Raw memory from the heap. Nothing is freed, so there is no Free.
using System.Numerics;

namespace System.Runtime.InteropServices;

public static unsafe class NativeMemory
{
    private const nuint DefaultAlignment = 16;

    /// <summary>Zeroed, whatever the name leaves open.</summary>
    public static void* Alloc(nuint byteCount) => ComponentHeap.Allocate(byteCount, DefaultAlignment, 0);

    public static void* Alloc(nuint elementCount, nuint elementSize) => Alloc(checked(elementCount * elementSize));

    public static void* AllocZeroed(nuint byteCount) => Alloc(byteCount);

    public static void* AllocZeroed(nuint elementCount, nuint elementSize) => Alloc(checked(elementCount * elementSize));

    /// <summary>Zeroed memory at a multiple of the alignment, a power of two.</summary>
    public static void* AlignedAlloc(nuint byteCount, nuint alignment)
    {
        if (!BitOperations.IsPow2(alignment))
            ThrowHelper.ThrowArgument("The alignment must be a power of two.");
        return ComponentHeap.Allocate(byteCount, Math.Max(alignment, DefaultAlignment), 0);
    }

    public static void Clear(void* ptr, nuint byteCount) => Memory.memset((byte*)ptr, 0, byteCount);

    public static void Copy(void* source, void* destination, nuint byteCount) =>
        Memory.memmove((byte*)destination, (byte*)source, byteCount);

    public static void Fill(void* ptr, nuint byteCount, byte value) => Memory.memset((byte*)ptr, value, byteCount);
}
