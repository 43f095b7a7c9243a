using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>
/// What exits cost under the monitor "multiboot" on an AMD machine, in instructions, from the guest's instruction to its next one: measured by
/// the guest itself (tests/bench/guests/exits.S). docs/benchmarks.md has the table.
/// </summary>
public class ExitCostTests
{
    // What is emulated is to come down to 1,200.
    private static readonly (string Name, int Budget)[] s_budgets =
        [("cpuid", 450), ("out", 700), ("in", 700), ("store", 1800), ("load", 1800), ("apic", 2000)];

    [Fact]
    public void Exits_keep_their_budgets_of_instructions()
    {
        string guest = ManifestLines.Guest("exits", GuestKernel.Make("tests/bench/guests/exits.S"), "", "quiet", 4, monitor: "multiboot");
        using World world = World.CountingGuests("exits", ManifestLines.ConsoleOnSerial + guest);

        world.Expect("exits: msr");
        Dictionary<string, int> ticks = world.Lines
            .Where(line => line.Contains("exits: ", StringComparison.Ordinal))
            .Select(line => line[line.IndexOf("exits: ", StringComparison.Ordinal)..].Split(' '))
            .ToDictionary(words => words[1], words => int.Parse(words[2], CultureInfo.InvariantCulture));
        foreach ((string name, int budget) in s_budgets)
            Assert.InRange(ticks[name] - ticks["nothing"], budget / 4, budget);

        world.IsSound();
    }
}
