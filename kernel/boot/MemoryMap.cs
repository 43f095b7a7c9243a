using Kilonova.Formats;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Kernel;

/// <summary>
/// What lies where in physical memory, from the boot loader's map (specification, section 8.3.1). Where entries contradict each other
/// memory counts as RAM only if nobody says otherwise.
/// </summary>
public static unsafe class MemoryMap
{
    private const ulong PageMask = 4095;
    private const int RangeLengthOffset = 8;

    private static RangeList s_ram;

    /// <summary>Whole pages of RAM.</summary>
    public static ref RangeList Ram => ref s_ram;

    /// <summary>Bytes of RAM.</summary>
    public static ulong Size
    {
        get
        {
            ulong size = 0;
            for (int i = 0; i < s_ram.Count; i++)
                size += s_ram.End(i) - s_ram.Start(i);

            return size;
        }
    }

    /// <summary>Reads the map of either version of Multiboot. False if it has more ranges than <see cref="RangeList"/> can hold.</summary>
    /// <param name="memory">Where it lies.</param>
    /// <param name="boot">The checked boot information.</param>
    /// <param name="limit">First physical address that the kernel cannot use: what lies at or above it is ignored.</param>
    public static bool Read<TMemory>(TMemory memory, ref BootInformation boot, ulong limit)
        where TMemory : struct, IPhysicalMemory
    {
        s_ram.Clear();
        ReadOnlySpan<byte> map = boot.MemoryMap(memory);
        bool fits = true;
        uint cursor = 0;
        for (ReadOnlySpan<byte> range = boot.NextRange(map, ref cursor); !range.IsEmpty; range = boot.NextRange(map, ref cursor))
            fits &= AddRam(range, limit);

        cursor = 0;
        for (ReadOnlySpan<byte> range = boot.NextRange(map, ref cursor); !range.IsEmpty; range = boot.NextRange(map, ref cursor))
            fits &= RemoveOther(range);

        return fits;
    }

    /// <summary>
    /// Takes memory for the kernel's objects from the end of a range of RAM, and out of the map that the root task is going to read. A
    /// range gives at most half of itself, and nothing where the boot loader put something.
    /// </summary>
    /// <param name="memory">Where the map lies; it can be written.</param>
    /// <param name="boot">The checked boot information.</param>
    /// <param name="bytes">How much, whole pages.</param>
    /// <returns>Its physical address; 0 if no range can give it.</returns>
    public static ulong TakeEnd<TMemory>(TMemory memory, ref BootInformation boot, ulong bytes)
        where TMemory : struct, IPhysicalMemory
    {
        ReadOnlySpan<byte> map = boot.MemoryMap(memory);
        uint cursor = 0;
        for (ReadOnlySpan<byte> range = boot.NextRange(map, ref cursor); !range.IsEmpty; range = boot.NextRange(map, ref cursor))
        {
            ulong length = Multiboot1.RangeLength(range);
            ulong end = EndOf(Multiboot1.RangeStart(range), length) & ~PageMask;
            ulong start = end - bytes;
            if (Multiboot1.RangeType(range) == MemoryType.Available && length / 2 >= bytes && s_ram.Contains(start, end)
                && !boot.Touches(memory, start, end))
            {
                fixed (byte* first = range)
                    *(ulong*)(first + RangeLengthOffset) = start - Multiboot1.RangeStart(range);

                _ = s_ram.Remove(start, end);
                return start;
            }
        }

        return 0;
    }

    /// <summary>A page of RAM below an address, the highest, that is not page 0; 0 if there is none.</summary>
    public static ulong HighestPageBelow(ulong limit)
    {
        ulong found = 0;
        for (int i = 0; i < s_ram.Count; i++)
        {
            ulong end = s_ram.End(i) < limit ? s_ram.End(i) : limit;
            ulong page = (end - 1) & ~PageMask;
            found = s_ram.Start(i) < end && page >= s_ram.Start(i) && page > found ? page : found;
        }

        return found;
    }

    private static bool AddRam(ReadOnlySpan<byte> range, ulong limit)
    {
        ulong start = Multiboot1.RangeStart(range);
        ulong end = EndOf(start, Multiboot1.RangeLength(range));
        end = end < limit ? end : limit;
        ulong first = (start + PageMask) & ~PageMask;
        return Multiboot1.RangeType(range) != MemoryType.Available || start > end || first < start || s_ram.Add(first, end & ~PageMask);
    }

    private static bool RemoveOther(ReadOnlySpan<byte> range)
    {
        ulong start = Multiboot1.RangeStart(range);
        ulong end = EndOf(start, Multiboot1.RangeLength(range));
        ulong behind = end > ulong.MaxValue - PageMask ? ulong.MaxValue & ~PageMask : (end + PageMask) & ~PageMask;
        return Multiboot1.RangeType(range) == MemoryType.Available || s_ram.Remove(start & ~PageMask, behind);
    }

    private static ulong EndOf(ulong start, ulong length) => start > ulong.MaxValue - length ? ulong.MaxValue : start + length;
}
