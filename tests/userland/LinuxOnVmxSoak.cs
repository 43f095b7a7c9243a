using System;
using Kilonova.Boot;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Debian's kernel on every Intel machine that Bochs emulates; one of them is in the gate (<see cref="GuestsOnVmxTests"/>).</summary>
[Trait("Category", "Soak")]
public class LinuxOnVmxSoak
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private static readonly (string Model, int Cpus)[] s_machines =
        [("corei7_haswell_4770", 1), ("corei7_skylake_x", 1), ("corei7_icelake_u", 1), ("tigerlake", 1), ("corei7_skylake_x", 2)];

    [Fact]
    public void Debians_cloud_kernel_boots_to_a_shell_that_answers()
    {
        SoakRun run = new(Repository.Root, "linux-on-vmx", "Debian's cloud kernel to a shell under the monitor on Bochs' processors with VMX");
        foreach ((string model, int cpus) in s_machines)
            run.Case($"{model}-{cpus}", () => Boot(model, cpus));

        run.Finish();
        Assert.Empty(run.Failures);
    }

    internal static void Boot(string model, int cpus)
    {
        string linux = GuestTests.Guest("linux", "vmlinuz-cloud-amd64", "initramfs-amd64", "console=ttyS0 quiet", 128, cpus);
        BochsSpec spec = new(BootPath.Syslinux, model, cpus) { Memory = 512 };
        using World world = World.OnBochs($"vmx-cloud-{model}-{cpus}", GuestTests.Console + linux, spec, s_patience);

        GuestTests.ExpectShell(world, cpus);
    }
}
