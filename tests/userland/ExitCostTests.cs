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
        [("cpuid", 450), ("out", 700), ("in", 700), ("store", 1380), ("load", 1440), ("apic", 1540)];

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
        string figures = string.Join(", ", s_budgets.Select(row => $"{row.Name} {ticks[row.Name] - ticks["nothing"]} of {row.Budget}"));
        Assert.True(s_budgets.All(row => ticks[row.Name] - ticks["nothing"] is int cost && cost >= row.Budget / 4 && cost <= row.Budget), figures);

        world.IsSound();
    }
}
