using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.KernelConformance.Tests;

/// <summary>Guests on Intel's virtualization, which Bochs emulates. Its time-stamp counter counts executed instructions.</summary>
public class GuestsOnVmxTests
{
    /// <summary>Every processor of Bochs that has VMX with unrestricted guests.</summary>
    internal static readonly IReadOnlyList<BochsSpec> Machines =
    [
        .. new[] { "corei7_haswell_4770", "corei7_skylake_x", "corei7_icelake_u", "tigerlake" }
            .Select(model => new BochsSpec(BootPath.Syslinux, model, 2)),
    ];

    /// <summary>Instructions from the one that exits to the next, its handler's and the measuring loop's included.</summary>
    // The fault's budget is 1,000; what it takes varies with the build: docs/notes/041. No more than this.
    private static readonly (string Path, int Budget)[] s_budgets = [("CPUID", 350), ("nested page fault", 1020)];

    [Theory]
    [InlineData("corei7_haswell_4770", 1)]
    [InlineData("corei7_skylake_x", 2)]
    public void Guests_run_on_VMX_and_exits_keep_their_budgets(string model, int cpus)
    {
        IReadOnlyList<string> lines = ConformanceBochsSoak.Run("virtualization", new BochsSpec(BootPath.Syslinux, model, cpus));
        Assert.All(s_budgets, budget => Assert.InRange(CostOf(budget.Path, lines), 1, budget.Budget));
    }

    private static int CostOf(string path, IEnumerable<string> lines)
    {
        var line = lines.Single(line => line.StartsWith($"cost: {path} ", StringComparison.Ordinal));
        return int.Parse(line.Split(' ')[^2], CultureInfo.InvariantCulture);
    }
}
