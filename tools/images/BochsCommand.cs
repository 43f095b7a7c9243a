using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Kilonova.Images;

/// <summary>
/// Bochs' command line and configuration. Debian's build starts in its debugger and wants a terminal: it gets a file of commands that says
/// continue, and a pseudo-terminal that nobody looks at. No sound is played: the thread that mixes it ends the program ("buffer overflow
/// detected") on machines without a sound card, now and then.
/// </summary>
/// <param name="Cpu">Bochs' CPU model.</param>
/// <param name="Cpus">Number of CPUs.</param>
/// <param name="Memory">MiB of memory.</param>
public sealed record BochsCommand(string Cpu, int Cpus, int Memory)
{
    /// <summary>The program that lends Bochs a terminal.</summary>
    public const string Program = "script";

    /// <summary>What its environment needs.</summary>
    public static readonly IReadOnlyDictionary<string, string> Environment = new Dictionary<string, string> { ["TERM"] = "xterm" };

    /// <summary>A CD to boot from.</summary>
    public string? Iso { get; init; }

    /// <summary>A disk to boot from; Bochs writes to it.</summary>
    public string? Disk { get; init; }

    /// <summary>The first serial line, as Bochs' option com1 says it: "mode=file, dev=..." or "mode=socket-client, dev=host:port".</summary>
    public required string Console { get; init; }

    /// <summary>The second serial line, in the same way; none if left out.</summary>
    public string? Management { get; init; }

    /// <summary>Leaves configuration and commands in a folder, where its log will lie too.</summary>
    /// <returns>The arguments of <see cref="Program"/>.</returns>
    public IReadOnlyList<string> Write(string folder)
    {
        var configuration = Path.Combine(folder, "bochsrc");
        var commands = Path.Combine(folder, "commands");
        var drive = Disk is null
            ? $"ata0-master: type=cdrom, path=\"{Iso}\", status=inserted\nboot: cdrom"
            : $"ata0-master: type=disk, path=\"{Disk}\", mode=flat\nboot: disk";
        File.WriteAllText(commands, "c\n");
        File.WriteAllText(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            display_library: term
            config_interface: textconfig
            romimage: file=/usr/share/bochs/BIOS-bochs-latest
            vgaromimage: file=/usr/share/vgabios/vgabios.bin
            cpu: model={Cpu}, count={Cpus}, ips=50000000
            memory: guest={Memory}, host={Memory}
            ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
            {drive}
            com1: enabled=1, {Console}
            {(Management is null ? "" : "com2: enabled=1, " + Management)}
            port_e9_hack: enabled=1
            clock: sync=none, time0=utc
            sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
            log: "{Path.Combine(folder, "bochs.log")}"
            panic: action=fatal
            error: action=report
            info: action=ignore
            debug: action=ignore

            """));
        return ["-qfec", $"bochs -q -f '{configuration}' -rc '{commands}'", "/dev/null"];
    }
}
