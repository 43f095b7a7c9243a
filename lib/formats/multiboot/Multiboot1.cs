using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Multiboot;

/// <summary>
/// The information structure of Multiboot 1. Multiboot Specification 0.6.96, section 3.3. All addresses in it are physical and 32-bit.
/// </summary>
public static class Multiboot1
{
    /// <summary>EAX at the entry point.</summary>
    public const uint Magic = 0x2badb002;

    /// <summary>Bytes of the structure that are read here.</summary>
    public const uint InformationLength = 52;

    /// <summary>Most modules that are accepted.</summary>
    public const uint MaxModules = 256;

    private const uint HasCommandLine = 1 << 2;
    private const uint HasModules = 1 << 3;
    private const uint HasMemoryMap = 1 << 6;
    private const uint ModuleLength = 16;
    private const uint MinEntryLength = 20;
    private const uint MaxMapLength = 0x10000;
    private const uint MaxString = 4096;

    /// <summary>Checks that everything the structure names can be read and makes sense; the first module is necessary.</summary>
    /// <param name="memory">Where it lies.</param>
    /// <param name="information">The structure's <see cref="InformationLength"/> bytes.</param>
    public static MultibootStatus Check<TMemory>(TMemory memory, ReadOnlySpan<byte> information)
        where TMemory : struct, IPhysicalMemory
    {
        if ((uint)information.Length < InformationLength)
            return MultibootStatus.NotReadable;

        if (!Has(information, HasMemoryMap) || Little.U32(information, 44) == 0)
            return MultibootStatus.NoMemoryMap;

        ReadOnlySpan<byte> map = MemoryMap(memory, information);
        if (map.IsEmpty)
            return MultibootStatus.NotReadable;

        MultibootStatus status = CheckMap(map);
        if (status == MultibootStatus.Ok)
            status = CheckModules(memory, information);

        if (status == MultibootStatus.Ok && Has(information, HasCommandLine))
            _ = String(memory, Little.U32(information, 16), out status);

        return status;
    }

    /// <summary>The kernel's command line without its terminator, empty if there is none.</summary>
    public static ReadOnlySpan<byte> CommandLine<TMemory>(TMemory memory, ReadOnlySpan<byte> information)
        where TMemory : struct, IPhysicalMemory
    {
        uint address = Little.U32(information, 16);
        ReadOnlySpan<byte> line = String(memory, Has(information, HasCommandLine) ? address : 0, out MultibootStatus status);
        if (status != MultibootStatus.Ok)
            line = ReadOnlySpan<byte>.Empty;

        return line;
    }

    /// <summary>Number of modules.</summary>
    public static uint ModuleCount(ReadOnlySpan<byte> information)
        => Has(information, HasModules) ? Little.U32(information, 20) : 0;

    /// <summary>A module's description, for the functions named after it; empty when it does not exist.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ReadOnlySpan<byte> Module<TMemory>(TMemory memory, ReadOnlySpan<byte> information, uint index)
        where TMemory : struct, IPhysicalMemory
    {
        if (index >= ModuleCount(information))
            return ReadOnlySpan<byte>.Empty;

        return memory.Map(Little.U32(information, 24) + (ulong)index * ModuleLength, ModuleLength);
    }

    /// <summary>Module: physical address of its first byte.</summary>
    public static uint ModuleStart(ReadOnlySpan<byte> module) => Little.U32(module, 0);

    /// <summary>Module: physical address of the byte behind its last.</summary>
    public static uint ModuleEnd(ReadOnlySpan<byte> module) => Little.U32(module, 4);

    /// <summary>Module: its command line without terminator, empty if there is none.</summary>
    public static ReadOnlySpan<byte> ModuleString<TMemory>(TMemory memory, ReadOnlySpan<byte> module)
        where TMemory : struct, IPhysicalMemory
    {
        ReadOnlySpan<byte> text = String(memory, Little.U32(module, 8), out MultibootStatus status);
        if (status != MultibootStatus.Ok)
            text = ReadOnlySpan<byte>.Empty;

        return text;
    }

