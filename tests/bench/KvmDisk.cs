using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Kilonova.Boot;

namespace Kilonova.Bench.Tests;

/// <summary>
/// A disk with what there is to compare with: KVM's modules out of Debian's kernel, this machine's QEMU with the libraries that it needs, and
/// the guests. What boots it is Debian's kernel with the initial RAM disk that has drivers of disks.
/// </summary>
internal static class KvmDisk
{
    // Debian's kernel and QEMU of the same release; the last line is what a bench waits for.
    private const string Init = """
        #!/bin/sh
        mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /tmp
        mount -t debugfs debug /sys/kernel/debug
        for module in irqbypass ccp kvm kvm-amd; do insmod /modules/$module.ko; done
        qemu() {
            qemu-system-x86_64 -accel kvm -cpu host -machine pc -nodefaults -display none -serial stdio -no-reboot "$@" < /dev/null
        }
        qemu -m 64 -kernel /guests/exits.elf
        qemu -m 128 -kernel /guests/vmlinuz -initrd /guests/initramfs -append 'console=ttyS0 quiet idle=poll run=dmesg|grep,Run' > /tmp/boot &
        while ! grep -q "Enter 'help'" /tmp/boot; do sleep 0.1; done
        echo "kvm: exits $(cat /sys/kernel/debug/kvm/exits)"
        grep 'Run /init' /tmp/boot
        echo "kvm: done"
        sleep 1000

        """;

    // Of busybox.
    private static readonly string[] s_commands = ["sh", "mount", "sleep", "grep", "cat", "insmod"];
    private static readonly string[] s_folders = ["bin", "sbin", "dev", "proc", "sys", "tmp", "guests", "modules", "usr/share/qemu", "usr/share/seabios"];
    private static readonly string[] s_firmware =
        ["qemu/linuxboot_dma.bin", "qemu/multiboot_dma.bin", "qemu/kvmvapic.bin", "seabios/bios-256k.bin"];
    private static readonly string[] s_modules = ["*/irqbypass.ko", "*/ccp.ko", "*/kvm.ko", "*/kvm-amd.ko"];

    /// <summary>Makes the disk of the guests that are there.</summary>
    /// <param name="guests">Files below out/guests, and what they are called on the disk.</param>
    /// <returns>Its file.</returns>
    internal static string Make(params IReadOnlyList<(string File, string Name)> guests)
    {
        string root = Repository.EmptyFolder("kvm-disk");
        foreach (string folder in s_folders)
            Directory.CreateDirectory(Path.Combine(root, folder));

        AddProgram(root, "qemu-system-x86_64");
        Copy(Unpack("busybox-static-amd64", "*/bin/busybox").Single(), Path.Combine(root, "bin/busybox"));
        foreach (string command in s_commands)
            File.CreateSymbolicLink(Path.Combine(root, "bin", command), "busybox");

        foreach (string file in s_firmware)
            Copy("/usr/share/" + file, Path.Combine(root, "usr/share", file));

        foreach ((string file, string name) in guests)
            Copy(Path.Combine(Repository.Out, "guests", file), Path.Combine(root, "guests", name));

        foreach (string file in Unpack("linux-image-amd64-amd64", s_modules))
            Copy(file, Path.Combine(root, "modules", Path.GetFileName(file)));

        string init = Path.Combine(root, "sbin/init");
        File.WriteAllText(init, Init);
        File.SetUnixFileMode(init, (UnixFileMode)Convert.ToInt32("755", 8));
        string disk = Path.Combine(Repository.Out, "guests", "kvm.ext4");
        File.Delete(disk);
        _ = HostTool.Run("/sbin/mke2fs", "-q", "-t", "ext4", "-d", root, disk, "400M");
        return disk;
    }

    // The file itself, and the libraries of which the loader says that it finds them.
    private static void AddProgram(string root, string program)
    {
        string path = HostTool.Run("sh", "-c", $"command -v {program}").Trim();
        Copy(path, Path.Combine(root, "bin", program));
        IEnumerable<string> libraries = HostTool.Run("ldd", path).Split('\n')
            .SelectMany(line => line.Split(' ', '\t')).Where(word => word.StartsWith('/'));
        foreach (string library in libraries)
            Copy(library, root + library);
    }

    // Files of a package that the guests' tool keeps, by patterns.
    private static string[] Unpack(string package, params string[] patterns)
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string record = Path.Combine(cache, "kilonova", package + ".sha256");
        string file = Path.Combine(cache, "kilonova", File.ReadAllText(record).Trim().Split("  ")[1]);
        string unpacked = Repository.EmptyFolder("kvm-" + package);
        string wanted = string.Join(' ', patterns.Select(pattern => $"'{pattern}'"));
        _ = HostTool.Run("sh", "-c", $"dpkg-deb --fsys-tarfile '{file}' | tar -x -C '{unpacked}' --wildcards {wanted}");
        return Directory.GetFiles(unpacked, "*", SearchOption.AllDirectories);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }
}
