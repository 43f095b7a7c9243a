namespace Kilonova.Kernel;

/// <summary>
/// The compact symbol table of an image: a header of magic number, entry count and base address, then for each function, by address, its
/// offset from the base and that of its name, then the names (docs/building.md, "Symbol tables").
/// </summary>
/// <remarks>Reports of failed checks use it, so that it makes none that could fail: bounds are compared here.</remarks>
public static unsafe class SymbolTable
{
    /// <summary>The first word of a table: the letters KSYM.</summary>
    public const uint Magic = 0x4d59_534b;

    private const ulong HeaderSize = 16;
    private const ulong EntrySize = 8;

    /// <summary>The function that an address lies in: the last one that starts at or before it.</summary>
    /// <param name="table">A table, 8-byte aligned. Nothing in it is trusted: a damaged one finds nothing.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="address">The address.</param>
    /// <param name="offset">Distance from the function's first byte.</param>
    /// <returns>The name in UTF-8; empty if there is none.</returns>
    public static ReadOnlySpan<byte> Find(byte* table, ulong length, ulong address, out ulong offset)
    {
        offset = 0;
        if (length < HeaderSize || *(uint*)table != Magic)
            return default;

        ulong count = *(uint*)(table + 4);
        ulong origin = *(ulong*)(table + 8);
        if (count == 0 || count > (length - HeaderSize) / EntrySize || address < origin)
            return default;

        // Pairs of offset and name.
        uint* entries = (uint*)(table + HeaderSize);
        ulong distance = address - origin;
        ulong low = 0;
        ulong high = count;
        while (high - low > 1)
        {
            ulong middle = low + ((high - low) / 2);
            if (entries[2 * middle] <= distance)
                low = middle;
            else
                high = middle;
        }

        if (entries[2 * low] > distance)
            return default;

        offset = distance - entries[2 * low];
        ulong names = HeaderSize + (count * EntrySize);
        return Name(table + names, length - names, entries[(2 * low) + 1]);
    }

    private static ReadOnlySpan<byte> Name(byte* names, ulong length, ulong start)
    {
        for (ulong end = start; end < length; end++)
        {
            if (names[end] == 0)
                return MemoryMarshal.CreateReadOnlySpan(ref names[start], (int)(end - start));
        }

        return default;
    }
}
