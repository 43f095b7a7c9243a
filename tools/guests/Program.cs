using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace Kilonova.Guests;

// guests make <out> [file...]    makes what is missing of <out>/guests; without names all but the disks
internal static class Program
{
    // Drivers of the devices that guests are given, and what is in front of them.
    private static readonly string[] s_modules = ["ahci", "sd_mod", "sr_mod", "crc32c_generic", "ext4", "isofs", "igb"];
    private static readonly string[] s_virtioModules = ["virtio_pci", "virtio_console", "virtio_rng", "virtio_blk", "virtio_net"];

    private static readonly GuestFile[] s_files =
    [
        new("vmlinuz-cloud-amd64", "amd64", "linux-image-cloud-amd64"),
        new("vmlinuz-amd64", "amd64", "linux-image-amd64"),
        new("vmlinuz-686-pae", "i386", "linux-image-686-pae"),
        new("initramfs-amd64", "amd64", "busybox-static"),
        new("initramfs-i386", "i386", "busybox-static"),
        new("initramfs-modules-amd64", "amd64", "busybox-static", "linux-image-amd64", s_modules),
        new("initramfs-virtio-amd64", "amd64", "busybox-static", "linux-image-cloud-amd64", s_virtioModules),
        new("initramfs-any-amd64", "amd64", "busybox-static", "linux-image-amd64", [.. s_modules, .. s_virtioModules]),
        new("seabios", "amd64", "seabios", Plain: "usr/share/seabios/bios.bin"),
    ];

    // A disk with a Debian system, and one that boots by itself; what follows the name tells copies apart.
    private const string DebianDisk = "debian-amd64";
    private const string BootDisk = "debian-boot-amd64";

    private static int Main(string[] arguments)
    {
        if (arguments is not ["make", var artifacts, .. var names] || names.Any(name => !IsDisk(name) && !s_files.Any(file => file.Name == name)))
        {
            Console.Error.WriteLine($"usage: guests make <out> [{string.Join('|', s_files.Select(file => file.Name).Append(DebianDisk).Append(BootDisk))}]...");
            return 2;
        }

        try
        {
            var directory = Directory.CreateDirectory(Path.Combine(artifacts, "guests")).FullName;
            Make(directory, s_files.Where(file => names.Length == 0 || names.Contains(file.Name)));
            foreach (var name in names.Where(IsDisk))
                MakeDisk(directory, name);

            return 0;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }

    private static void Make(string directory, IEnumerable<GuestFile> files)
    {
        var packages = new DebianPackages(DebianPackages.DefaultCache);
        foreach (var file in files)
        {
            var path = Path.Combine(directory, file.Name);
            if (File.Exists(path))
                continue;

            Console.WriteLine($"Making guests/{file.Name} from Debian's {file.Package}");
            File.WriteAllBytes(path + ".new", Contents(file, packages));
            File.Move(path + ".new", path);
        }
    }

    private static byte[] Contents(GuestFile file, DebianPackages packages)
    {
        var package = packages.Get(file.Package, file.Architecture);
        if (file.IsKernel || file.Plain.Length > 0)
            return DebianPackages.ReadFile(package, name => name.StartsWith(file.IsKernel ? "boot/vmlinuz-" : file.Plain, StringComparison.Ordinal));

        return InitialDisk.Make(
            DebianPackages.ReadFile(package, name => name.EndsWith("bin/busybox", StringComparison.Ordinal)),
            file.Modules is null ? [] : KernelModules.Read(packages.Get(file.ModulesOf, file.Architecture), file.Modules));
    }

    private static bool IsDisk(string name) => name.StartsWith(DebianDisk, StringComparison.Ordinal) || IsBootDisk(name);

    private static bool IsBootDisk(string name) => name.StartsWith(BootDisk, StringComparison.Ordinal);

    // A copy, for the guest writes to it. Mostly holes.
    private static void MakeDisk(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        if (File.Exists(path))
            return;

        Console.WriteLine($"Making guests/{name}, a Debian system on a disk");
        if (IsBootDisk(name))
        {
            // The kernel that it boots, and the RAM disk with the driver of its disk.
            string[] parts = ["vmlinuz-amd64", "initramfs-modules-amd64"];
            Make(directory, s_files.Where(file => parts.Contains(file.Name)));
            GrubDisk.Make(path, new DebianRoot(DebianPackages.DefaultCache).Get(), Path.Combine(directory, parts[0]), Path.Combine(directory, parts[1]));
            return;
        }

        using var copy = Process.Start("cp", ["--sparse=always", new DebianRoot(DebianPackages.DefaultCache).Get(), path + ".new"]);
        copy.WaitForExit();
        if (copy.ExitCode != 0)
            throw new IOException($"{path} cannot be written");

        File.Move(path + ".new", path);
    }

    // ModulesOf: the kernel whose modules an initial RAM disk has. Plain: the file of the package that it is.
    private sealed record GuestFile(
        string Name, string Architecture, string Package, string ModulesOf = "", string[]? Modules = null, string Plain = "")
    {
        public bool IsKernel => Name.StartsWith("vmlinuz", StringComparison.Ordinal);
    }
}
