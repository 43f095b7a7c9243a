using System;
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
            {
                size += s_ram.End(i) - s_ram.Start(i);
            }

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
        return boot.IsMultiboot2
            ? ReadTag(boot.Multiboot2Tags(memory), limit)
            : ReadEntries(Multiboot1.MemoryMap(memory, boot.Multiboot1Fields(memory)), limit);
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

    private static bool ReadTag(ReadOnlySpan<byte> information, ulong limit)
    {
        ReadOnlySpan<byte> tag = Multiboot2.Find(information, Multiboot2Tag.MemoryMap);
        uint count = Multiboot2.RangeCount(tag);
        bool fits = true;
        for (uint i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> range = Multiboot2.Range(tag, i);
            fits &= AddRam(Multiboot2.RangeStart(range), Multiboot2.RangeLength(range), Multiboot2.RangeType(range), limit);
        }

        for (uint i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> range = Multiboot2.Range(tag, i);
            fits &= RemoveOther(Multiboot2.RangeStart(range), Multiboot2.RangeLength(range), Multiboot2.RangeType(range));
        }

        return fits;
    }

    private static bool ReadEntries(ReadOnlySpan<byte> map, ulong limit)
    {
        bool fits = true;
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> range = Multiboot1.NextRange(map, ref cursor);
            if (range.IsEmpty)
            {
                break;
            }

            fits &= AddRam(Multiboot1.RangeStart(range), Multiboot1.RangeLength(range), Multiboot1.RangeType(range), limit);
        }

        cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> range = Multiboot1.NextRange(map, ref cursor);
            if (range.IsEmpty)
            {
                return fits;
            }

            fits &= RemoveOther(Multiboot1.RangeStart(range), Multiboot1.RangeLength(range), Multiboot1.RangeType(range));
        }
    }

    private static bool AddRam(ulong start, ulong length, MemoryType type, ulong limit)
    {
        ulong end = EndOf(start, length);
        end = end < limit ? end : limit;
        ulong first = (start + PageMask) & ~PageMask;
        return type != MemoryType.Available || start > end || first < start || s_ram.Add(first, end & ~PageMask);
    }

    private static bool RemoveOther(ulong start, ulong length, MemoryType type)
    {
        ulong end = EndOf(start, length);
        ulong behind = end > ulong.MaxValue - PageMask ? ulong.MaxValue & ~PageMask : (end + PageMask) & ~PageMask;
        return type == MemoryType.Available || s_ram.Remove(start & ~PageMask, behind);
    }

    private static ulong EndOf(ulong start, ulong length) => start > ulong.MaxValue - length ? ulong.MaxValue : start + length;
}
