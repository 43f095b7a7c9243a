using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Kilonova.Gates;

/// <summary>Lines of code of the kernel, blank lines and comments not counted.</summary>
public sealed record KernelLines(int CSharp, int Assembly);

/// <summary>The kernel stays small enough to be read: its lines of C# and of assembly against their budgets.</summary>
public static class LinesGate
{
    private const string Kernel = "kernel";

    /// <summary>Counts the kernel below a repository's root and compares.</summary>
    public static (IReadOnlyList<Violation> Violations, KernelLines Lines) Check(string root, GateSettings settings)
    {
        var lines = new KernelLines(
            Files(root, "*.cs", settings).Sum(file => UnsafeGate.Count(File.ReadAllText(file)).Lines),
            Files(root, "*.S", settings).Sum(file => CountAssembly(File.ReadLines(file)))
                + Files(root, "*.h", settings).Sum(file => CountAssembly(File.ReadLines(file).Where(line => !IsConstant(line)))));
        var violations = new List<Violation>();
        if (lines.CSharp > settings.KernelLineLimit)
        {
            violations.Add(new Violation("lines", $"the kernel has {lines.CSharp} lines of C#, limit {settings.KernelLineLimit}"));
        }
        if (lines.Assembly > settings.KernelAssemblyLineLimit)
        {
            violations.Add(new Violation("lines", $"the kernel has {lines.Assembly} lines of assembly, limit {settings.KernelAssemblyLineLimit}"));
        }
        return (violations, lines);
    }

    /// <summary>Lines of assembly with something beside blanks and comments, which begin and end with the line they stand on or run on.</summary>
    public static int CountAssembly(IEnumerable<string> lines)
    {
        var count = 0;
        var inComment = false;
        foreach (var line in lines)
        {
            var code = "";
            for (var rest = line; rest.Length > 0;)
            {
                var mark = rest.IndexOf(inComment ? "*/" : "/*", StringComparison.Ordinal);
                code += inComment ? "" : rest[..(mark < 0 ? rest.Length : mark)];
                inComment ^= mark >= 0;
                rest = mark < 0 ? "" : rest[(mark + 2)..];
            }
            count += code.Split("//")[0].Trim().Length > 0 ? 1 : 0;
        }
        return count;
    }

    /// <summary>Headers are there for constants, which are not counted; macros in them are.</summary>
    private static bool IsConstant(string line) =>
        line.StartsWith('#') || line.StartsWith(".set", StringComparison.Ordinal);

    private static IEnumerable<string> Files(string root, string pattern, GateSettings settings)
    {
        var kernel = Path.Combine(root, Kernel);
        return !Directory.Exists(kernel)
            ? []
            : Directory.EnumerateFiles(kernel, pattern, SearchOption.AllDirectories).Where(file =>
                !settings.KernelLinesElsewhere.Any(folder => file.StartsWith(Path.Combine(root, folder) + "/", StringComparison.Ordinal)));
    }
}
