using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Kilonova.Guests;

// guests make <out> [file...]    makes what is missing of <out>/guests, or the named files of it only
internal static class Program
{
    // Drivers of the devices that guests are given, and what is in front of them.
    private static readonly string[] s_modules = ["ahci", "sd_mod", "sr_mod", "crc32c_generic", "ext4", "isofs", "igb"];

    private static readonly GuestFile[] s_files =
    [
        new("vmlinuz-cloud-amd64", "amd64", "linux-image-cloud-amd64"),
        new("vmlinuz-amd64", "amd64", "linux-image-amd64"),
        new("vmlinuz-686-pae", "i386", "linux-image-686-pae"),
        new("initramfs-amd64", "amd64", "busybox-static"),
        new("initramfs-i386", "i386", "busybox-static"),
        new("initramfs-modules-amd64", "amd64", "busybox-static", ModulesOf: "linux-image-amd64"),
    ];

    private static int Main(string[] arguments)
    {
        if (arguments is not ["make", var artifacts, .. var names] || names.Except(s_files.Select(file => file.Name)).Any())
        {
            Console.Error.WriteLine($"usage: guests make <out> [{string.Join('|', s_files.Select(file => file.Name))}]...");
            return 2;
        }

        try
        {
            var directory = Directory.CreateDirectory(Path.Combine(artifacts, "guests")).FullName;
            Make(directory, s_files.Where(file => names.Length == 0 || names.Contains(file.Name)));
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
            var package = packages.Get(file.Package, file.Architecture);
            var contents = file.IsKernel
                ? DebianPackages.ReadFile(package, name => name.StartsWith("boot/vmlinuz-", StringComparison.Ordinal))
                : InitialDisk.Make(
                    DebianPackages.ReadFile(package, name => name.EndsWith("bin/busybox", StringComparison.Ordinal)),
                    file.ModulesOf.Length == 0 ? [] : KernelModules.Read(packages.Get(file.ModulesOf, file.Architecture), s_modules));
            File.WriteAllBytes(path + ".new", contents);
            File.Move(path + ".new", path);
        }
    }

    // ModulesOf: the kernel whose modules an initial RAM disk has.
    private sealed record GuestFile(string Name, string Architecture, string Package, string ModulesOf = "")
    {
        public bool IsKernel => Name.StartsWith("vmlinuz", StringComparison.Ordinal);
    }
}
