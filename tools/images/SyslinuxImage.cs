using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;

namespace Kilonova.Images;

/// <summary>A disk with one FAT partition that syslinux boots by its mboot.c32 (Multiboot 1). Made in a file, without mounting.</summary>
public static class SyslinuxImage
{
    private const int SectorSize = 512;
    private const int PartitionStart = 2048;
    private const int Heads = 64;
    private const int SectorsPerTrack = 32;
    private const int CylinderBytes = Heads * SectorsPerTrack * SectorSize;

    private const string Modules = "/usr/lib/syslinux/modules/bios";
    private const string MasterBootRecord = "/usr/lib/syslinux/mbr/mbr.bin";

    /// <summary>Makes the image; <paramref name="staging"/> is a folder of its own that may be overwritten.</summary>
    public static void Build(Scenario scenario, string artifacts, string notices, string staging, string output)
    {
        Directory.CreateDirectory(staging);
        var configuration = Path.Combine(staging, "syslinux.cfg");
        var noticesFile = Path.Combine(staging, "NOTICES.TXT");
        File.WriteAllText(configuration, Configuration(scenario));
        File.WriteAllText(noticesFile, notices);
        string[] files =
        [
            .. scenario.Files.Select(file => Path.Combine(artifacts, file.File)), configuration, noticesFile,
            Path.Combine(Modules, "mboot.c32"), Path.Combine(Modules, "libcom32.c32"),
        ];

        // FAT16 wants 4085 clusters at least; 32 MiB give them at any cluster size that mformat picks, and leave room for what is booted.
        var cylinders = 32 + (int)(files.Sum(file => new FileInfo(file).Length) / CylinderBytes) + 1;
        WriteEmptyDisk(output, cylinders);
        var partition = $"{output}@@{PartitionStart * SectorSize}";
        Shell.Run("mformat", "-i", partition, "-t", $"{cylinders}", "-h", $"{Heads}", "-s", $"{SectorsPerTrack}", "-H", $"{PartitionStart}",
            "-v", "KILONOVA", "-N", "4B4E4F56", "::");
        Shell.Run("mcopy", ["-i", partition, .. files, "::/"]);
        Shell.Run("syslinux", "--offset", $"{PartitionStart * SectorSize}", "--install", output);
    }

    /// <summary>The boot loader's configuration.</summary>
    public static string Configuration(Scenario scenario) =>
        $"""
        # {scenario.Name}: {scenario.Description}
        SERIAL 0 115200
        PROMPT 0
        DEFAULT kilonova
        LABEL kilonova
          KERNEL mboot.c32
          APPEND {string.Join(" --- ", scenario.Files.Select(file => file.CommandLine))}

        """;

    // The master boot record, with one active partition of type FAT (LBA) over the rest of the disk.
    private static void WriteEmptyDisk(string output, int cylinders)
    {
        var record = new byte[SectorSize];
        File.ReadAllBytes(MasterBootRecord).CopyTo(record, 0);
        var sectors = (uint)cylinders * Heads * SectorsPerTrack;
        var entry = record.AsSpan(446);
        entry[0] = 0x80;
        entry[4] = 0x0E;
        entry[1..4].Fill(0xFF);
        entry[5..8].Fill(0xFF);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], PartitionStart);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], sectors);
        record[510] = 0x55;
        record[511] = 0xAA;

        using var disk = File.Create(output);
        disk.Write(record);
        disk.SetLength((PartitionStart + (long)sectors) * SectorSize);
    }
}
