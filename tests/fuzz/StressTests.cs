using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Fuzz.Tests;

/// <summary>
/// Helping, donation, semaphores with timeouts, recall, revoke against delegation, destruction against use, kill against calls, all at once
/// on 8 CPUs (stress/): all answers are right, all counts add up, all memory comes back, and the kernel's invariants hold.
/// </summary>
public class StressTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Everything_at_once_adds_up(int cpus) =>
        FuzzRun.Run("stress", "rounds=3 milliseconds=1000 seed=1", FuzzRun.CheckedKernel, cpus, TimeSpan.FromMinutes(5));
}

/// <summary>The same for long, with other seeds, on the kernel that walks its invariants and on the one that is shipped.</summary>
[Trait("Category", "Soak")]
public class StressSoak
{
    private const int Seeds = 20;

    [Fact]
    public void Everything_at_once_adds_up_for_long()
    {
        SoakRun run = new(
            Repository.Root,
            "kernel-stress",
            "Everything at once on 8 CPUs: 20 seeds, 20 rounds of 3 seconds each, every fourth on the kernel as it is shipped");
        for (int seed = 1; seed <= Seeds; seed++)
        {
            string arguments = $"rounds=20 milliseconds=3000 seed={100 + seed}";
            string kernel = seed % 4 == 0 ? FuzzRun.ShippedKernel : FuzzRun.CheckedKernel;
            run.Case($"seed {100 + seed}", () => FuzzRun.Run("stress", arguments, kernel, 8, TimeSpan.FromMinutes(20)));
        }

        run.Finish();
        Assert.Empty(run.Failures);
    }
}
