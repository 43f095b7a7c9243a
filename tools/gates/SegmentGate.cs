using System.Collections.Generic;
using System.Linq;
using Kilonova.Elf;

namespace Kilonova.Gates;

/// <summary>How an image lies in memory: nothing both writable and executable, nothing in page 0, nothing unresolved, within its size.</summary>
public static class SegmentGate
{
    private const ulong PageSize = 4096;

    /// <summary>W^X and page 0, for every image.</summary>
    public static IEnumerable<Violation> CheckSegments(ElfFile image)
    {
        foreach (var segment in image.Segments.Where(segment => segment.IsLoaded && segment.MemorySize > 0))
        {
            var range = $"the segment 0x{segment.Address:x} to 0x{segment.Address + segment.MemorySize:x}";
            if (segment.IsWritable && segment.IsExecutable)
            {
                yield return new Violation("segments", $"{range} is both writable and executable");
            }
            if (segment.Address < PageSize)
            {
                yield return new Violation("segments", $"{range} maps page 0, where null dereferences must fault");
            }
        }
    }

    /// <summary>Symbols that nothing defines; a weak one would be address 0 at run time.</summary>
    public static IEnumerable<Violation> CheckSymbols(ElfFile image) =>
        image.Symbols
            .Where(symbol => symbol.IsUndefined && symbol.Name.Length > 0)
            .Select(symbol => new Violation("symbols", $"{symbol.Name} is undefined{(symbol.IsWeak ? " (weak)" : "")}"));

    /// <summary>Bytes that the kernel brings into memory, its symbol table and zeroed memory excluded.</summary>
    public static long KernelSize(ElfFile image) =>
        image.Sections.Where(section => section.IsLoaded && section.Type != ElfSection.TypeNoBits).Sum(section => (long)section.Size)
        - (AddressOf(image, "__symbols_end") - AddressOf(image, "__symbols_start"));

    /// <summary>The kernel's size against its budget.</summary>
    public static IEnumerable<Violation> CheckKernelSize(ElfFile image, GateSettings settings)
    {
        var size = KernelSize(image);
        if (size > settings.KernelSizeLimit)
        {
            yield return new Violation("size", $"the kernel has {size} bytes of code and data, limit {settings.KernelSizeLimit}");
        }
    }

    private static long AddressOf(ElfFile image, string symbol) =>
        (long)(image.Symbols.FirstOrDefault(candidate => candidate.Name == symbol)?.Address ?? 0);
}
