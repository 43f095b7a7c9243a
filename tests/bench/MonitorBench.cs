using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;
using Xunit.Abstractions;

namespace Kilonova.Bench.Tests;

/// <summary>
/// What guests cost under the monitors "multiboot" and "linux" on an AMD machine, counted like the kernel's paths, beside the same guests under
/// KVM with QEMU on that machine: exits by a kernel of ours that measures itself, and the boot of Debian's cloud kernel, which is booted without a
/// virtual machine, too. Writes out/bench-exits.md and out/bench-boot.md.
/// </summary>
public partial class MonitorBench(ITestOutputHelper output)
{
    private const string Cloud = "vmlinuz-cloud-amd64";
    private const string CloudDisk = "initramfs-amd64";
    private const string Source = "tests/bench/guests/exits.S";
    private const string RunInit = "Run /init as init process";
    private const string KvmExits = "kvm: exits ";

    // The kernel's messages are not printed, for that would be most of the exits; the one that tells the time of init is looked up.
    private const string Command = "console=ttyS0 quiet idle=poll run=dmesg|grep,Run";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(20);

    /// <summary>Name in the guest's output, what it is, budget; 0 where there is none.</summary>
    private static readonly (string Name, string Exit, int Budget)[] s_exits =
    [
        ("cpuid", "CPUID", 450),
        ("out", "OUT to a register of the serial port", 700),
        ("in", "IN from it", 700),
        ("store", "MMIO store to the IO-APIC, decoded and emulated", 1200),
        ("load", "MMIO load from it", 1200),
        ("apic", "MMIO store to the local APIC's task priority", 1200),
        ("msr", "WRMSR of the x2APIC's task priority", 0),
    ];

    [Fact]
    [Trait("Category", "Bench")]
    public void Exits_and_boot_of_a_guest()
    {
        IReadOnlyList<string> exits = Run(GuestKernel.Make(Source), "", "quiet", 4, "exits: msr");
        Keep("ours-exits", exits.Where(IsFigure));
        IReadOnlyList<string> boot = Run(Cloud, CloudDisk, Command + " run=poweroff,-f", 128, "bytes allocated");
        Keep("ours-boot", boot.Where(line => InitLine().IsMatch(line) || line.EndsWith(" exits", StringComparison.Ordinal)));
        IReadOnlyList<string> direct = Boot(Cloud, CloudDisk, Command, 128, RunInit);
        Keep("direct-boot", direct.Where(line => InitLine().IsMatch(line)));
        WriteTables();
    }

    [Fact]
    [Trait("Category", "Bench")]
    public void The_same_under_kvm_with_qemu()
    {
        string exits = GuestKernel.Make(Source);
        IReadOnlyList<string> kvm = Boot("vmlinuz-amd64", "initramfs-modules-amd64", "console=ttyS0 quiet root=/dev/sda", 1024, "kvm: done",
            "-drive", $"file={KvmDisk.Make((exits, exits), (Cloud, "vmlinuz"), (CloudDisk, "initramfs"))},format=raw,snapshot=on");
        Keep("kvm-exits", kvm.Where(IsFigure));
        Keep("kvm-boot", kvm.Where(line => InitLine().IsMatch(line) || line.Contains(KvmExits, StringComparison.Ordinal)));
        WriteTables();
    }

    // Either of the tests writes what both have measured so far.
    private void WriteTables()
    {
        Dictionary<string, int> ours = Ticks(Kept("ours-exits"));
        Dictionary<string, int> theirs = Ticks(Kept("kvm-exits"));
        StringBuilder table = new("| Exit, monitor, guest | Kilonova | Budget | KVM with QEMU |\n|---|---|---|---|\n");
        foreach ((string name, string exit, int budget) in s_exits)
        {
            string over = budget > 0 && ours.GetValueOrDefault(name) > budget ? " (over)" : "";
            table.Append(
                CultureInfo.InvariantCulture, $"| {exit} | {Figure(ours, name)}{over} | {(budget > 0 ? budget : "")} | {Figure(theirs, name)} |\n");
        }

        Write("bench-exits.md", table);
        IReadOnlyList<string> boot = Kept("ours-boot");
        IReadOnlyList<string> direct = Kept("direct-boot");
        IReadOnlyList<string> kvm = Kept("kvm-boot");
        string budgetOfTime = direct.Count > 0 ? Seconds(1.2 * SecondsToInit(direct)) : "";
        table = new("| | Kilonova | Budget | KVM with QEMU |\n|---|---|---|---|\n");
        table.Append(CultureInfo.InvariantCulture, $"| Kernel to init, s; {InitOf(direct)} without a virtual machine | {InitOf(boot)} | ");
        table.Append(CultureInfo.InvariantCulture, $"{budgetOfTime} | {InitOf(kvm)} |\n");
        table.Append(CultureInfo.InvariantCulture, $"| Exits | {ExitsOf(boot, " exits")} | 4000 | {ExitsOf(kvm, KvmExits)} |\n");
        foreach (string line in boot.Where(line => line.EndsWith(" exits", StringComparison.Ordinal) && line.Contains(": ", StringComparison.Ordinal)))
            table.Append(CultureInfo.InvariantCulture, $"| {line[(line.IndexOf('|') + 1)..].Trim()} | | | |\n");

        Write("bench-boot.md", table);
    }

