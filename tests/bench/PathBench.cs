using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;
using Xunit.Abstractions;

namespace Kilonova.Bench.Tests;

/// <summary>
/// The kernel's paths in instructions, counted by QEMU (-icount: one tick of the time counter is one instruction), beside their budgets
/// and what NOVA 24.08 takes on the same emulated machine. Writes out/bench.json and out/bench.md.
/// </summary>
public class PathBench(ITestOutputHelper output)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Name in the program's output, what it is, instructions of NOVA 24.08, budget.</summary>
    private static readonly (string Name, string Path, int Nova, int Budget)[] s_rows =
    [
        ("null", "Hypercall 0xf operation 0 (BAD_HYP)", 55, 50),
        ("call1", "IPC call + reply, other domain, 1 word", 282, 200),
        ("call8", "same, 8 words", 352, 250),
        ("call64", "same, 64 words", 912, 400),
        ("up", "Semaphore up, no waiter", 142, 100),
        ("down", "Semaphore down, no block", 146, 100),
        ("pingpong", "Two threads, one CPU: 2 up + 2 blocking down", 3925, 1200),
        ("create_sm", "create_sm", 608, 450),
        ("create_pt", "create_pt", 684, 500),
        ("delegate_object", "Delegate one object capability", 347, 300),
        ("delegate_page", "Delegate one 4 KiB page, other domain", 969, 600),
        ("unmap_page", "Unmap one 4 KiB page, other domain", 904, 600),
        ("delegate_16_pages", "Delegate 16 pages, order 4", 11584, 2500),
        ("page_fault", "Page fault, user pager, map 4 KiB, resume", 2907, 1300),
        ("item_page", "Call + reply that delegates one page by item (2013's NOVA)", 2126, 900),
        ("undefined", "#UD to a handler and back", 318, 250),
        ("guest_cpuid", "VM exit CPUID, handler, guest (NOVA on VMX)", 570, 350),
        ("guest_page", "Nested page fault, VMM maps 4 KiB, guest (NOVA on VMX)", 1474, 1000),
        ("revoke_page", "Recursive revoke, per child (2013's NOVA)", 1210, 500),
    ];

    [Fact]
    [Trait("Category", "Bench")]
    public void Kernel_paths_in_instructions()
    {
        // Counting instructions does not go together with the x2APIC's timer in QEMU.
        QemuSpec spec = new(BootPath.Kernel, "q35", "max,-x2apic,+svm", 1) { Options = ["-icount", "shift=0,sleep=off"] };
        Scenario scenario = new("paths", "made by a test", new BootFile("kernel.elf", ""), [new BootFile("tests/paths.elf", "")], Machine.Default);
        IReadOnlyList<string> lines = BootRun.Expect(
            $"paths-{spec}",
            () => QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", "")),
            ["bench: done"],
            s_patience,
            ["crash:", .. BootRun.Trouble]);
        Dictionary<string, int> measured = lines
            .Where(line => line.StartsWith("bench: ", StringComparison.Ordinal) && line != "bench: done")
            .Select(line => line.Split(' '))
            .ToDictionary(words => words[1], words => int.Parse(words[2], CultureInfo.InvariantCulture));

        StringBuilder table = new("| Path | Kilonova | Budget | NOVA |\n|---|---|---|---|\n");
        foreach ((string name, string path, int nova, int budget) in s_rows)
        {
            int ticks = measured[name];
            Assert.True(ticks > 0, $"{name} took no time");
            table.Append(CultureInfo.InvariantCulture, $"| {path} | {ticks}{(ticks > budget ? " (over)" : "")} | {budget} | {nova} |\n");
        }

        File.WriteAllText(Path.Combine(Repository.Out, "bench.md"), table.ToString());
        File.WriteAllText(
            Path.Combine(Repository.Out, "bench.json"),
            JsonSerializer.Serialize(
                s_rows.Select(row => new { row.Name, row.Path, Instructions = measured[row.Name], row.Budget, row.Nova }),
                new JsonSerializerOptions { WriteIndented = true }));
        output.WriteLine(table.ToString());
    }
}
