using System;
using System.Collections.Generic;
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

        string table = RunInTable(&arena);
        if (table.Length != 0)
            return table;
        if (!full || !overflow)
            return "a full heap did not throw";
        if (!small)
            return "a full heap refused what fits";
        if (arrays < ArenaSize / 150 || arena.AllocatedBytes > ArenaSize)
            return "the arena's bounds were not kept";
        if (ComponentHeap.AllocatedBytes != before)
            return "an arena took memory from the component's heap";
        return RunInConstructor();
    }

    // A table that found no room for one more is whole, and grows when there is room again.
    private static string RunInTable(BumpHeap* arena)
    {
        arena->Reset();
        BumpHeap* previous = ComponentHeap.Enter(arena);
        Dictionary<int, Wide> table = new Dictionary<int, Wide>();
        int added = 0;
        bool full = false;
        try
        {
            while (added < ArenaSize)
            {
                table.Add(added, new Wide { First = added });
                added++;
            }
        }
        catch (OutOfMemoryException)
        {
            full = true;
        }
        bool absent = !table.ContainsKey(added) && table.Count == added;
        ComponentHeap.Enter(previous);
        BumpHeap room = default;
        byte* memory = stackalloc byte[ArenaSize];
        room.Initialize(memory, memory + ArenaSize);
        ComponentHeap.Enter(&room);
        table.Add(added, new Wide { First = added });
        bool grown = table.Count == added + 1;
        for (int i = 0; i <= added; i++)
            grown &= table[i].First == i;
        ComponentHeap.Enter(previous);
        return full && absent && grown ? "" : "a table without room lost its mind";
    }

    // A static constructor that runs out of memory has failed for good, even where there is no memory left to remember it by.
    private static string RunInConstructor()
    {
        int failures = 0;
        for (int i = 0; i < 2; i++)
        {
            try
            {
                failures += Greedy.Value;
            }
            catch (OutOfMemoryException)
            {
                failures++;
            }
        }
        if (failures != 2)
            return "a constructor without memory did not fail twice";
        return s_greedyRuns == 1 ? "" : "a constructor without memory ran again";
    }

    private static int s_greedyRuns;

    private struct Wide
    {
        internal long First;
        internal long Second;
        internal long Third;
    }

    private static class Greedy
    {
        internal static readonly int Value;

        static Greedy()
        {
            s_greedyRuns++;
            int size = 1 << 20;
            while (true)
            {
                try
                {
                    while (true)
                        Value += new byte[size].Length;
                }
                catch (OutOfMemoryException) when (size > 1)
                {
                    size /= 2;
                }
            }
        }
    }
}
