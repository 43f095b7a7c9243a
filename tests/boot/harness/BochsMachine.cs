using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Kilonova.Boot;

/// <summary>A machine for Bochs: an i440fx board.</summary>
/// <param name="Boot">How it boots: <see cref="BootPath.GrubBios"/> or <see cref="BootPath.Syslinux"/>.</param>
/// <param name="Cpu">Bochs' CPU model.</param>
/// <param name="Cpus">Number of CPUs.</param>
public sealed record BochsSpec(BootPath Boot, string Cpu, int Cpus)
{
    /// <summary>MiB of memory.</summary>
    public int Memory { get; init; } = 256;

    public override string ToString() => $"Bochs-{Boot}-{Cpu}-{Cpus}";
}

/// <summary>
/// A machine in Bochs. Debian's build starts in its debugger and wants a terminal: it gets a command file that says continue, and a
/// pseudo-terminal that nobody looks at.
/// </summary>
public sealed class BochsMachine : Emulator
{
    private BochsMachine(string folder, string configuration, string commands, string serial)
        : base(
            "script",
            ["-qfec", $"bochs -q -f '{configuration}' -rc '{commands}'", "/dev/null"],
            new Dictionary<string, string> { ["TERM"] = "xterm" })
    {
        Folder = folder;
        ReadSerialFromFile(serial);
    }

    /// <summary>Where its configuration, its disk and its log lie; nothing else runs with this name on its command line.</summary>
    public string Folder { get; }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Switches a machine on.</summary>
    public static BochsMachine Start(BochsSpec spec, BootImage image)
    {
        string folder = Repository.EmptyFolder($"bochs-{Guid.NewGuid():N}");
        string configuration = Path.Combine(folder, "bochsrc");
        string commands = Path.Combine(folder, "commands");
        string serial = Path.Combine(folder, "serial.log");
        string disk = Path.Combine(folder, "disk.img");
        File.WriteAllText(commands, "c\n");
        if (spec.Boot == BootPath.Syslinux)
            File.Copy(image.Disk, disk);

        string drive = spec.Boot == BootPath.Syslinux
            ? $"ata0-master: type=disk, path=\"{disk}\", mode=flat\nboot: disk"
            : $"ata0-master: type=cdrom, path=\"{image.Iso}\", status=inserted\nboot: cdrom";
        File.WriteAllText(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            display_library: term
            config_interface: textconfig
            romimage: file=/usr/share/bochs/BIOS-bochs-latest
            vgaromimage: file=/usr/share/vgabios/vgabios.bin
            cpu: model={spec.Cpu}, count={spec.Cpus}, ips=50000000
            memory: guest={spec.Memory}, host={spec.Memory}
            ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
            {drive}
            com1: enabled=1, mode=file, dev="{serial}"
            port_e9_hack: enabled=1
            clock: sync=none, time0=utc
            log: "{Path.Combine(folder, "bochs.log")}"
            panic: action=fatal
            error: action=report
            info: action=ignore
            debug: action=ignore

            """));
        return new BochsMachine(folder, configuration, commands, serial);
    }
}
