using System;
using System.Buffers.Binary;

namespace Kilonova.Kernel;

/// <summary>
/// The compact symbol table of an image: a header of magic number, entry count and base address, then for each function, by address, its
/// offset from the base and that of its name, then the names (docs/building.md, "Symbol tables").
/// </summary>
public static class SymbolTable
{
    /// <summary>The first word of a table: the letters KSYM.</summary>
    public const uint Magic = 0x4d59_534b;

    private const int HeaderSize = 16;
    private const int EntrySize = 8;

    /// <summary>The function that an address lies in: the last one that starts at or before it.</summary>
    /// <param name="table">A table. Nothing in it is trusted: a damaged one finds nothing.</param>
    /// <param name="address">The address.</param>
    /// <param name="offset">Distance from the function's first byte.</param>
    /// <returns>The name in UTF-8; empty if there is none.</returns>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> table, ulong address, out ulong offset)
    {
        offset = 0;
        if (table.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(table) != Magic)
        {
            return default;
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(table.Slice(4));
        ulong origin = BinaryPrimitives.ReadUInt64LittleEndian(table.Slice(8));
        if (count == 0 || count > (uint)(table.Length - HeaderSize) / EntrySize || address < origin)
        {
            return default;
        }

        ulong distance = address - origin;
        int low = 0;
        int high = (int)count;
        while (high - low > 1)
        {
            int middle = low + ((high - low) / 2);
            if (Field(table, middle, 0) <= distance)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        if (Field(table, low, 0) > distance)
        {
            return default;
        }

        offset = distance - Field(table, low, 0);
        return Name(table.Slice(HeaderSize + ((int)count * EntrySize)), Field(table, low, 4));
    }

    private static uint Field(ReadOnlySpan<byte> table, int entry, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(table.Slice(HeaderSize + (entry * EntrySize) + offset));

    private static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> names, uint start)
    {
        for (uint end = start; end < (uint)names.Length; end++)
        {
            if (names[(int)end] == 0)
            {
                return names.Slice((int)start, (int)(end - start));
            }
        }

        return default;
    }
}
