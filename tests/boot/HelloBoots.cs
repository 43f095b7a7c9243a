using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>The machines on which the scenario "hello" is booted, and what it must print on each.</summary>
public static class HelloBoots
{
    private static readonly BootPath[] s_paths = [BootPath.GrubBios, BootPath.GrubUefi, BootPath.Syslinux, BootPath.Kernel];
    private static readonly int[] s_cpus = [1, 2, 8, 64];
    private static readonly string[] s_boards = ["q35", "pc"];
    private static readonly string[] s_models = ["max", "EPYC", "Skylake-Server", "Icelake-Server", "qemu64"];

    private static readonly string[] s_bochsModels =
        ["corei7_haswell_4770", "corei7_skylake_x", "corei7_icelake_u", "tigerlake", "ryzen", "zambezi"];

    /// <summary>Machines among which every two properties meet.</summary>
    public static IReadOnlyList<QemuSpec> Pairs { get; } = [.. CoveringArray.Pairs(Sizes).Select(Spec)];

    /// <summary>All machines.</summary>
    public static IReadOnlyList<QemuSpec> All { get; } = [.. CoveringArray.All(Sizes).Select(Spec)];

    /// <summary>All machines of Bochs.</summary>
    public static IReadOnlyList<BochsSpec> AllBochs { get; } =
    [
        .. from path in (BootPath[])[BootPath.GrubBios, BootPath.Syslinux]
           from model in s_bochsModels
           from cpus in (int[])[1, 2]
           select new BochsSpec(path, model, cpus),
    ];

    private const string LastLine = "hello: idling";

    private static int[] Sizes => [s_paths.Length, s_cpus.Length, s_boards.Length, s_models.Length];

    /// <summary>Boots the scenario in QEMU until the root task idles; the lines up to then.</summary>
    public static IReadOnlyList<string> Run(QemuSpec spec)
        => BootRun.Expect($"hello-{spec}", () => QemuMachine.Start(spec, BootImage.OfScenario("hello")), [LastLine], Patience(spec.Cpus));

    /// <summary>Boots the scenario in Bochs until the root task idles; the lines up to then.</summary>
    public static IReadOnlyList<string> Run(BochsSpec spec)
        => BootRun.Expect($"hello-{spec}", () => BochsMachine.Start(spec, BootImage.OfScenario("hello")), [LastLine], Patience(spec.Cpus));

    /// <summary>Fails unless the lines are those of a sound boot: kernel and root task, in this order, with as many CPUs as there are.</summary>
    public static void AssertSound(IReadOnlyList<string> lines, int cpus)
    {
        int kernel = Single(lines, "] Kilonova on ");
        int started = Single(lines, string.Create(CultureInfo.InvariantCulture, $"] {cpus} CPUs, started in "));
        int greeting = Single(lines, "hello: greetings from ring 3");
        int machine = Single(lines, string.Create(CultureInfo.InvariantCulture, $"hello: {cpus} CPUs, booted on CPU 0"));
        int last = Single(lines, LastLine);

        Assert.Equal([kernel, started, greeting, machine, last], new[] { kernel, started, greeting, machine, last }.Order());
        Assert.DoesNotContain(lines, line => line.Contains("] ERROR: ", StringComparison.Ordinal));
    }

    private static int Single(IReadOnlyList<string> lines, string text)
        => Assert.Single(Enumerable.Range(0, lines.Count), number => lines[number].Contains(text, StringComparison.Ordinal));

    // Far more than needed, since emulated CPUs share the few that are there, with whatever else is running.
    private static TimeSpan Patience(int cpus) => TimeSpan.FromSeconds(120 + 6 * cpus);

    private static QemuSpec Spec(int[] choice) => new(s_paths[choice[0]], s_boards[choice[2]], s_models[choice[3]], s_cpus[choice[1]]);
}