    // What a run has said stays in out/bench, for the table that is made when the other side is measured.
    private static void Keep(string name, IEnumerable<string> lines) =>
        File.WriteAllLines(Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Out, "bench")).FullName, name), lines);

    private static string[] Kept(string name)
    {
        string file = Path.Combine(Repository.Out, "bench", name);
        return File.Exists(file) ? File.ReadAllLines(file) : [];
    }

    private static bool IsFigure(string line) =>
        line.Contains("exits: ", StringComparison.Ordinal) && !line.Contains("kvm:", StringComparison.Ordinal);

    private static string Figure(Dictionary<string, int> ticks, string name) =>
        ticks.TryGetValue(name, out int value) ? value.ToString(CultureInfo.InvariantCulture) : "";

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static string InitOf(IReadOnlyList<string> lines) => lines.Count > 0 ? Seconds(SecondsToInit(lines)) : "";

    private static Dictionary<string, int> Ticks(IReadOnlyList<string> lines)
    {
        Dictionary<string, int> ticks = lines
            .Select(line => line[line.IndexOf("exits: ", StringComparison.Ordinal)..].Split(' '))
            .ToDictionary(words => words[1], words => int.Parse(words[2], CultureInfo.InvariantCulture));
        return ticks.ToDictionary(pair => pair.Key, pair => pair.Value - ticks["nothing"]);
    }

    // The last figure in the last line with the mark; that of all exits comes last.
    private static string ExitsOf(IReadOnlyList<string> lines, string mark) =>
        lines.LastOrDefault(line => line.Contains(mark, StringComparison.Ordinal)) is { } line ? Number().Matches(line)[^1].Value : "";

    // The guest's own clock, which runs from the first instructions of its kernel's C code.
    private static double SecondsToInit(IReadOnlyList<string> lines) => double.Parse(
        InitLine().Match(lines.Single(line => InitLine().IsMatch(line))).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[\s*([0-9.]+)\] Run /init as init process")]
    private static partial Regex InitLine();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();

    // Counting instructions does not go together with the x2APIC's timer in QEMU.
    private static QemuSpec Counted(string cpu, int memory, params string[] options) =>
        new(BootPath.Kernel, "q35", cpu, 1) { Memory = memory, Options = ["-icount", "shift=0,sleep=off", .. options] };

    private static IReadOnlyList<string> Boot(string kernel, string disk, string command, int memory, string last, params string[] options)
    {
        Scenario scenario = new(
            "linux", "made by a test", new BootFile("guests/" + kernel, command), [new BootFile("guests/" + disk, "")], Machine.Default);
        QemuSpec spec = Counted("max,-x2apic,+svm", memory, options);
        return BootRun.Expect(
            $"bench-{kernel}", () => QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", "")), [last], s_patience);
    }

    private static IReadOnlyList<string> Run(string kernel, string disk, string command, int memory, string last)
    {
        string manifest = $"description: made by a test\nkernel:\n  arguments: serial\ncomponents:\n{Guest(kernel, disk, command, memory)}";
        Scenario scenario = ScenarioReader.Parse(manifest, "monitor.yaml");
        CompiledManifest.Write(scenario, Repository.Out);
        using Emulator machine = QemuMachine.Start(
            Counted("max,-x2apic,+svm", 512), new BootImage(scenario, Repository.Out, "", ""));
        // Then the log, which has the figures.
        if (disk.Length > 0)
        {
            Wait(machine, "Run /init");
            machine.Type("\u00140");
        }

        Wait(machine, last);
        return machine.Serial.Lines;
    }

    private static void Wait(Emulator machine, string line)
    {
        Verdict verdict = machine.Serial.Expect([line], ["panic:", "killed:"], s_patience);
        if (!verdict.IsGood)
            throw BootRun.Failure("monitor", verdict.Reason, machine);
    }

    private static string Guest(string kernel, string disk, string command, int memory) => $"""
          - name: console
            image: components/console.elf
            memory: 512K
            heap: 128K
            priority: driver
            restart: always
            ports: [0x3f8-0x3ff]
            interrupts: [4]
            offers: [console, views]
            uses: [log]
          - name: linux
            image: components/vmm-{(disk.Length > 0 ? "linux" : "multiboot")}.elf
            start: boot
            memory: 5M
            heap: 3M
            kernel-memory: 2M
            schedules: yes
            uses: [console]
            guest:
              kernel: guests/{kernel}
              command-line: {command}
              memory: {memory}M
              vcpus: 1
              {(disk.Length > 0 ? "initrd: guests/" + disk : "")}

        """;

    private void Write(string file, StringBuilder table)
    {
        File.WriteAllText(Path.Combine(Repository.Out, file), table.ToString());
        output.WriteLine(table.ToString());
    }
}
