using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Kilonova.Images;

/// <summary>QEMU's command line that boots a scenario directly (Multiboot 1), without a boot loader, the serial line on the terminal.</summary>
public static class QemuCommand
{
    /// <summary>The arguments of qemu-system-x86_64.</summary>
    public static IEnumerable<string> Arguments(Scenario scenario, string artifacts)
    {
        var machine = scenario.Machine;
        return
        [
            "-accel", "tcg", "-machine", machine.Type, "-cpu", machine.Cpu, "-smp", $"{machine.Cpus}", "-m", $"{machine.Memory}",
            "-display", "none", "-vga", "none", "-serial", "mon:stdio", "-no-reboot",
            "-kernel", Path.Combine(artifacts, scenario.Kernel.File), "-append", scenario.Kernel.Arguments,
            "-initrd", string.Join(',', scenario.Modules.Select(module => InitialModule(module, artifacts))),
            .. machine.Options,
        ];
    }

    // QEMU separates modules by commas, and wants commas of a command line doubled.
    private static string InitialModule(BootFile module, string artifacts)
    {
        var path = Path.Combine(artifacts, module.File);
        return (module.Arguments.Length > 0 ? path + " " + module.Arguments : path).Replace(",", ",,");
    }
}
