using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;

namespace Kilonova.KernelConformance.Tests;

/// <summary>
/// Boots the root task in sessions/: generated calls and rings on the real kernel, its extensions included, and what they cost.
/// </summary>
public class SessionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Calls_and_rings_work_between_threads(int cpus) => Run(new QemuSpec(BootPath.Kernel, "q35", "max", cpus), "");

    [Fact]
    public void A_generated_call_keeps_its_budget_of_instructions()
    {
        // Counting instructions does not go together with the x2APIC's timer in QEMU.
        QemuSpec spec = new(BootPath.Kernel, "q35", "max,-x2apic", 1) { Options = ["-icount", "shift=0,sleep=off"] };

        IReadOnlyList<string> lines = Run(spec, "icount");
        Assert.Contains("ok A_generated_call_costs_little_more_than_the_bare_portal", lines);
    }

    private static IReadOnlyList<string> Run(QemuSpec spec, string commandLine)
    {
        Scenario scenario = new(
            "sessions",
            "made by a test",
            new BootFile("kernel.elf", ""),
            [new BootFile("tests/sessions.elf", commandLine)],
            Machine.Default);
        IReadOnlyList<string> lines = BootRun.Expect(
            $"sessions{commandLine}-{spec}",
            () => QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", "")),
            ["suite: ", "tests: "],
            s_patience,
            ["FAIL ", "crash:", .. BootRun.Trouble]);
        Assert.EndsWith(", 0 failed", lines.Single(line => line.StartsWith("tests: ", StringComparison.Ordinal)));
        return lines;
    }
}
