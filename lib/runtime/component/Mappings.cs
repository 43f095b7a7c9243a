using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>Addresses for what the component maps itself. Any thread may take and return some.</summary>
public static unsafe class Mappings
{
    private const int PageShift = 12;
    private const int MaxRanges = 256;

    // Both under s_lock.
    private static RangeList s_free;
    private static SemaphoreLock s_lock;
    private static Storage s_storage;

    private struct Storage
    {
        internal fixed ulong Words[MaxRanges * 2];
    }

    /// <summary>Takes page numbers where nothing lies. False when there are none.</summary>
    /// <param name="pages">How many, at least 1.</param>
    /// <param name="alignment">A power of two; the first is a multiple of it.</param>
    /// <param name="page">The first.</param>
    public static bool TryTake(ulong pages, ulong alignment, out ulong page)
    {
        s_lock.Enter();
        var taken = s_free.TryTake(pages, alignment, out page);
        s_lock.Leave();
        return taken;
    }

    /// <summary>Gives page numbers back; nothing lies there any more.</summary>
    public static void Return(ulong page, ulong pages)
    {
        s_lock.Enter();

        // With more holes than the list holds they stay taken: a loss of addresses, of which there are 2^44.
        _ = s_free.Add(page, page + pages);
        s_lock.Leave();
    }

    // Once, by the first thread. The semaphore is where its waiters sleep.
    internal static void Initialize(Semaphore semaphore)
    {
        fixed (ulong* words = s_storage.Words)
            s_free = new RangeList((RangeList.PageRange*)words, MaxRanges);

        s_lock = new SemaphoreLock(semaphore);
        _ = s_free.Add(ComponentLayout.Mappings >> PageShift, ComponentLayout.EndOfMappings >> PageShift);
    }
}
