using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;

namespace Kilonova.Guests;

/// <summary>
/// A disk that a PC's firmware boots by itself: a master boot record with GRUB in it and in the sectors behind, and one partition with a system, to
/// which its kernel, a RAM disk and GRUB's menu are added.
/// </summary>
internal static class GrubDisk
{
    private const string Modules = "/usr/lib/grub/i386-pc";
    private const int SectorSize = 512;
    private const int FirstSector = 2048;
    private const int PartitionTable = 446;
    private const byte Active = 0x80;
    private const byte LinuxPartition = 0x83;

    // What GRUB needs until it has read its menu, and after: nothing is loaded from the disk but that.
    private static readonly string[] s_modules = ["biosdisk", "part_msdos", "ext2", "serial", "terminal", "normal", "linux", "echo"];

    private const string Menu = """
        serial --unit=0
        terminal_input serial
        terminal_output serial
        set timeout=0
        menuentry "Debian" {
            echo "GRUB boots Debian"
            linux /boot/vmlinuz root=/dev/sda1 rw console=ttyS0
            initrd /boot/initrd
        }

        """;

    private const string Mounts = "/dev/sda1 / ext4 errors=remount-ro 0 1\n";

    /// <summary>Makes it.</summary>
    /// <param name="path">The disk.</param>
    /// <param name="system">An ext4 file system with everything else; it stays as it is.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="initialDisk">Its RAM disk.</param>
    /// <exception cref="InvalidOperationException">A tool failed: the message says why.</exception>
    public static void Make(string path, string system, string kernel, string initialDisk)
    {
        var folder = Directory.CreateTempSubdirectory("kilonova-grub-").FullName;
        try
        {
            var partition = Path.Combine(folder, "partition");
            _ = HostTools.Run("cp", "--sparse=always", system, partition);
            AddFiles(partition, folder, kernel, initialDisk);
            var core = Path.Combine(folder, "core.img");
            _ = HostTools.Run("grub-mkimage", ["-O", "i386-pc", "-p", "(hd0,msdos1)/boot/grub", "-o", core, .. s_modules]);
            var disk = path + ".new";
            WriteStart(disk, File.ReadAllBytes(core), new FileInfo(partition).Length);
            _ = HostTools.Run("dd", $"if={partition}", $"of={disk}", $"bs={FirstSector * SectorSize}", "seek=1", "conv=sparse,notrunc", "status=none");
            File.Move(disk, path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The file system's own tool writes into it: nothing is mounted, so nobody need be root.
    private static void AddFiles(string partition, string folder, string kernel, string initialDisk)
    {
        List<string> commands = ["mkdir /boot/grub", $"write {kernel} /boot/vmlinuz", $"write {initialDisk} /boot/initrd", "rm /etc/fstab"];
        foreach (var (name, contents) in new[] { ("/boot/grub/grub.cfg", Menu), ("/etc/fstab", Mounts) })
        {
            var file = Path.Combine(folder, Path.GetFileName(name));
            File.WriteAllText(file, contents);
            commands.Add($"write {file} {name}");
        }

        var script = Path.Combine(folder, "commands");
        File.WriteAllLines(script, commands);
        _ = HostTools.Run("debugfs", "-w", "-f", script, partition);
    }

    // GRUB's first sector loads the second, which loads as many as it says of those behind it.
    private static void WriteStart(string disk, byte[] core, long length)
    {
        if (core.Length > (FirstSector - 1) * SectorSize)
            throw new InvalidOperationException($"GRUB's core has {core.Length} bytes, too many for the sectors in front of the partition");

        var record = new byte[SectorSize];
        File.ReadAllBytes(Path.Combine(Modules, "boot.img")).AsSpan(0, PartitionTable).CopyTo(record);
        var entry = record.AsSpan(PartitionTable);
        entry[0] = Active;
        entry[4] = LinuxPartition;
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], FirstSector);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], (uint)(length / SectorSize));
        record[^2] = 0x55;
        record[^1] = 0xaa;
        using var file = File.Create(disk);
        file.Write(record);
        file.Write(core);
        file.SetLength(FirstSector * SectorSize + length);
    }
}
