using System;
using System.Collections.Generic;
using Kilonova.Elf;

namespace Kilonova.Gates;

/// <summary>
/// The kernel has no run time that would set up managed statics: static fields hold plain values that the compiler knew. A reference would
/// stay unset, and a static constructor would never have run, without anybody noticing.
/// </summary>
public static class StaticsGate
{
    private const string References = "__GCSTATICS";
    private const string ThreadReferences = "__THREADSTATICS";
    private const string Constructor = "___cctor";

    /// <summary>Checks a kernel by the symbols that the compiler gives to such statics.</summary>
    public static IEnumerable<Violation> Check(ElfFile image)
    {
        foreach (var symbol in image.Symbols)
        {
            if (symbol.Name.StartsWith(References, StringComparison.Ordinal))
            {
                yield return new Violation("statics", $"{symbol.Name[References.Length..]} has static fields of reference type, which nothing sets up");
            }
            else if (symbol.Name.StartsWith(ThreadReferences, StringComparison.Ordinal))
            {
                yield return new Violation("statics", $"{symbol.Name[ThreadReferences.Length..]} has thread statics, which the kernel has not");
            }
            else if (symbol.Name.EndsWith(Constructor, StringComparison.Ordinal))
            {
                yield return new Violation("statics", $"{symbol.Name[..^Constructor.Length]} needs a static constructor, which nothing runs");
            }
        }
    }
}
