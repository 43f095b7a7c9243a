using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using Kilonova.Images;

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

/// <summary>A machine in Bochs.</summary>
public sealed class BochsMachine : Emulator
{
    private BochsMachine(string folder, IReadOnlyList<string> arguments, TcpListener serial)
        : base(BochsCommand.Program, arguments, BochsCommand.Environment)
    {
        Folder = folder;
        UseConnection(serial);
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
        string disk = Path.Combine(folder, "disk.img");
        if (spec.Boot == BootPath.Syslinux)
            File.Copy(image.Disk, disk);

        TcpListener serial = new(IPAddress.Loopback, 0);
        serial.Start();
        BochsCommand command = new(spec.Cpu, spec.Cpus, spec.Memory)
        {
            Iso = image.Iso,
            Disk = spec.Boot == BootPath.Syslinux ? disk : null,
            Console = $"mode=socket-client, dev=localhost:{((IPEndPoint)serial.LocalEndpoint).Port}",
        };
        return new BochsMachine(folder, command.Write(folder), serial);
    }
}
