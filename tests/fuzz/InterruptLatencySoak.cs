using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Fuzz.Tests;

/// <summary>
/// How long a thread of the highest priority waits for its timeout while the kernel is busy with something long (latency/), in
/// instructions: docs/latency.md.
/// </summary>
internal static partial class InterruptLatency
{
    /// <summary>It waits no longer, whatever somebody of low priority has asked for.</summary>
    private const int Longest = 100_000;

    /// <summary>But for this: what a whole domain leaves behind is taken apart before anybody's code runs (docs/latency.md).</summary>
    private const int LongestBehindDomain = 1_200_000;

    internal static IReadOnlyList<(string Operation, int Instructions)> Measure(int runs, TimeSpan patience)
    {
        IReadOnlyList<string> lines = FuzzRun.RunCounted("latency", $"runs={runs}", FuzzRun.ShippedKernel, patience);
        List<(string, int)> figures = [.. lines.Select(line => Figure().Match(line)).Where(match => match.Success)
            .Select(match => (match.Groups[1].Value, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)))];
        string table = string.Concat(figures.Select(figure => $"| {figure.Item1} | {figure.Item2:#,0} |\n"));
        File.WriteAllText(Path.Combine(Repository.Out, "latency.md"), $"| While the kernel is to | instructions |\n|---|---|\n{table}");
        Assert.NotEmpty(figures);
        Assert.All(figures, figure => Assert.InRange(
            figure.Item2, 1, figure.Item1.Contains("domain", StringComparison.Ordinal) ? LongestBehindDomain : Longest));
        return figures;
    }

    [GeneratedRegex("^latency (.*): ([0-9]+) at ")]
    private static partial Regex Figure();
}

/// <summary>The full measurement.</summary>
[Trait("Category", "Soak")]
public class InterruptLatencySoak
{
    private const int Runs = 10;

    [Fact]
    public void No_interrupt_waits_long()
    {
        SoakRun run = new(
            Repository.Root, "interrupt-latency", "How long interrupts wait, each long operation probed again and again in 10 runs; figures in docs/latency.md");
        run.Case("one CPU", () => _ = InterruptLatency.Measure(Runs, TimeSpan.FromMinutes(60)));
        run.Finish();
        Assert.Empty(run.Failures);
    }
}
