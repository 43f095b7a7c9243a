using System.Runtime.CompilerServices;

namespace Kilonova.Runtime;

/// <summary>Which physical pages are memory, as the boot loader says: what components are never given as device registers.</summary>
public static unsafe class MachineMap
{
    private const int MaxRanges = 128;
    private const int PageShift = 12;
    private const int AddressBits = 52;

    // Written by Initialize.
    private static Storage s_storage;
    private static RangeList s_memory;

    [InlineArray(MaxRanges)]
    private struct Storage
    {
        private RangeList.PageRange _first;
    }

    /// <summary>Reads the map. Once, by the first thread.</summary>
    public static void Initialize()
    {
        // Statics do not move: there is no garbage collector.
        s_memory = new RangeList((RangeList.PageRange*)Unsafe.AsPointer(ref s_storage), MaxRanges);
        RootTask.Boot.AddAvailable(ref s_memory, 0, ulong.MaxValue);
    }

    /// <summary>Whether none of these pages is memory, and all exist.</summary>
    public static bool IsDevice(ulong first, ulong pages)
    {
        const ulong End = 1ul << (AddressBits - PageShift);
        if (pages == 0 || first >= End || pages > End - first)
            return false;

        for (var i = 0; i < s_memory.Count; i++)
        {
            if (first < s_memory[i].End && s_memory[i].First < first + pages)
                return false;
        }

        return s_memory.Count < MaxRanges;
    }
}
