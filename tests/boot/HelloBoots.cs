using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

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

    private static int[] Sizes => [s_paths.Length, s_cpus.Length, s_boards.Length, s_models.Length];

    /// <summary>Boots the scenario in QEMU.</summary>
    public static void Run(QemuSpec spec)
        => BootRun.Expect(
            $"hello-{spec}", () => QemuMachine.Start(spec, BootImage.OfScenario("hello")), Lines(spec.Cpus), Patience(spec.Cpus));

    /// <summary>Boots the scenario in Bochs.</summary>
    public static void Run(BochsSpec spec)
        => BootRun.Expect(
            $"hello-{spec}", () => BochsMachine.Start(spec, BootImage.OfScenario("hello")), Lines(spec.Cpus), Patience(spec.Cpus));

    // The kernel names itself, and the root task speaks with as many CPUs as the machine has.
    private static string[] Lines(int cpus) =>
    [
        "Kilonova", "hello: greetings from ring 3", string.Create(CultureInfo.InvariantCulture, $"hello: {cpus} CPU"), "hello: idling",
    ];

    // Far more than needed, since emulated CPUs share the few that are there, with whatever else is running.
    private static TimeSpan Patience(int cpus) => TimeSpan.FromSeconds(120 + 6 * cpus);

    private static QemuSpec Spec(int[] choice) => new(s_paths[choice[0]], s_boards[choice[2]], s_models[choice[3]], s_cpus[choice[1]]);
}
