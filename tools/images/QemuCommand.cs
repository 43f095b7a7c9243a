using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Kilonova.Images;

/// <summary>
/// QEMU's command line that boots a scenario directly (Multiboot 1), without a boot loader. The first serial line is the terminal, the second
/// a socket (<see cref="RunFiles"/>).
/// </summary>
public static class QemuCommand
{
    /// <summary>The emulator.</summary>
    public const string Program = "qemu-system-x86_64";

    /// <summary>What the first serial line is by default: the terminal, together with QEMU's monitor.</summary>
    public const string Terminal = "mon:stdio";

    /// <summary>The arguments of qemu-system-x86_64.</summary>
    /// <param name="scenario">What boots.</param>
    /// <param name="artifacts">The folder that its files are relative to.</param>
    /// <param name="console">What the first serial line is, as QEMU's option -serial says it.</param>
    public static IEnumerable<string> Arguments(Scenario scenario, string artifacts, string console = Terminal)
    {
        var machine = scenario.Machine;
        return
        [
            "-accel", "tcg", "-machine", machine.Type, "-cpu", machine.Cpu, "-smp", $"{machine.Cpus}", "-m", $"{machine.Memory}",
            "-display", "none", "-vga", "none", "-serial", console,
            "-chardev", Socket("management", RunFiles.ManagementSocket(artifacts)), "-serial", "chardev:management", "-no-reboot",
            "-kernel", Path.Combine(artifacts, scenario.Kernel.File), "-append", scenario.Kernel.Arguments,
            "-initrd", string.Join(',', scenario.Modules.Select(module => InitialModule(module, artifacts))),
            .. machine.Disks.SelectMany((file, i) => Disk(i, Path.Combine(artifacts, file))), .. machine.Options,
        ];
    }

    private static string[] Disk(int number, string path) =>
        ["-drive", $"if=none,id=disk{number},format=raw,file={Escape(path)}", "-device", $"ide-hd,drive=disk{number},bus=ide.{number}"];

    /// <summary>A character device that is a socket, for the option -chardev. Nobody need be there.</summary>
    public static string Socket(string id, string path) => $"socket,id={id},server=on,wait=off,path={Escape(path)}";

    // QEMU separates modules by commas, and wants commas of a command line doubled.
    private static string InitialModule(BootFile module, string artifacts)
    {
        var path = Path.Combine(artifacts, module.File);
        return Escape(module.Arguments.Length > 0 ? path + " " + module.Arguments : path);
    }

    private static string Escape(string text) => text.Replace(",", ",,");
}
