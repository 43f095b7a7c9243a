using System.Collections.Generic;
using System.IO;
using System.Linq;
using Kilonova.Boot;
using Kilonova.Images;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.KernelConformance.Tests;

/// <summary>The conformance root tasks on Bochs, whose processors are modelled apart from those of QEMU.</summary>
[Trait("Category", "Soak")]
public class ConformanceBochsSoak
{
    [Fact]
    public void The_kernel_follows_the_specification_on_Intel_processors_of_Bochs()
    {
        SoakRun run = new(Repository.Root, "conformance-bochs", "The conformance root tasks on Bochs: Skylake-X, 2 CPUs, syslinux");
        BochsSpec spec = new(BootPath.Syslinux, "corei7_skylake_x", 2);
        foreach (var group in ConformanceTests.Groups.Append("extensions"))
            run.Case($"{group}-{spec}", () => Run(group, spec));

        foreach (BochsSpec guests in GuestsOnVmxTests.Machines)
            run.Case($"virtualization-{guests}", () => Run("virtualization", guests));

        run.Finish();
        Assert.Empty(run.Failures);
    }

    internal static IReadOnlyList<string> Run(string group, BochsSpec spec)
    {
        Scenario scenario = ConformanceTests.ScenarioOf(group);
        var folder = Repository.EmptyFolder("conformance-" + group);
        var disk = Path.Combine(folder, group + ".img");
        SyslinuxImage.Build(scenario, Repository.Out, "Made by a test.\n", Path.Combine(folder, "disk"), disk);
        return ConformanceTests.Run($"{group}-{spec}", () => BochsMachine.Start(spec, new BootImage(scenario, Repository.Out, "", disk)));
    }
}
