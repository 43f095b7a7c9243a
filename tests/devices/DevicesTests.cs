using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Devices.Tests;

/// <summary>The scenario "devices" on machines with different devices; the disks are looked at from outside afterwards.</summary>
public class DevicesTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_patienceForEnd = TimeSpan.FromSeconds(30);

    [Fact]
    public void Every_marked_disk_is_written_and_every_controller_asks_who_has_an_address()
    {
        string folder = Repository.EmptyFolder("devices");
        DiskImage[] scratch = [new(folder, "a", 20_000, true), new(folder, "bb", 4096, true)];
        DiskImage plain = new(folder, "ccc", 9000, false, isPartitioned: true);
        Run(
            "devices", "q35", 2,
            [
                .. Drives(scratch.Append(plain)),
                .. Nic("igb", 0, "52:54:00:00:00:01"), .. Nic("e1000e", 1, "52:54:00:00:00:02"), .. Nic("e1000", 2, "52:54:00:00:00:03"),
            ],
            [
                "disk: QEMU HARDDISK 20000 ok", "disk: QEMU HARDDISK 4096 ok",
                "net: 52:54:00:00:00:01 10.0.2.2 is at 52:55:0a:00:02:02", "net: 52:54:00:00:00:02 10.0.2.2 is at 52:55:0a:00:02:02",
                "net: 52:54:00:00:00:03 10.0.2.2 is at 52:55:0a:00:02:02", "devices: done",
            ]);

        foreach (DiskImage disk in scratch)
            disk.IsFilled();

        plain.IsUntouched();
    }

    /// <summary>The same behind an IOMMU, with no right to learn physical addresses.</summary>
    [Fact]
    public void Behind_an_IOMMU_drivers_serve_fenced_without_any_grant()
    {
        string folder = Repository.EmptyFolder("devices-fenced");
        DiskImage[] scratch = [new(folder, "a", 20_000, true), new(folder, "bb", 4096, true)];
        string manifest = File.ReadAllText(Path.Combine(Repository.Root, "images", "devices.yaml"));
        Assert.Contains("    addresses: yes\n", manifest, StringComparison.Ordinal);
        Scenario scenario = ScenarioReader.Parse(manifest.Replace("    addresses: yes\n", "", StringComparison.Ordinal), "devices-fenced.yaml");
        Run(
            scenario, "devices-fenced", "q35,kernel-irqchip=off", 2,
            [
                "-device", "intel-iommu,intremap=on,aw-bits=48", .. Drives(scratch),
                .. Nic("igb", 0, "52:54:00:00:00:01"), .. Nic("e1000e", 1, "52:54:00:00:00:02"), .. Nic("e1000", 2, "52:54:00:00:00:03"),
            ],
            [
                "disk: QEMU HARDDISK 20000 ok", "disk: QEMU HARDDISK 4096 ok",
                "net: 52:54:00:00:00:01 10.0.2.2 is at 52:55:0a:00:02:02", "net: 52:54:00:00:00:02 10.0.2.2 is at 52:55:0a:00:02:02",
                "net: 52:54:00:00:00:03 10.0.2.2 is at 52:55:0a:00:02:02", "devices: done",
            ]);

        foreach (DiskImage disk in scratch)
            disk.IsFilled();
    }

    /// <summary>Without an IOMMU the same manifest gives no driver its device.</summary>
    [Fact]
    public void Without_an_IOMMU_a_driver_needs_the_grant()
    {
        string folder = Repository.EmptyFolder("devices-denied");
        DiskImage disk = new(folder, "a", 20_000, true);
        string manifest = File.ReadAllText(Path.Combine(Repository.Root, "images", "devices.yaml"))
            .Replace("    addresses: yes\n", "", StringComparison.Ordinal);
        Run(
            ScenarioReader.Parse(manifest, "devices-denied.yaml"), "devices-denied", "q35", 1, [.. Drives([disk])],
            ["no controller at 00fa", "devices: done"]);

        disk.IsUntouched();
    }

    [Fact]
    public void An_old_board_without_memory_mapped_configuration_space_serves_too()
    {
        string folder = Repository.EmptyFolder("devices-pc");
        DiskImage disk = new(folder, "a", 20_000, true);
        Run(
            "devices-pc", "pc", 1,
            [
                "-device", "ahci,id=ahci", "-drive", $"if=none,id=d0,format=raw,file={disk.Path}", "-device", "ide-hd,drive=d0,bus=ahci.0",
                .. Nic("e1000", 0, "52:54:00:00:00:09"),
            ],
            ["disk: QEMU HARDDISK 20000 ok", "net: 52:54:00:00:00:09 10.0.2.2 is at 52:55:0a:00:02:02", "devices: done"]);

        disk.IsFilled();
    }

    [Fact]
    public void A_write_that_fails_once_is_done_again()
    {
        string folder = Repository.EmptyFolder("devices-faulty");
        DiskImage disk = new(folder, "a", 20_000, true);
        string faults = Path.Combine(folder, "faults");
        File.WriteAllText(faults, "[inject-error]\nevent = \"write_aio\"\nerrno = \"5\"\nonce = \"on\"\n");
        Run(
            "devices-faulty", "q35", 1,
            ["-drive", $"if=none,id=d0,format=raw,file=blkdebug:{faults}:{disk.Path}", "-device", "ide-hd,drive=d0,bus=ide.0"],
            ["disk 0 is reset", "disk: QEMU HARDDISK 20000 ok", "devices: done"]);

        disk.IsFilled();
    }

    [Fact]
    public void A_disk_that_is_closed_is_opened_again_as_often_as_wanted()
    {
        string folder = Repository.EmptyFolder("devices-again");
        DiskImage disk = new(folder, "a", 20_000, true);
        Run(
            Rounds(5, ""), "devices-again", "q35", 2, [.. Drives([disk])],
            [.. Enumerable.Repeat("disk: QEMU HARDDISK 20000 ok", 5), "devices: done"]);

        disk.IsFilled();
    }

    [Fact]
    public void A_driver_that_is_killed_under_load_loses_no_write()
    {
        string folder = Repository.EmptyFolder("devices-killed");
        DiskImage disk = new(folder, "a", 20_000, true);
        const string Saboteur = """
              - name: saboteur
                image: tests/saboteur.elf
                arguments: 8 250 ahci
                priority: driver
                uses: [control]

            """;
        Run(Rounds(400, Saboteur), "devices-killed", "q35", 2, [.. Drives([disk])], ["killed ahci, 8", "disk: QEMU HARDDISK 20000 ok", "devices: done"]);

        disk.IsFilled();
    }

    [Fact]
    public void A_machine_without_devices_is_done_at_once() => Run("devices-none", "pc", 1, [], ["devices: done"]);

    [Fact]
    public void What_was_logged_before_the_machine_goes_off_is_printed_under_a_flood_of_lines()
    {
        const string Flooder = """
              - name: flooder
                image: tests/visitor.elf
                arguments: flood=log
                cpus: [1]

            """;
        DiskImage disk = new(Repository.EmptyFolder("devices-flooded"), "a", 20_000, true);
        Run(Rounds(5, Flooder), "devices-flooded", "q35", 2, [.. Drives([disk])], ["all work and no play", "devices: done"]);
    }

    // The scenario, whose inspector tries all disks so often, with further components.
    private static Scenario Rounds(int rounds, string components)
    {
        string manifest = File.ReadAllText(Path.Combine(Repository.Root, "images", "devices.yaml"));
        return ScenarioReader.Parse(
            manifest.Replace("components/inspector.elf\n", $"components/inspector.elf\n    arguments: {rounds}\n", StringComparison.Ordinal)
            + components, "devices-rounds.yaml");
    }

    private static void Run(string name, string board, int cpus, string[] options, string[] wanted) =>
        Run(ScenarioReader.Load(Path.Combine(Repository.Root, "images", "devices.yaml")), name, board, cpus, options, wanted);

    private static void Run(Scenario scenario, string name, string board, int cpus, string[] options, string[] wanted)
    {
        CompiledManifest.Write(scenario, Repository.Out);
        QemuSpec spec = new(BootPath.Kernel, board, "max", cpus) { Options = options };
        using Emulator emulator = QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", ""));
        Verdict verdict = emulator.Serial.Expect(wanted, ["panic:", "PANIC", "crash: ", " failed: ", "does not answer"], s_patience);
        if (!verdict.IsGood)
            throw BootRun.Failure(name, verdict.Reason, emulator);

        Assert.Equal(QemuMachine.ExitCode(0), emulator.WaitForExit(s_patienceForEnd));
    }

    // On the board's own controller: the ports of ich9-ahci.
    private static IEnumerable<string> Drives(IEnumerable<DiskImage> disks) => disks.SelectMany((disk, i) => (string[])
        ["-drive", $"if=none,id=d{i},format=raw,file={disk.Path}", "-device", $"ide-hd,drive=d{i},bus=ide.{i}"]);

    private static string[] Nic(string model, int number, string address) =>
        ["-netdev", $"user,id=n{number}", "-device", $"{model},netdev=n{number},mac={address}"];
}
