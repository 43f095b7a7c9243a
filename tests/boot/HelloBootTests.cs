using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>The scenario "hello" on QEMU machines of which every two properties meet.</summary>
public class HelloBootTests
{
    public static TheoryData<string> Machines => [.. HelloBoots.Pairs.Select(spec => spec.ToString())];

    [Theory]
    [MemberData(nameof(Machines))]
    public void The_kernel_starts_its_root_task(string machine)
    {
        QemuSpec spec = HelloBoots.Pairs.Single(spec => spec.ToString() == machine);

        IReadOnlyList<string> lines = HelloBoots.Run(spec);

        HelloBoots.AssertSound(lines, spec.Cpus);
    }
}

/// <summary>The scenario "hello" on boards with IOMMUs, which tie neither kind to a vendor's CPU.</summary>
public class HelloIommuTests
{
    [Theory]
    [InlineData("q35,kernel-irqchip=split", "EPYC", "intel-iommu,intremap=on")]
    [InlineData("q35", "max", "amd-iommu")]
    public void The_kernel_starts_its_root_task(string board, string cpu, string iommu)
    {
        QemuSpec spec = new(BootPath.Kernel, board, cpu, 2) { Options = ["-device", iommu] };

        IReadOnlyList<string> lines = HelloBoots.Run(spec);

        HelloBoots.AssertSound(lines, spec.Cpus);
    }
}

/// <summary>The scenario "hello" on Bochs, once by each boot loader and on each vendor's CPU.</summary>
public class HelloBochsTests
{
    [Theory]
    [InlineData(BootPath.GrubBios, "corei7_skylake_x", 2)]
    [InlineData(BootPath.Syslinux, "ryzen", 1)]
    public void The_kernel_starts_its_root_task(BootPath path, string cpu, int cpus)
    {
        IReadOnlyList<string> lines = HelloBoots.Run(new BochsSpec(path, cpu, cpus));

        HelloBoots.AssertSound(lines, cpus);
    }
}
