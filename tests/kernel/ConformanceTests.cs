using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;

namespace Kilonova.KernelConformance.Tests;

/// <summary>
/// Boots the conformance root tasks, one per folder beside this file, and takes their verdicts. Each checks a part of the NOVA interface
/// specification from ring 3 without extensions, so that it runs on any kernel that implements it.
/// </summary>
public class ConformanceTests
{
    private static readonly string[] s_groups = ["launch", "objects", "memory", "ipc", "events", "semaphores", "scheduling", "platform"];
    private static readonly int[] s_cpus = [1, 2, 8];

    public static TheoryData<string, int> Runs
    {
        get
        {
            TheoryData<string, int> runs = [];
            foreach (var (group, cpus) in s_groups.SelectMany(_ => s_cpus, (group, cpus) => (group, cpus)))
                runs.Add(group, cpus);

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_kernel_follows_the_specification(string group, int cpus)
    {
        QemuSpec spec = new(BootPath.Kernel, "q35", "max", cpus);
        Run($"{group}-{spec}", () => QemuMachine.Start(spec, new BootImage(ScenarioOf(group), Repository.Out, "", "")));
    }

    [Theory]
    [Trait("Category", "Soak")]
    [InlineData("launch")]
    [InlineData("objects")]
    [InlineData("memory")]
    [InlineData("ipc")]
    [InlineData("events")]
    [InlineData("semaphores")]
    [InlineData("scheduling")]
    [InlineData("platform")]
    public void The_kernel_follows_the_specification_on_Intel_processors_of_Bochs(string group)
    {
        BochsSpec spec = new(BootPath.Syslinux, "corei7_skylake_x", 2);
        var folder = Repository.EmptyFolder("conformance-" + group);
        var disk = Path.Combine(folder, group + ".img");
        SyslinuxImage.Build(ScenarioOf(group), Repository.Out, "Made by a test.\n", Path.Combine(folder, "disk"), disk);
        Run($"{group}-{spec}", () => BochsMachine.Start(spec, new BootImage(ScenarioOf(group), Repository.Out, "", disk)));
    }

    private static Scenario ScenarioOf(string group) =>
        new(group, "made by a test", new BootFile("kernel.elf", ""), [new BootFile($"tests/{group}.elf", "")], Machine.Default);

    private static void Run(string name, Func<Emulator> start)
    {
        IReadOnlyList<string> lines = BootRun.Expect(
            name, start, ["suite: ", "tests: "], TimeSpan.FromMinutes(5), ["FAIL ", "crash:", .. BootRun.Trouble]);
        Assert.Contains(lines, line => line.StartsWith("tests: ", StringComparison.Ordinal) && line.EndsWith(", 0 failed", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("ok ", StringComparison.Ordinal));
    }
}
