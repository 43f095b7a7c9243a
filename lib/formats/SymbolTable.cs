using System;

namespace Kilonova.Formats;

/// <summary>
/// The compact symbol table that the build embeds into an image or puts beside it (docs/building.md, "Symbol tables"): a header of magic
/// number, entry count and base address, then for each function, by address, its offset from the base and that of its name, then the names.
/// Nothing in it is trusted: a damaged one finds nothing.
/// </summary>
public static class SymbolTable
{
    /// <summary>The first word of a table: the letters KSYM.</summary>
    public const uint Magic = 0x4d59_534b;

    private const uint HeaderSize = 16;
    private const uint EntrySize = 8;

    /// <summary>Number of functions; 0 if the bytes are no table.</summary>
    public static uint Count(ReadOnlySpan<byte> table)
    {
        uint count = Little.U32(table, 4);
        bool valid = Little.U32(table, 0) == Magic && table.Length >= (int)HeaderSize && count <= ((uint)table.Length - HeaderSize) / EntrySize;
        return valid ? count : 0;
    }

    /// <summary>The function that an address lies in: the last one that starts at or before it.</summary>
    /// <param name="table">The bytes of a table.</param>
    /// <param name="address">The address.</param>
    /// <param name="offset">Distance from the function's first byte.</param>
    /// <returns>The name in UTF-8; empty if there is none.</returns>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> table, ulong address, out ulong offset)
    {
        offset = 0;
        ulong start = Little.U64(table, 8);
        uint count = Count(table);
        uint low = 0;
        uint high = address < start ? 0 : count;
        while (low < high)
        {
            uint middle = (low + high) / 2;
            if (Little.U32(table, HeaderSize + (middle * EntrySize)) <= address - start)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == 0)
            return ReadOnlySpan<byte>.Empty;

        uint entry = HeaderSize + ((low - 1) * EntrySize);
        offset = address - start - Little.U32(table, entry);
        return Name(table, HeaderSize + (count * EntrySize), Little.U32(table, entry + 4));
    }

    private static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> table, uint names, uint offset)
    {
        uint length = (uint)table.Length - names;
        for (uint end = offset; end < length; end++)
        {
            if (table[(int)(names + end)] == 0)
                return Little.Slice(table, names + offset, end - offset);
        }

        return ReadOnlySpan<byte>.Empty;
    }
}
