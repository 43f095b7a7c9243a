using System;
using System.Collections.Generic;
using System.Linq;

namespace Kilonova.Gates;

/// <summary>The kernel has no managed heap: the functions behind C#'s new must not even be linked.</summary>
public static class HeapGate
{
    /// <summary>Checks a kernel; the message names the callers.</summary>
    public static IEnumerable<Violation> Check(ImageCode code)
    {
        var allocators = code.Functions.Where(IsAllocator).ToList();
        if (allocators.Count == 0)
        {
            yield break;
        }
        var graph = CallGraph.Build(code);
        foreach (var allocator in allocators)
        {
            var callers = graph.Values
                .Where(use => use.Calls.Any(call => call.Callee == allocator))
                .Select(use => use.Function.Name)
                .DefaultIfEmpty("nobody directly");
            yield return new Violation("heap", $"{Symbol(allocator)} is linked into the kernel, called by {string.Join(", ", callers)}");
        }
    }

    private static bool IsAllocator(Function function) => function.Symbols.Any(IsAllocator);

    private static string Symbol(Function function) => function.Symbols.First(IsAllocator);

    private static bool IsAllocator(string symbol) =>
        symbol.StartsWith("RhpNew", StringComparison.Ordinal) || symbol.StartsWith("RhNew", StringComparison.Ordinal);
}
