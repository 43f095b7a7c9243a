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
/// specification from ring 3 without extensions, so that it runs on any kernel that implements it; only "extensions" checks those.
/// </summary>
public class ConformanceTests
{
    internal static readonly string[] Groups = ["launch", "objects", "memory", "ipc", "events", "semaphores", "scheduling", "hardware"];
    private static readonly int[] s_cpus = [1, 2, 8];

    public static TheoryData<string, int> Runs
    {
        get
        {
            TheoryData<string, int> runs = [];
            foreach (var (group, cpus) in Groups.SelectMany(_ => s_cpus, (group, cpus) => (group, cpus)))
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

    /// <summary>docs/abi.md, Extensions: the one group that needs this kernel.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void The_extensions_do_what_their_documentation_says(int cpus) => The_kernel_follows_the_specification("extensions", cpus);

    /// <summary>Sections 2.1.4 and 5.5.3, and docs/abi.md, device contexts: behind an IOMMU, with a device that copies.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Devices_are_confined_by_VT_d(int cpus)
    {
        QemuSpec spec = new(BootPath.Kernel, "q35,kernel-irqchip=off", "max", cpus)
        {
            Options = ["-device", "intel-iommu,intremap=on,aw-bits=48", "-device", "edu,dma_mask=0xffffffff"],
        };
        Run($"dma-{spec}", () => QemuMachine.Start(spec, new BootImage(ScenarioOf("dma"), Repository.Out, "", "")));
    }

    /// <summary>docs/abi.md, guests: on an AMD CPU.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Guests_run_on_SVM(int cpus)
    {
        QemuSpec spec = new(BootPath.Kernel, "q35", "max,+svm", cpus);
        Run($"virtualization-{spec}", () => QemuMachine.Start(spec, new BootImage(ScenarioOf("virtualization"), Repository.Out, "", "")));
    }

    internal static Scenario ScenarioOf(string group) =>
        new(group, "made by a test", new BootFile("kernel.elf", ""), [new BootFile($"tests/{group}.elf", "")], Machine.Default);

    internal static IReadOnlyList<string> Run(string name, Func<Emulator> start)
    {
        IReadOnlyList<string> lines = BootRun.Expect(
            name, start, ["suite: ", "tests: "], TimeSpan.FromMinutes(5), ["FAIL ", "crash:", .. BootRun.Trouble]);
        Assert.Contains(lines, line => line.StartsWith("tests: ", StringComparison.Ordinal) && line.EndsWith(", 0 failed", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("ok ", StringComparison.Ordinal));
        return lines;
    }
}
