using System;
using System.IO;
using System.Linq;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Devices.Tests;

/// <summary>The scenario "switch": two components that talk to each other and to the network of the emulator.</summary>
public class SwitchTests
{
    private const int Kills = 8;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly string[] s_refused = ["panic:", "PANIC", "crash: ", "no port: ", "may not use"];
    private static readonly string[] s_clients = ["alpha", "beta"];

    [Theory]
    [InlineData("igb")]
    [InlineData("e1000")]
    public void Two_components_talk_to_each_other_and_to_the_network(string model)
    {
        string name = $"switch-{model}";
        using Emulator emulator = Start(name, Manifest(), model);
        foreach (string client in s_clients)
            Expect(emulator, name, Talks(client));

        // The manifest lets alpha send from its own address alone.
        Expect(emulator, name, ["alpha| net: 1 packets from a forged address were thrown away"]);
        Expect(emulator, name, ["beta| net: 0 packets from a forged address were thrown away"]);

        string[] addresses = [.. s_clients.Select(client => AddressOf(emulator, client))];
        Assert.NotEqual(addresses[0], addresses[1]);
        Assert.All(addresses, address => Assert.Equal(2, Convert.ToByte(address[..2], 16) & 3));
    }

    [Fact]
    public void A_driver_that_is_killed_again_and_again_comes_back_as_a_port() => Survives("nic");

    [Fact]
    public void A_switch_that_is_killed_again_and_again_is_there_again_for_its_clients() => Survives("switch");

    // After the last time its clients ask and talk again. They leave a CPU no time at all: the first one is for what is printed.
    private static void Survives(string victim)
    {
        string saboteur = $"""
              - name: saboteur
                image: tests/saboteur.elf
                arguments: {Kills} 250 {victim}
                priority: driver
                uses: [control]

            """;
        string manifest = (Manifest() + saboteur)
            .Replace("arguments: 21 22", "arguments: 21 22 100000", StringComparison.Ordinal)
            .Replace("arguments: 22 21", "arguments: 22 21 100000", StringComparison.Ordinal)
            .Replace("    cpus: all\n", "", StringComparison.Ordinal)
            .Replace("    memory: ", "    cpus: [1]\n    memory: ", StringComparison.Ordinal);
        string name = $"switch-{victim}-killed";
        using Emulator emulator = Start(name, manifest, "igb");
        foreach (string client in s_clients)
            Expect(emulator, name, [$"killed {victim}, {Kills}", .. Talks(client)]);
    }

    private static string[] Talks(string client) =>
        [$"{client}| net: 10.0.2.2 is at 52:55:0a:00:02:02", $"{client}| net: the peer is at ", $"{client}| net: 1000 packets came back"];

    private static string AddressOf(Emulator emulator, string client)
    {
        string mark = $"{client}| port: ";
        string line = emulator.Serial.Lines.First(line => line.Contains(mark, StringComparison.Ordinal));
        return line[(line.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..];
    }

    private static string Manifest() => File.ReadAllText(Path.Combine(Repository.Root, "images", "switch.yaml"));

    private static Emulator Start(string name, string manifest, string model)
    {
        Scenario scenario = ScenarioReader.Parse(manifest, name + ".yaml");
        CompiledManifest.Write(scenario, Repository.Out);
        QemuSpec spec = new(BootPath.Kernel, "q35", "max", 2)
        {
            Options = ["-netdev", "user,id=n0", "-device", $"{model},netdev=n0,mac=52:54:00:00:00:01"],
        };
        return QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", ""));
    }

    private static void Expect(Emulator emulator, string name, string[] wanted)
    {
        Verdict verdict = emulator.Serial.Expect(wanted, s_refused, s_patience);
        if (verdict.IsGood)
            return;

        throw BootRun.Failure(name, verdict.Reason, emulator);
    }
}
