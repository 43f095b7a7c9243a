// The heap of the component and the arenas that may stand in for it: where `new` gets its memory.
using System.Diagnostics.CodeAnalysis;

namespace Internal.Runtime;

/// <summary>
/// There is no collector. Start-up allocates from one bounded bump heap; a thread may enter an arena, and then everything it allocates
/// goes there until it leaves, to be forgotten at once. Running out throws a preallocated OutOfMemoryException.
/// </summary>
public static unsafe class ComponentHeap
{
    private static BumpHeap s_heap;

    /// <summary>Allocated at start-up, because there is no memory for it when it is needed.</summary>
    private static OutOfMemoryException? s_outOfMemory;

    /// <summary>The component's own heap.</summary>
    public static BumpHeap* Heap => (BumpHeap*)Unsafe.AsPointer(ref s_heap);

    /// <summary>Bytes allocated from the component's heap since it started; arenas do not count.</summary>
    public static ulong AllocatedBytes => s_heap.AllocatedBytes;

    /// <summary>Objects and raw blocks allocated from the component's heap since it started.</summary>
    public static long AllocationCount => s_heap.AllocationCount;

    /// <summary>Makes this thread allocate from the arena; null is the component's heap. Returns what was in force before.</summary>
    public static BumpHeap* Enter(BumpHeap* arena)
    {
        ThreadBlock* thread = ThreadBlock.Current;
        BumpHeap* previous = thread->Arena;
        thread->Arena = arena;
        return previous;
    }

    internal static void Initialize(void* start, void* end) => s_heap.Initialize(start, end);

    /// <summary>Behind <see cref="Initialize"/>, once statics can hold objects.</summary>
    internal static void PreallocateFailure() => s_outOfMemory = new OutOfMemoryException();

    /// <summary>Memory for an object; throws when there is none.</summary>
    internal static byte* Allocate(nuint size, nuint alignment, nuint offset)
    {
        BumpHeap* arena = ThreadBlock.Current->Arena;
        byte* block = (arena != null ? arena : Heap)->TryAllocate(size, alignment, offset);
        if (block == null)
            ThrowOutOfMemory();
        return block;
    }

    /// <summary>Throws without allocating.</summary>
    [DoesNotReturn]
    internal static void ThrowOutOfMemory() => throw s_outOfMemory!;

    /// <summary>Memory for the run time itself, never from an arena; ends the component when there is none.</summary>
    internal static byte* AllocatePermanent(nuint size)
    {
        byte* block = Heap->TryAllocate(size);
        if (block == null)
            Platform.Fail("no memory for the run time's tables"u8);
        return block;
    }
}
