using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>
/// A hundred thousand random instructions in 16 and 32-bit code, others every day; ten thousand are in the gate (<see cref="GuestFormsTests"/>).
/// </summary>
[Trait("Category", "Soak")]
public class GuestFormsSoak
{
    private const int Seeds = 4;
    private const int Forms = 25_000;

    [Fact]
    public void A_hundred_thousand_random_forms_in_16_and_32_bit_code_end_in_the_processors_state()
    {
        SoakRun run = new(
            Repository.Root,
            "guest-forms",
            "Random instructions in 16 and 32-bit code of a guest, 100,000: the emulator and a processor come to the same state");
        int day = DateOnly.FromDateTime(DateTime.UtcNow).DayNumber;
        for (int i = 0; i < Seeds; i++)
        {
            int seed = (day * Seeds) + i;
            run.Case($"{Forms}-forms-from-{seed}", () => GuestFormsTests.Compare(seed, Forms));
        }

        run.Finish();
        Assert.Empty(run.Failures);
    }
}
