using System;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Kilonova.Elf;

namespace Kilonova.Gates;

/// <summary>A function of an image: from its symbol to the next one. Name is the C# name where known, Symbols all names at the address.</summary>
public sealed record Function(string Name, IReadOnlyList<string> Symbols, ulong Address, ReadOnlyMemory<byte> Code, int Bitness)
{
    /// <summary>Disassembles it; alignment bytes behind the last instruction included.</summary>
    public IEnumerable<Instruction> Instructions()
    {
        var reader = new ByteArrayCodeReader(Code.ToArray());
        var decoder = Decoder.Create(Bitness, reader, Address);
        while (reader.CanReadByte)
        {
            yield return decoder.Decode();
        }
    }
}

/// <summary>
/// The executable code of an image, cut into functions at its symbols. Assembly follows two conventions: labels that do not start a
/// function begin with .L, and code for other CPU modes lies under symbols that begin with boot16_ or boot32_.
/// </summary>
public sealed class ImageCode
{
    private readonly Dictionary<ulong, Function> _byAddress;

    /// <summary>Cuts the image. <paramref name="names"/> has C# names by address, and may lack some.</summary>
    public ImageCode(ElfFile image, IReadOnlyDictionary<ulong, string> names)
    {
        Functions = image.Sections.Where(section => section.IsLoaded && section.IsExecutable).SelectMany(section => Cut(image, section, names)).ToList();
        _byAddress = Functions.ToDictionary(function => function.Address);
    }

    /// <summary>All functions, by address within each section.</summary>
    public IReadOnlyList<Function> Functions { get; }

    /// <summary>The function that starts at an address.</summary>
    public Function? At(ulong address) => _byAddress.GetValueOrDefault(address);

    private static IEnumerable<Function> Cut(ElfFile image, ElfSection section, IReadOnlyDictionary<ulong, string> names)
    {
        var code = image.Contents(section).ToArray();
        var starts = image.Symbols
            .Where(symbol => symbol.Section == section.Index && (symbol.IsFunction || symbol.IsLabel) && symbol.Name.Length > 0)
            .Where(symbol => symbol.Address >= section.Address && symbol.Address < section.Address + section.Size)
            .GroupBy(symbol => symbol.Address)
            .OrderBy(group => group.Key)
            .Select(group => (Address: group.Key, Symbols: group.Select(symbol => symbol.Name).Order(StringComparer.Ordinal).ToList()))
            .ToList();
        if (starts.Count == 0 || starts[0].Address > section.Address)
        {
            starts.Insert(0, (section.Address, [section.Name]));
        }
        for (var i = 0; i < starts.Count; i++)
        {
            var (address, symbols) = starts[i];
            var end = i + 1 < starts.Count ? starts[i + 1].Address : section.Address + section.Size;
            var bytes = code.AsMemory((int)(address - section.Address), (int)(end - address));
            var bitness = Starts(symbols, "boot16_") ? 16 : Starts(symbols, "boot32_") ? 32 : 64;
            yield return new Function(names.GetValueOrDefault(address) ?? symbols[0], symbols, address, bytes, bitness);
        }
    }

    private static bool Starts(IEnumerable<string> symbols, string prefix) =>
        symbols.Any(symbol => symbol.StartsWith(prefix, StringComparison.Ordinal));
}
