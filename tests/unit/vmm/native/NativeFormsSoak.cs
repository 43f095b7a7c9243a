using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>A hundred thousand random instructions, others every day; ten thousand are in the gate (<see cref="NativeComparisonTests"/>).</summary>
[Trait("Category", "Soak")]
public class NativeFormsSoak
{
    private const int Seeds = 10;
    private const int Forms = 10_000;

    [Fact]
    public void A_hundred_thousand_random_forms_end_in_the_processors_state()
    {
        SoakRun run = new(
            Repository.Root, "native-forms", "Random instructions in 64-bit code, 100,000: the emulator and a processor come to the same state");
        int day = DateOnly.FromDateTime(DateTime.UtcNow).DayNumber;
        for (int i = 0; i < Seeds; i++)
        {
            int seed = (day * Seeds) + i;
            run.Case($"{Forms}-forms-from-{seed}", () => Compare(seed));
        }

        run.Finish();
        Assert.Empty(run.Failures);
    }

    private static void Compare(int seed)
    {
        using NativeComparisonTests comparison = new();
        comparison.Compare(seed, Forms);
    }
}
