using System;
using System.IO;
using System.Linq;
using Kilonova.Boot;
using Kilonova.Images;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Devices.Tests;

/// <summary>
/// A machine whose inspector fills a disk over and over, while two components talk through a switch; the drivers and the switch are killed
/// in turn, twenty times in all, and everything goes on. Each lives longer than ten seconds, so that none is given up.
/// </summary>
[Trait("Category", "Soak")]
public class DriverKillsSoak
{
    private const int Kills = 20;
    private const int PauseMilliseconds = 4000;
    private const string Victims = "ahci nic switch";
    private static readonly string s_saboteur = $"""
          - name: saboteur
            image: tests/saboteur.elf
            arguments: {Kills} {PauseMilliseconds} {Victims}
            priority: driver
            uses: [control]

        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(6);
    private static readonly string[] s_refused = ["panic:", "PANIC", "crash: ", " failed: ", "given up"];

    [Fact]
    public void Twenty_times_killed_everything_goes_on()
    {
        SoakRun run = new(
            Repository.Root, "driver-kills",
            $"Drivers of disk and network and the switch, killed {Kills} times under load: disk filled and read, two components talk, 2 CPUs");
        foreach (string model in (string[])["igb", "e1000e", "e1000"])
            run.Case(model, () => Run(model));

        run.Finish();
        Assert.Empty(run.Failures);
    }

    private static void Run(string model)
    {
        string name = $"driver-kills-{model}";
        DiskImage disk = new(Repository.EmptyFolder(name), "a", 20_000, true);
        Scenario scenario = ScenarioReader.Parse(Manifest(), name + ".yaml");
        CompiledManifest.Write(scenario, Repository.Out);
        QemuSpec spec = new(BootPath.Kernel, "q35", "max", 2)
        {
            Options = [
                "-netdev", "user,id=n0", "-device", $"{model},netdev=n0,mac=52:54:00:00:00:01",
                "-drive", $"if=none,id=d0,format=raw,file={disk.Path}", "-device", "ide-hd,drive=d0,bus=ide.0",
            ],
        };
        using (Emulator emulator = QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", "")))
        {
            // Killed as often as is said, and all go on afterwards.
            string[] victims = Victims.Split(' ');
            string last = $"killed {victims[(Kills - 1) % victims.Length]}, {Kills}";
            Expect(emulator, name, [.. Enumerable.Range(1, Kills).Select(kill => $"killed {victims[(kill - 1) % victims.Length]}, {kill}")]);
            foreach (string sign in (string[])["disk: QEMU HARDDISK 20000 ok", "alpha| net: 1000 packets came back", "beta| net: 1000 packets came back"])
                Expect(emulator, name, [last, sign, sign, sign]);
        }

        disk.IsFilled();
    }

    private static string Manifest()
    {
        string devices = Image("devices").Replace(
            "components/inspector.elf\n", "components/inspector.elf\n    arguments: 1000000\n", StringComparison.Ordinal);
        string network = Image("switch");
        network = network[network.IndexOf("  - name: switch", StringComparison.Ordinal)..]
            .Replace("arguments: 21 22", "arguments: 21 22 1000000", StringComparison.Ordinal)
            .Replace("arguments: 22 21", "arguments: 22 21 1000000", StringComparison.Ordinal);

        // Talkers leave a CPU no time at all: the first one is for what is printed.
        return (devices + network).Replace("    cpus: all\n", "", StringComparison.Ordinal)
            .Replace("    memory: ", "    cpus: [1]\n    memory: ", StringComparison.Ordinal) + s_saboteur;
    }

    private static string Image(string name) => File.ReadAllText(Path.Combine(Repository.Root, "images", name + ".yaml"));

    private static void Expect(Emulator emulator, string name, string[] wanted)
    {
        Verdict verdict = emulator.Serial.Expect(wanted, s_refused, s_patience);
        if (verdict.IsGood)
            return;

        throw BootRun.Failure(name, verdict.Reason, emulator);
    }
}
