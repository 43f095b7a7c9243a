using System;
using Internal.Runtime;

namespace Kilonova.Concurrency;

/// <summary>A heap that is full says so by an exception that needs no memory, and goes on serving what still fits.</summary>
internal static unsafe class Exhaustion
{
    private const int ArenaSize = 4096;

    /// <summary>Returns what went wrong; empty if nothing did.</summary>
    internal static string Run()
    {
        byte* memory = stackalloc byte[ArenaSize];
        BumpHeap arena = default;
        arena.Initialize(memory, memory + ArenaSize);
        ulong before = ComponentHeap.AllocatedBytes;

        BumpHeap* previous = ComponentHeap.Enter(&arena);
        int arrays = 0;
        bool full = false;
        try
        {
            while (arrays < ArenaSize)
            {
                byte[] array = new byte[100];
                array[99] = 1;
                arrays++;
            }
        }
        catch (OutOfMemoryException)
        {
            full = true;
        }
        bool small = new byte[1].Length == 1;
        bool overflow = false;
        try
        {
            long[] huge = new long[int.MaxValue];
            huge[0] = 1;
        }
        catch (OutOfMemoryException)
        {
            overflow = true;
        }
        ComponentHeap.Enter(previous);

        if (!full || !overflow)
            return "a full heap did not throw";
        if (!small)
            return "a full heap refused what fits";
        if (arrays < ArenaSize / 150 || arena.AllocatedBytes > ArenaSize)
            return "the arena's bounds were not kept";
        return ComponentHeap.AllocatedBytes == before ? "" : "an arena took memory from the component's heap";
    }
}
