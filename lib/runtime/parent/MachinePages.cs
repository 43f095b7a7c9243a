using System;
using Kilonova.Abi;

namespace Kilonova.Runtime;

/// <summary>Free physical memory, all of it mapped in the root task's window, for safe code.</summary>
public static unsafe class MachinePages
{
    /// <summary>Bytes of a page.</summary>
    public const ulong Size = 4096;

    /// <summary>Position of the page number in an address.</summary>
    public const int Shift = 12;

    /// <summary>Takes all free memory, largest ranges first, and maps it.</summary>
    /// <param name="keep">Pages that the root task keeps for its own threads, out of the first range.</param>
    /// <param name="firsts">Gets the first page of each range.</param>
    /// <param name="counts">Gets the number of pages of each range.</param>
    /// <returns>Number of ranges; what does not fit the spans is left.</returns>
    public static int TakeAll(ulong keep, Span<ulong> firsts, Span<ulong> counts)
    {
        var ranges = 0;
        while (ranges < firsts.Length && RootMemory.TryTakeLargest(out var first, out var pages))
        {
            if (ranges == 0)
                pages -= Math.Min(keep, pages);

            const MemoryPermissions ReadWrite = MemoryPermissions.R | MemoryPermissions.W;
            if (!PhysicalMemory.TryMap(first, pages, PhysicalMemory.Window >> Shift, ReadWrite, Cacheability.WB))
                Faults.Fail("free memory cannot be mapped"u8);

            firsts[ranges] = first;
            counts[ranges++] = pages;
        }

        if (ranges != 0)
            RootMemory.Return(firsts[0] + counts[0], keep);

        return ranges;
    }

    /// <summary>The bytes of pages taken here.</summary>
    public static Span<byte> Bytes(ulong first, ulong pages) =>
        new((byte*)(PhysicalMemory.Window + (first << Shift)), (int)(pages << Shift));

    /// <summary>Where the root task sees a page taken here.</summary>
    public static ulong AddressOf(ulong page) => PhysicalMemory.Window + (page << Shift);

    /// <summary>Fills pages taken here with zeros.</summary>
    public static void Clear(ulong first, ulong pages)
    {
        // A span is shorter than 2 GiB.
        const ulong Piece = 1ul << 18;
        for (var done = 0ul; done < pages; done += Piece)
            Bytes(first + done, Math.Min(Piece, pages - done)).Clear();
    }

    /// <summary>Physical page number of a boot module's first byte.</summary>
    public static ulong PageOf(ReadOnlySpan<byte> module)
    {
        fixed (byte* start = module)
            return ((ulong)start - PhysicalMemory.Window) >> Shift;
    }

    /// <summary>Whether a boot module begins at a page.</summary>
    public static bool IsAligned(ReadOnlySpan<byte> module)
    {
        fixed (byte* start = module)
            return ((ulong)start & (Size - 1)) == 0;
    }

    /// <summary>A page's beginning as a start-up page.</summary>
    public static ref StartPage StartPage(ulong page) => ref *(StartPage*)(PhysicalMemory.Window + (page << Shift));

    /// <summary>A page's beginning as the block of a component's thread.</summary>
    public static ref readonly ThreadBlock Block(ulong page) => ref *(ThreadBlock*)(PhysicalMemory.Window + (page << Shift));

    /// <summary>A page as a component's log.</summary>
    public static LogPage LogPage(ulong page) => new((byte*)(PhysicalMemory.Window + (page << Shift)));

    /// <summary>A page as a component's counters.</summary>
    public static CounterPage CounterPage(ulong page) => new((byte*)(PhysicalMemory.Window + (page << Shift)));
}
