// A stretch of memory handed out from front to back and never taken back, except as a whole.
using System.Runtime.InteropServices;
using System.Threading;

namespace Internal.Runtime;

/// <summary>
/// Several threads may allocate at once: the cursor moves by compare-and-swap, and the bytes before it belong to whoever moved it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct BumpHeap
{
    // Moves from _start towards _end, never beyond. Only Reset moves it back.
    private nuint _cursor;
    private nuint _start;
    private nuint _end;
    private long _allocationCount;

    /// <summary>Takes over [start, end). The memory need not be zero.</summary>
    public void Initialize(void* start, void* end)
    {
        _start = ((nuint)start + 7) & ~(nuint)7;
        _end = (nuint)end;
        _cursor = _start;
        _allocationCount = 0;
    }

    /// <summary>Bytes handed out, rounding and alignment included.</summary>
    public readonly ulong AllocatedBytes => _cursor - _start;

    public readonly ulong FreeBytes => _end - _cursor;

    /// <summary>Successful allocations so far.</summary>
    public readonly long AllocationCount => _allocationCount;

    /// <summary>Forgets everything allocated. No other thread may use the heap, and nobody what it held.</summary>
    public void Reset()
    {
        _cursor = _start;
        _allocationCount = 0;
    }

    /// <summary>Zeroed memory of at least the given size, aligned to 8; null when there is not enough.</summary>
    public byte* TryAllocate(nuint size) => TryAllocate(size, 8, 0);

    /// <summary>
    /// Zeroed memory whose address plus the offset is a multiple of the alignment, a power of two of at least 8; null when there is
    /// not enough.
    /// </summary>
    public byte* TryAllocate(nuint size, nuint alignment, nuint offset)
    {
        nuint block;
        while (true)
        {
            nuint cursor = Volatile.Read(ref _cursor);
            block = ((cursor + offset + alignment - 1) & ~(alignment - 1)) - offset;
            nuint available = block <= _end && block >= cursor ? _end - block : 0;
            if (size > available)
                return null;
            nuint next = block + ((size + 7) & ~(nuint)7);
            if (next > _end)
                return null;
            if (Interlocked.CompareExchange(ref _cursor, next, cursor) == cursor)
                break;
        }
        Interlocked.Increment(ref _allocationCount);
        Memory.memset((byte*)block, 0, size);
        return (byte*)block;
    }
}
