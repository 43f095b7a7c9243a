using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>
/// A million steps of the guest that does everything wrong, from ten beginnings; a few are in the gate (<see cref="HostileGuestTests"/>).
/// </summary>
[Trait("Category", "Soak")]
public class HostileGuestSoak
{
    private const int Seeds = 10;
    private const int Steps = 100_000;

    [Fact]
    public void A_million_wrong_steps_harm_nobody()
    {
        SoakRun run = new(Repository.Root, "hostile-guest", "A guest that does everything wrong, a million steps: it comes to its own end");
        for (int seed = 1; seed <= Seeds; seed++)
        {
            int first = seed;
            run.Case($"{Steps}-steps-from-{first}", () => HostileGuestTests.Run(Steps, first, TimeSpan.FromMinutes(10)));
        }

        run.Finish();
        Assert.Empty(run.Failures);
    }
}
