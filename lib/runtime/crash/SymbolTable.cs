using System;
using System.Buffers.Binary;

namespace Kilonova.Runtime;

/// <summary>
/// Reader of the compact symbol table that the build embeds into an image or puts beside it: "KSYM", number of functions, address of the
/// first; per function its distance from the first and the offset of its name; then the names, each ended by 0. docs/building.md.
/// </summary>
public readonly ref struct SymbolTable
{
    private const uint Magic = 0x4d59534b;
    private const int HeaderSize = 16;
    private const int EntrySize = 8;

    private readonly ReadOnlySpan<byte> _table;

    /// <summary>Takes the bytes of a table; anything else gives a table without functions.</summary>
    public SymbolTable(ReadOnlySpan<byte> table)
    {
        var valid = table.Length >= HeaderSize && BinaryPrimitives.ReadUInt32LittleEndian(table) == Magic;
        _table = valid ? table : ReadOnlySpan<byte>.Empty;
    }

    /// <summary>Number of functions.</summary>
    public int Count
    {
        get
        {
            if (_table.IsEmpty)
                return 0;

            var claimed = BinaryPrimitives.ReadUInt32LittleEndian(_table.Slice(4));
            return (int)Math.Min(claimed, (uint)(_table.Length - HeaderSize) / EntrySize);
        }
    }

    /// <summary>Finds the function that an address lies in or behind.</summary>
    /// <param name="address">The address.</param>
    /// <param name="offset">Distance from the function's start.</param>
    /// <returns>Its name in UTF-8; empty when the address lies before every function.</returns>
    public ReadOnlySpan<byte> Find(ulong address, out ulong offset)
    {
        offset = 0;
        var start = _table.IsEmpty ? ulong.MaxValue : BinaryPrimitives.ReadUInt64LittleEndian(_table.Slice(8));
        if (address < start)
            return ReadOnlySpan<byte>.Empty;

        var low = 0;
        var high = Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (start + Entry(middle, 0) <= address)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == 0)
            return ReadOnlySpan<byte>.Empty;

        offset = address - start - Entry(low - 1, 0);
        return Name(Entry(low - 1, 4));
    }

    private uint Entry(int index, int field) => BinaryPrimitives.ReadUInt32LittleEndian(_table.Slice(HeaderSize + index * EntrySize + field));

    private ReadOnlySpan<byte> Name(uint offset)
    {
        var names = _table.Slice(HeaderSize + Count * EntrySize);
        if (offset >= (uint)names.Length)
            return ReadOnlySpan<byte>.Empty;

        var text = names.Slice((int)offset);
        var length = 0;
        while (length < text.Length && text[length] != 0)
            length++;

        return text.Slice(0, length);
    }
}
