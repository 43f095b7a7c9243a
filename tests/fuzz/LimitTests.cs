using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Fuzz.Tests;

/// <summary>Exhaustion, leaks and reserved time (limits/).</summary>
public class LimitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Scarce_memory_is_refused_without_a_trace_and_nothing_leaks(int cpus) =>
        FuzzRun.Run("limits", "", FuzzRun.CheckedKernel, cpus, TimeSpan.FromMinutes(5));

    [Fact]
    public void A_machine_without_kernel_memory_says_so_and_recovers() =>
        FuzzRun.Run("limits", "machine", FuzzRun.CheckedKernel, 1, TimeSpan.FromMinutes(5));

    [Fact]
    public void Reserved_time_is_a_limit() =>
        FuzzRun.RunCounted("limits", "time", FuzzRun.ShippedKernel, TimeSpan.FromMinutes(5));
}

/// <summary>A hundred thousand objects of each kind.</summary>
[Trait("Category", "Soak")]
public class LimitSoak
{
    [Fact]
    public void A_hundred_thousand_cycles_leak_nothing()
    {
        SoakRun run = new(
            Repository.Root, "kernel-cycles", "100,000 creations and destructions of each kind of object, exhaustion of quotas and of the machine");
        foreach (int cpus in new[] { 1, 2, 8 })
        {
            run.Case($"cycles, {cpus} CPUs", () =>
                FuzzRun.Run("limits", "cycles=100000", FuzzRun.CheckedKernel, cpus, TimeSpan.FromMinutes(30)));
            run.Case($"machine, {cpus} CPUs", () => FuzzRun.Run("limits", "machine", FuzzRun.ShippedKernel, cpus, TimeSpan.FromMinutes(10)));
        }

        run.Finish();
        Assert.Empty(run.Failures);
    }
}
