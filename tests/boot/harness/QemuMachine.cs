using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using Kilonova.Images;

namespace Kilonova.Boot;

/// <summary>How a machine comes to run the kernel.</summary>
public enum BootPath
{
    /// <summary>GRUB from a CD under BIOS, Multiboot 1.</summary>
    GrubBios,

    /// <summary>GRUB from a CD under UEFI, Multiboot 2.</summary>
    GrubUefi,

    /// <summary>syslinux from a disk under BIOS, Multiboot 1.</summary>
    Syslinux,

    /// <summary>QEMU itself, Multiboot 1.</summary>
    Kernel,
}

/// <summary>A machine for QEMU.</summary>
/// <param name="Boot">How it boots.</param>
/// <param name="Board">QEMU's machine type: q35 or pc.</param>
/// <param name="Cpu">QEMU's CPU model.</param>
/// <param name="Cpus">Number of CPUs.</param>
public sealed record QemuSpec(BootPath Boot, string Board, string Cpu, int Cpus)
{
    /// <summary>MiB of memory.</summary>
    public int Memory { get; init; } = 512;

    /// <summary>Further arguments.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    public override string ToString() => $"{Boot}-{Board}-{Cpu}-{Cpus}";
}

/// <summary>A machine in QEMU, without hardware virtualization.</summary>
public sealed class QemuMachine : Emulator
{
    private static readonly (string Code, string Variables)[] s_firmware =
    [
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ];

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly string _monitor;

    private QemuMachine(IReadOnlyList<string> arguments, string monitor)
        : base("qemu-system-x86_64", [.. arguments, .. QemuMonitor.Options(monitor)])
    {
        _monitor = monitor;
        UseStandardStreams();
    }

    /// <summary>Switches a machine on.</summary>
    public static QemuMachine Start(QemuSpec spec, BootImage image) => new(Arguments(spec, image), Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.qmp"));

    /// <summary>Twice the registers of all CPUs, so that one sees whether they go on.</summary>
    public override string Examine()
    {
        if (WaitForExit(TimeSpan.Zero) is not null)
            return "";

        try
        {
            using QemuMonitor monitor = new(_monitor);
            string first = monitor.Registers();
            Thread.Sleep(s_pause);
            return $"--- registers ---\n{first}\n--- {s_pause.TotalSeconds} s later ---\n{monitor.Registers()}\n";
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or SocketException)
        {
            return $"--- registers ---\nQEMU does not answer: {failure.Message}\n";
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        File.Delete(_monitor);
    }

    private static IReadOnlyList<string> Arguments(QemuSpec spec, BootImage image) =>
    [
        "-accel", "tcg", "-machine", spec.Board, "-cpu", spec.Cpu, "-smp", Number(spec.Cpus), "-m", Number(spec.Memory),
        "-display", "none", "-monitor", "none", "-parallel", "none", "-nic", "none", "-serial", "stdio", "-no-reboot",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
        .. BootArguments(spec.Boot, image),
        .. spec.Options,
    ];

    /// <summary>The exit code of QEMU after the machine has written a value to port 0xf4.</summary>
    public static int ExitCode(byte value) => (value << 1) | 1;

    private static string[] BootArguments(BootPath path, BootImage image) => path switch
    {
        BootPath.GrubBios => ["-boot", "d", "-cdrom", image.Iso],
        BootPath.GrubUefi => [.. Firmware(), "-boot", "d", "-cdrom", image.Iso],
        BootPath.Syslinux => ["-drive", $"file={image.Disk},format=raw,snapshot=on"],
        BootPath.Kernel => KernelArguments(image),
        _ => throw new ArgumentOutOfRangeException(nameof(path)),
    };

    private static string[] KernelArguments(BootImage image)
    {
        Scenario scenario = image.Scenario;
        string[] modules = [.. scenario.Modules.Select(module =>
            $"{Path.Combine(image.Artifacts, module.File)} {module.Arguments}".TrimEnd().Replace(",", ",,", StringComparison.Ordinal))];
        string kernel = Path.Combine(image.Artifacts, scenario.Kernel.File);
        string[] arguments = ["-kernel", kernel, "-append", scenario.Kernel.Arguments];
        return modules.Length == 0 ? arguments : [.. arguments, "-initrd", string.Join(',', modules)];
    }

    // The variables are the machine's own: a copy that is forgotten with it.
    private static string[] Firmware()
    {
        (string code, string variables) = s_firmware.First(pair => File.Exists(pair.Code));
        return
        [
            "-drive", $"if=pflash,format=raw,unit=0,readonly=on,file={code}",
            "-drive", $"if=pflash,format=raw,unit=1,snapshot=on,file={variables}",
        ];
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
