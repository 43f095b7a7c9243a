using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>
/// A guest that does everything wrong at random: ports, memory where there is none, model-specific registers, descriptors, code that it has
/// just written. Its monitor answers each step as a processor and its devices would, to the last, which is a triple fault. A million steps
/// are a soak (<see cref="HostileGuestSoak"/>).
/// </summary>
public class HostileGuestTests
{
    private static readonly Lazy<string> s_kernel = new(() => GuestKernel.Make("tests/userland/guests/hostile.S"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_guest_that_does_everything_wrong_comes_to_its_own_end(int seed) => Run(20_000, seed, TimeSpan.FromMinutes(2));

    /// <summary>Lets it take its steps, beside another guest that must not notice.</summary>
    internal static void Run(int steps, int seed, TimeSpan patience)
    {
        string hostile = ManifestLines.Guest("hostile", s_kernel.Value, "", $"{steps} {seed}", 4, monitor: "multiboot");
        using World world = World.OfGuests($"hostile-{steps}-{seed}", ManifestLines.ConsoleOnSerial + hostile, 1, 256);
        world.Patience = patience;
        world.Expect("--- hostile ---", "hostile: hello");

        // It may end before its last step, and then the log says why.
        Stopwatch watch = Stopwatch.StartNew();
        while (watch.Elapsed < patience && !world.Lines.Any(line => line.Contains("hostile: done", StringComparison.Ordinal)))
            Thread.Sleep(100);

        world.Patience = TimeSpan.FromMinutes(1);
        world.Press("\u00140");
        world.Expect("triple fault: virtual CPU 0", "hostile failed, starts again");
        Assert.Contains(world.Lines, line => line.Contains("hostile: done", StringComparison.Ordinal));
        world.IsSound();
    }
}
