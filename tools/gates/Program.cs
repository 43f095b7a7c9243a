using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Kilonova.Elf;
using Kilonova.Symbols;

namespace Kilonova.Gates;

// gates ilc-log <file>                    what ilc printed
// gates image <elf> --kind kernel|component|test --settings <gates.json> [--symbols <table>] [--hotpaths <list>]...
// gates sources <root> --settings <gates.json>
// Prints a report, violations on standard error, and exits with 1 if there are any.
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is not [var command and ("ilc-log" or "image" or "sources"), var subject, .. var options] || options.Length % 2 != 0)
        {
            Console.Error.WriteLine("usage: gates ilc-log <file> | image <elf> --kind <kind> --settings <file> ... | sources <root> --settings <file>");
            return 2;
        }
        var settings = Option(options, "--settings").Select(GateSettings.Load).FirstOrDefault() ?? new GateSettings();
        IReadOnlyList<Violation> violations = command switch
        {
            "ilc-log" => [.. IlcLogGate.Check(File.ReadAllText(subject))],
            "image" => CheckImage(subject, options, settings),
            _ => CheckSources(subject, settings),
        };
        foreach (var violation in violations)
        {
            Console.Error.WriteLine(violation);
        }
        return violations.Count == 0 ? 0 : 1;
    }

    private static IEnumerable<string> Option(string[] options, string name) =>
        options.Chunk(2).Where(pair => pair[0] == name).Select(pair => pair[1]);

    private static List<Violation> CheckImage(string path, string[] options, GateSettings settings)
    {
        var image = ElfFile.Load(path);
        var names = Option(options, "--symbols").SelectMany(table => SymbolTable.Decode(File.ReadAllBytes(table)))
            .ToDictionary(function => function.Address, function => function.Name);
        var code = new ImageCode(image, names);
        var violations = new List<Violation>(SegmentGate.CheckSegments(image).Concat(SegmentGate.CheckSymbols(image)));
        if (Option(options, "--kind").Single() == "kernel")
        {
            violations.AddRange(VectorGate.CheckKernel(code));
            violations.AddRange(HeapGate.Check(code));
            violations.AddRange(StaticsGate.Check(image));
            violations.AddRange(SegmentGate.CheckKernelSize(image, settings));
            var stack = StackGate.Check(code, settings);
            violations.AddRange(stack.Violations);
            Console.WriteLine(
                $"{Path.GetFileName(path)}: {code.Functions.Count} functions free of vector instructions outside fpu_*, "
                + $"{SegmentGate.KernelSize(image)} of {settings.KernelSizeLimit} bytes, largest frame {stack.LargestFrame} bytes, "
                + $"deepest chain {stack.Deepest} of {settings.KernelStackLimit} bytes "
                + $"({string.Join(" -> ", stack.DeepestChain.Select(function => function.Name))}), {stack.IndirectCalls} indirect calls");
        }
        else
        {
            var patterns = Option(options, "--hotpaths").SelectMany(SymbolPattern.ReadList).ToList();
            violations.AddRange(VectorGate.CheckHotPaths(code, patterns));
            var matched = code.Functions.Count(function => patterns.Exists(pattern => pattern.Matches(function)));
            Console.WriteLine($"{Path.GetFileName(path)}: {matched} functions of {code.Functions.Count} on hot paths");
            foreach (var pattern in patterns.Where(pattern => !code.Functions.Any(pattern.Matches)))
            {
                Console.WriteLine($"  {pattern.Text} names nothing here");
            }
        }
        return violations;
    }

    private static IReadOnlyList<Violation> CheckSources(string root, GateSettings settings)
    {
        var (violations, shares) = UnsafeGate.Check(root, settings);
        foreach (var share in shares)
        {
            Console.WriteLine($"{share.Room,-28}{share.Lines,8} lines{share.UnsafeLines,8} unsafe{100.0 * share.UnsafeLines / Math.Max(1, share.Lines),7:0.0} %");
        }
        var (overBudget, lines) = LinesGate.Check(root, settings);
        Console.WriteLine(
            $"kernel: {lines.CSharp} of {settings.KernelLineLimit} lines of C#, {lines.Assembly} of {settings.KernelAssemblyLineLimit} of assembly");
        return [.. violations, .. overBudget];
    }
}
