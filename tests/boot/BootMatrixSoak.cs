using Kilonova.Soak;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>
/// The scenario "hello" on every machine of the matrix: GRUB under BIOS and UEFI, syslinux and QEMU itself; 1, 2, 8 and 64 CPUs; q35 and
/// pc; AMD, Intel and generic CPU models; and Bochs with both boot loaders.
/// </summary>
[Trait("Category", "Soak")]
public class BootMatrixSoak
{
    [Fact]
    public void Every_machine_boots()
    {
        SoakRun run = new(
            Repository.Root,
            "boot-matrix",
            "The scenario hello everywhere: QEMU with 4 ways to boot, 1 to 64 CPUs, 2 boards, 5 CPU models; Bochs with 2 ways, 6 models");
        foreach (QemuSpec spec in HelloBoots.All)
            run.Case(spec.ToString(), () => HelloBoots.AssertSound(HelloBoots.Run(spec), spec.Cpus));

        foreach (BochsSpec spec in HelloBoots.AllBochs)
            run.Case(spec.ToString(), () => HelloBoots.AssertSound(HelloBoots.Run(spec), spec.Cpus));

        run.Finish();
        Assert.Empty(run.Failures);
    }
}
