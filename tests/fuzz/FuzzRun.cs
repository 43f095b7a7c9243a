using System;
using System.Collections.Generic;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Fuzz.Tests;

/// <summary>Boots one of this room's root tasks on a kernel and takes its verdict.</summary>
internal static class FuzzRun
{
    /// <summary>The kernel that walks its invariants when it is told.</summary>
    internal const string CheckedKernel = "kernel-checked.elf";

    /// <summary>The kernel as it is shipped.</summary>
    internal const string ShippedKernel = "kernel.elf";

    internal static IReadOnlyList<string> Run(string task, string arguments, string kernel, int cpus, TimeSpan patience) =>
        Run(task, arguments, kernel, new QemuSpec(BootPath.Kernel, "q35", "max", cpus), patience);

    /// <summary>On one CPU whose time is the number of its instructions, which does not go together with the x2APIC's timer in QEMU.</summary>
    internal static IReadOnlyList<string> RunCounted(string task, string arguments, string kernel, TimeSpan patience) =>
        Run(
            task,
            arguments,
            kernel,
            new QemuSpec(BootPath.Kernel, "q35", "max,-x2apic", 1) { Options = ["-icount", "shift=0,sleep=off"] },
            patience);

    private static IReadOnlyList<string> Run(string task, string arguments, string kernel, QemuSpec spec, TimeSpan patience)
    {
        Scenario scenario = new(task, "made by a test", new BootFile(kernel, ""), [new BootFile($"tests/{task}.elf", arguments)], Machine.Default);
        IReadOnlyList<string> lines = BootRun.Expect(
            $"{task}-{arguments.Replace(' ', '-')}-{kernel}-{spec}",
            () => QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", "")),
            ["suite: ", "tests: "],
            patience,
            ["FAIL ", "crash:", .. BootRun.Trouble]);
        Assert.Contains(lines, line => line.StartsWith("tests: ", StringComparison.Ordinal) && line.EndsWith(", 0 failed", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("ok ", StringComparison.Ordinal));
        return lines;
    }
}