    /// <summary>The memory map, to be walked by <see cref="NextRange"/>; empty if there is none.</summary>
    public static ReadOnlySpan<byte> MemoryMap<TMemory>(TMemory memory, ReadOnlySpan<byte> information)
        where TMemory : struct, IPhysicalMemory
    {
        uint length = Little.U32(information, 44);
        if (!Has(information, HasMemoryMap) || length is 0 or > MaxMapLength)
            return ReadOnlySpan<byte>.Empty;

        return memory.Map(Little.U32(information, 48), length);
    }

    /// <summary>Walks the memory map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="cursor">0 for the first range; moved on by every call.</param>
    /// <returns>The range; empty at the end, and at one that is malformed.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ReadOnlySpan<byte> NextRange(ReadOnlySpan<byte> map, scoped ref uint cursor)
    {
        uint size = Little.U32(map, cursor);
        if (size < MinEntryLength || size > MaxMapLength)
            return ReadOnlySpan<byte>.Empty;

        ReadOnlySpan<byte> range = Little.Slice(map, cursor + 4, size);
        cursor += size + 4;
        return range;
    }

    /// <summary>Range: physical address of its first byte.</summary>
    public static ulong RangeStart(ReadOnlySpan<byte> range) => Little.U64(range, 0);

    /// <summary>Range: length in bytes.</summary>
    public static ulong RangeLength(ReadOnlySpan<byte> range) => Little.U64(range, 8);

    /// <summary>Range: its type.</summary>
    public static MemoryType RangeType(ReadOnlySpan<byte> range) => (MemoryType)Little.U32(range, 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MultibootStatus CheckMap(ReadOnlySpan<byte> map)
    {
        uint offset = 0;
        while (offset < (uint)map.Length)
        {
            if ((uint)map.Length - offset < 4 || Little.U32(map, offset) < MinEntryLength)
                return MultibootStatus.EntryTooShort;

            if (NextRange(map, ref offset).IsEmpty)
                return MultibootStatus.EntryTooLong;
        }

        return MultibootStatus.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MultibootStatus CheckModules<TMemory>(TMemory memory, ReadOnlySpan<byte> information)
        where TMemory : struct, IPhysicalMemory
    {
        uint count = ModuleCount(information);
        if (count == 0)
            return MultibootStatus.NoModule;

        if (count > MaxModules)
            return MultibootStatus.TooManyModules;

        for (uint i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> module = Module(memory, information, i);
            if (module.IsEmpty)
                return MultibootStatus.NotReadable;

            if (ModuleEnd(module) < ModuleStart(module))
                return MultibootStatus.BadModule;

            for (uint j = 0; j < i; j++)
            {
                ReadOnlySpan<byte> other = Module(memory, information, j);
                if (ModuleStart(module) < ModuleEnd(other) && ModuleStart(other) < ModuleEnd(module))
                    return MultibootStatus.ModulesOverlap;
            }
        }

        return MultibootStatus.Ok;
    }

    private static bool Has(ReadOnlySpan<byte> information, uint flag) => (Little.U32(information, 0) & flag) != 0;

    private static ReadOnlySpan<byte> String<TMemory>(TMemory memory, ulong address, out MultibootStatus status)
        where TMemory : struct, IPhysicalMemory
    {
        uint length = 0;
        status = address == 0 ? MultibootStatus.Ok : StringLength(memory, address, out length);
        if (length == 0)
            return ReadOnlySpan<byte>.Empty;

        ReadOnlySpan<byte> text = memory.Map(address, length);
        if (text.IsEmpty)
            status = MultibootStatus.NotReadable;

        return text;
    }

    /// <summary>Looks for the terminator byte by byte: nobody says how much can be read behind it.</summary>
    private static MultibootStatus StringLength<TMemory>(TMemory memory, ulong address, out uint length)
        where TMemory : struct, IPhysicalMemory
    {
        length = 0;
        for (uint i = 0; i < MaxString; i++)
        {
            ReadOnlySpan<byte> next = memory.Map(address + i, 1);
            if (next.IsEmpty)
                return MultibootStatus.NotReadable;

            if (next[0] == 0)
            {
                length = i;
                return MultibootStatus.Ok;
            }
        }

        return MultibootStatus.EndlessString;
    }
}
