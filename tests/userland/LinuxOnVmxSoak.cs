using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>
/// Debian's kernels on every Intel machine that Bochs emulates, with one and two virtual CPUs, 64 and 32-bit; one boot is in the gate
/// (<see cref="GuestsOnVmxTests"/>).
/// </summary>
[Trait("Category", "Soak")]
public class LinuxOnVmxSoak
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private static readonly (string Model, int Cpus, Kernel Kernel)[] s_machines =
    [
        ("corei7_haswell_4770", 1, Kernel.Cloud),
        ("corei7_skylake_x", 1, Kernel.Cloud),
        ("corei7_icelake_u", 1, Kernel.Cloud),
        ("tigerlake", 1, Kernel.Cloud),
        ("corei7_skylake_x", 2, Kernel.Cloud),
        ("corei7_skylake_x", 1, Kernel.Pae),
    ];

    [Fact]
    public void Debians_kernels_boot_to_a_shell_that_answers()
    {
        SoakRun run = new(Repository.Root, "linux-on-vmx", "Debian's kernels to a shell under the monitor on Bochs' processors with VMX");
        foreach ((string model, int cpus, Kernel kernel) in s_machines)
            run.Case($"{kernel.Name}-{model}-{cpus}", () => Boot(model, cpus, kernel));

        run.Finish();
        Assert.Empty(run.Failures);
    }

    /// <summary>Boots a kernel, lets its shell answer, and switches off.</summary>
    internal static void Boot(string model, int cpus, Kernel kernel)
    {
        string linux = ManifestLines.Guest("linux", GuestFiles.Get(kernel.Name), GuestFiles.Get(kernel.Disk), "console=ttyS0 quiet", 128, cpus);
        BochsSpec spec = new(BootPath.Syslinux, model, cpus) { Memory = 512 };
        using World world = World.OnBochs($"{kernel.Name}-{model}-{cpus}", ManifestLines.ConsoleOnSerial + linux, spec, s_patience);

        GuestTests.ExpectShell(world, cpus, kernel.Machine);
    }

    /// <summary>A kernel, its RAM disk, and what it calls the machine.</summary>
    internal sealed record Kernel(string Name, string Disk, string Machine)
    {
        internal static readonly Kernel Cloud = new("vmlinuz-cloud-amd64", "initramfs-amd64", "x86_64");

        internal static readonly Kernel Pae = new("vmlinuz-686-pae", "initramfs-i386", "i686");
    }
}
