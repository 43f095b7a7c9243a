using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Fuzz.Tests;

/// <summary>
/// Random and structure-aware hypercalls from hostile components on 8 CPUs (hypercalls/): the kernel stays alive, bystanders see no change,
/// all memory comes back, and the kernel's invariants hold.
/// </summary>
public class HypercallFuzzTests
{
    [Theory]
    [InlineData(FuzzRun.CheckedKernel, 90_000)]
    [InlineData(FuzzRun.ShippedKernel, 10_000)]
    public void Hostile_hypercalls_harm_nobody(string kernel, int calls) =>
        FuzzRun.Run("fuzz", $"seed=1 calls={calls}", kernel, 8, TimeSpan.FromMinutes(10));
}

/// <summary>The same with a million hypercalls.</summary>
[Trait("Category", "Soak")]
public class HypercallFuzzSoak
{
    private const int Seeds = 20;
    private const int CallsPerSeed = 50_000;

    [Fact]
    public void A_million_hypercalls_harm_nobody()
    {
        SoakRun run = new(
            Repository.Root,
            "hypercall-fuzz",
            "A million hypercalls of hostile components on 8 CPUs: 20 seeds, 50,000 each, on the kernel that walks its invariants");
        for (int seed = 1; seed <= Seeds; seed++)
        {
            int number = 1000 + seed;
            run.Case($"seed {number}", () => FuzzRun.Run(
                "fuzz", $"seed={number} calls={CallsPerSeed}", FuzzRun.CheckedKernel, 8, TimeSpan.FromMinutes(18)));
        }

        run.Finish();
        Assert.Empty(run.Failures);
    }
}
