using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;
using Xunit.Abstractions;

namespace Kilonova.Bench.Tests;

/// <summary>
/// What paths cost as a system grows: with 1 to 4,096 capabilities and pages below one, 10 to 10,000 threads that wait with deadlines, 1
/// to 64 CPUs of which one works. Counted like the paths; writes out/bench-scale.md.
/// </summary>
public class ScaleBench(ITestOutputHelper output)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly int[] s_cpus = [1, 2, 8, 64];

    [Fact]
    [Trait("Category", "Bench")]
    public void Paths_against_scale()
    {
        List<(string What, int Number, string Row, int Ticks)> results = [.. s_cpus.SelectMany(Measure)];
        string[] rows = [.. results.Select(result => result.Row).Distinct()];
        StringBuilder table = new($"| Scale | {string.Join(" | ", rows)} |\n|---|{string.Concat(rows.Select(_ => "---|"))}\n");
        foreach (var line in results.GroupBy(result => (result.What, result.Number)))
        {
            table.Append(CultureInfo.InvariantCulture, $"| {line.Key.Number:N0} {line.Key.What} | ");
            table.AppendJoin(" | ", rows.Select(row => line.Single(result => result.Row == row).Ticks)).Append(" |\n");
        }

        foreach (var growth in results.GroupBy(result => (result.What, result.Row)))
        {
            // Twelve doublings of capabilities, ten of threads, six of CPUs: what grows with their logarithm stays far below twice.
            Assert.True(
                growth.Max(result => result.Ticks) < 2 * growth.Min(result => result.Ticks),
                $"{growth.Key.Row} grows with {growth.Key.What}: {string.Join(", ", growth.Select(result => result.Ticks))}");
        }

        File.WriteAllText(Path.Combine(Repository.Out, "bench-scale.md"), table.ToString());
        output.WriteLine(table.ToString());
    }

    private static IEnumerable<(string What, int Number, string Row, int Ticks)> Measure(int cpus)
    {
        QemuSpec spec = new(BootPath.Kernel, "q35", "max,-x2apic", cpus) { Memory = 2048, Options = ["-icount", "shift=0,sleep=off"] };
        BootFile program = new("tests/paths.elf", "scale");
        Scenario scenario = new("scale", "made by a test", new BootFile("kernel.elf", ""), [program], Machine.Default);
        return BootRun.Expect(
                $"scale-{spec}",
                () => QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", "")),
                ["bench: done"],
                s_patience,
                ["crash:", .. BootRun.Trouble])
            .Where(line => line.StartsWith("scale: ", StringComparison.Ordinal))
            .Select(line => line.Split(' '))
            .Select(words => (words[1], Number(words[2]), words[3], Number(words[4])));
    }

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);
}
