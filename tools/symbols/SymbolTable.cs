using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Kilonova.Elf;

namespace Kilonova.Symbols;

/// <summary>
/// The compact symbol table of an image, by which crash reports name functions. docs/building.md, "Symbol tables", defines the bytes.
/// </summary>
public static class SymbolTable
{
    /// <summary>First word of a table: the bytes "KSYM".</summary>
    public const uint Magic = 0x4D59534B;

    private const int HeaderSize = 16;
    private const int EntrySize = 8;

    /// <summary>Makes the table of a linked image: one entry per function, by address.</summary>
    public static byte[] Extract(ElfFile image, NameDemangler demangler)
    {
        var functions = image.Symbols
            .Where(symbol => IsFunction(image, symbol))
            .GroupBy(symbol => symbol.Address)
            .OrderBy(group => group.Key)
            .Select(group => (Address: group.Key, Name: BestName(group, demangler)))
            .ToList();
        return Encode(functions);
    }

    /// <summary>Encodes functions, which must be sorted by address, no two at the same.</summary>
    public static byte[] Encode(IReadOnlyList<(ulong Address, string Name)> functions)
    {
        var names = new MemoryStream();
        var offsets = new Dictionary<string, uint>(StringComparer.Ordinal);
        var table = new byte[HeaderSize + functions.Count * EntrySize];
        var start = functions.Count > 0 ? functions[0].Address : 0;
        BinaryPrimitives.WriteUInt32LittleEndian(table, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), (uint)functions.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(8), start);
        for (var i = 0; i < functions.Count; i++)
        {
            var entry = table.AsSpan(HeaderSize + i * EntrySize);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, checked((uint)(functions[i].Address - start)));
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], OffsetOf(functions[i].Name, names, offsets));
        }
        return [.. table, .. names.ToArray()];
    }

    /// <summary>The entries of a table, in order.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a table.</exception>
    public static IEnumerable<(ulong Address, string Name)> Decode(byte[] table)
    {
        if (table.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(table) != Magic)
        {
            throw new InvalidDataException("not a symbol table");
        }
        var count = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(4));
        var start = BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan(8));
        var names = HeaderSize + (long)count * EntrySize;
        if (names > table.Length)
        {
            throw new InvalidDataException($"{count} entries do not fit into {table.Length} bytes");
        }
        for (var i = 0; i < count; i++)
        {
            var entry = HeaderSize + i * EntrySize;
            var name = (int)names + BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(entry + 4));
            var length = table.AsSpan(name).IndexOf((byte)0);
            yield return (start + BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(entry)), Encoding.UTF8.GetString(table, name, length));
        }
    }

    private static uint OffsetOf(string name, MemoryStream names, Dictionary<string, uint> offsets)
    {
        if (!offsets.TryGetValue(name, out var offset))
        {
            offset = (uint)names.Length;
            offsets.Add(name, offset);
            names.Write(Encoding.UTF8.GetBytes(name + "\0"));
        }
        return offset;
    }

    // Labels count, since assembly seldom declares types; linker script symbols have no section of their own and do not. Boot code
    // runs at its physical address, out of the table's reach and before anybody could report it.
    private static bool IsFunction(ElfFile image, ElfSymbol symbol) =>
        (symbol.IsFunction || symbol.IsLabel) && symbol.Name.Length > 0 && symbol.Section > 0 && symbol.Section < image.Sections.Count
        && image.Sections[symbol.Section].IsExecutable && !symbol.Name.StartsWith(".L", StringComparison.Ordinal)
        && !symbol.Name.StartsWith("boot16_", StringComparison.Ordinal) && !symbol.Name.StartsWith("boot32_", StringComparison.Ordinal);

    // Exported functions and folded bodies have several names. The one of a C# method says most.
    private static string BestName(IEnumerable<ElfSymbol> symbols, NameDemangler demangler) =>
        symbols.Select(symbol => (Readable: demangler.TryDemangle(symbol.Name), symbol.Name, symbol.IsFunction))
            .OrderBy(candidate => candidate.Readable is null)
            .ThenBy(candidate => !candidate.IsFunction)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Select(candidate => candidate.Readable ?? candidate.Name)
            .First();
}
