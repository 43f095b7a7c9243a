using System;
using Kilonova.Abi;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Runtime;

/// <summary>
/// The machine's free memory: what the boot loader's memory map calls available, without kernel, modules and boot information. Section 8.3.1
/// of the NOVA interface specification of 24 January 2024. Pages are handed out under a lock, so any thread may ask.
/// </summary>
public static unsafe class RootMemory
{
    private const int MaxRanges = 128;
    private const ulong PageSize = 4096;
    private const int PageShift = 12;

    // Below lie the firmware's data, boot loaders' leftovers and AP start-up code.
    private const ulong LowestAddress = 0x10_0000;
    private const ulong HighestAddress = 0x1000_0000_0000;

    // Both under s_lock.
    private static RangeList s_free;
    private static SemaphoreLock s_lock;

    private struct Storage
    {
        internal fixed ulong Words[MaxRanges * 2];
    }

    private static Storage s_storage;

    /// <summary>Number of free pages.</summary>
    public static ulong FreePages => s_free.Pages;

    /// <summary>Reads the memory map. Once, at start-up.</summary>
    public static void Initialize(BootInformation boot, HypervisorInformationPage* hip, SemaphoreLock @lock)
    {
        fixed (ulong* words = s_storage.Words)
            s_free = new RangeList((RangeList.PageRange*)words, MaxRanges);

        s_lock = @lock;
        boot.AddAvailable(ref s_free, LowestAddress, HighestAddress);
        Reserve(hip->NovaStart, hip->NovaEnd);
        Reserve(hip->MbufStart, hip->MbufEnd);
        Reserve(hip->RootStart, hip->RootEnd);
        boot.ReserveModules(ref s_free);
    }

    /// <summary>Takes contiguous physical pages without mapping them.</summary>
    /// <param name="pages">Number of pages.</param>
    /// <param name="alignment">A power of two in pages.</param>
    /// <param name="first">The first page.</param>
    /// <returns>False when there are none.</returns>
    public static bool TryTake(ulong pages, ulong alignment, out ulong first)
    {
        s_lock.Enter();
        var taken = s_free.TryTake(pages, alignment, out first);
        s_lock.Leave();
        return taken;
    }

    /// <summary>Takes the largest range of free pages without mapping it. False when there is none.</summary>
    public static bool TryTakeLargest(out ulong first, out ulong pages)
    {
        s_lock.Enter();
        first = 0;
        pages = 0;
        for (var i = 0; i < s_free.Count; i++)
        {
            var range = s_free[i];
            if (range.End - range.First <= pages)
                continue;

            first = range.First;
            pages = range.End - range.First;
        }

        _ = s_free.Remove(first, first + pages);
        s_lock.Leave();
        return pages != 0;
    }

    /// <summary>Gives pages back.</summary>
    public static void Return(ulong first, ulong pages)
    {
        s_lock.Enter();
        _ = s_free.Add(first, first + pages);
        s_lock.Leave();
    }

    /// <summary>Takes contiguous pages and maps them, zeroed, in the physical window. Null when there are none.</summary>
    public static byte* Allocate(ulong pages, ulong alignment = 1)
    {
        if (!TryTake(pages, alignment, out var first))
            return null;

        if (!PhysicalMemory.TryMap(first, pages, PhysicalMemory.Window >> PageShift, MemoryPermissions.R | MemoryPermissions.W, Cacheability.WB))
        {
            Return(first, pages);
            return null;
        }

        var memory = (byte*)(PhysicalMemory.Window + (first << PageShift));
        new Span<byte>(memory, (int)(pages * PageSize)).Clear();
        return memory;
    }

    /// <summary>Maps fresh zeroed pages at a virtual page number; false when there are none left.</summary>
    public static bool MapAt(ulong page, ulong pages)
    {
        var memory = Allocate(pages);
        return memory != null && PhysicalMemory.TryMap(
            ((ulong)memory - PhysicalMemory.Window) >> PageShift,
            pages,
            page - (((ulong)memory - PhysicalMemory.Window) >> PageShift),
            MemoryPermissions.R | MemoryPermissions.W,
            Cacheability.WB);
    }

    private static void Reserve(ulong start, ulong end) => _ = s_free.Remove(start >> PageShift, (end + PageSize - 1) >> PageShift);
}
