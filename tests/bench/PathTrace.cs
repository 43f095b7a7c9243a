using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Iced.Intel;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;
using Xunit.Abstractions;

namespace Kilonova.Bench.Tests;

/// <summary>
/// Follows one round of each path instruction by instruction, with QEMU's debugger stub. Instructions are not cycles: the table tells
/// which expensive ones a path executes (out/bench-expensive.md); the listings show where its instructions go (out/profile/).
/// </summary>
public class PathTrace(ITestOutputHelper output)
{
    private const int StackPointer = 7;
    private const int InstructionPointer = 16;
    private const int Limit = 400_000;

    /// <summary>Below this there is no code but that of the guest.</summary>
    private const ulong GuestEnd = 0x10_0000;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A path: the loop that runs it, how many starts of that loop after the path before it, how many rounds to skip and by how much to
    /// divide what a round takes.
    /// </summary>
    private sealed record TracedPath(string Name, string Loop, int Starts = 1, int Skip = 3, int Parts = 1);

    // In the order of the program, which runs everything twice: the first time to fill caches and tables.
    private static readonly TracedPath[] s_paths =
    [
        new("null", "null", Starts: 2),
        new("call1", "call"),
        new("call8", "call"),
        new("call64", "call"),
        new("up", "hypercall"),
        new("down", "hypercall"),
        new("pingpong", "ping"),
        new("create_sm", "sequence"),
        new("create_pt", "sequence"),
        new("delegate_object", "map"),
        new("delegate_page", "map"),
        new("revoke_page", "hypercall", Skip: 0, Parts: 64),
        new("unmap_page", "map", Starts: 2),
        new("delegate_16_pages", "hypercall", Skip: 0),
        new("undefined", "undefined"),
        new("page_fault", "touch"),
        new("item_page", "item"),
        new("guest_cpuid", "guest_cpuid"),
        new("guest_page", "guest_touch"),
    ];

    /// <summary>A column of the table, and which instructions count in it.</summary>
    private static readonly (string Name, Func<Instruction, bool> Counts)[] s_expensive =
    [
        ("CR3", instruction => instruction.Op0Register == Register.CR3),
        ("CR0, CR4", instruction => instruction.Op0Register is Register.CR0 or Register.CR4),
        ("XCR0", instruction => instruction.Mnemonic == Mnemonic.Xsetbv),
        ("XSAVE, XRSTOR", instruction => instruction.Mnemonic is Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsavec or Mnemonic.Xsavec64
            or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsaves or Mnemonic.Xsaves64 or Mnemonic.Xrstor or Mnemonic.Xrstor64
            or Mnemonic.Xrstors or Mnemonic.Xrstors64 or Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64),
        ("MSR", instruction => instruction.Mnemonic is Mnemonic.Rdmsr or Mnemonic.Wrmsr),
        ("VMLOAD, VMSAVE", instruction => instruction.Mnemonic is Mnemonic.Vmload or Mnemonic.Vmsave),
        ("VMREAD, VMWRITE", instruction => instruction.Mnemonic is Mnemonic.Vmread or Mnemonic.Vmwrite),
        ("INVLPG, INVPCID", instruction => instruction.Mnemonic is Mnemonic.Invlpg or Mnemonic.Invpcid),
        ("IRET", instruction => instruction.Mnemonic is Mnemonic.Iretq),
        ("locked", instruction => instruction.HasLockPrefix
            || (instruction.Mnemonic == Mnemonic.Xchg && (instruction.Op0Kind == OpKind.Memory || instruction.Op1Kind == OpKind.Memory))),
    ];

    [Fact]
    [Trait("Category", "Bench")]
    public void Expensive_instructions_by_path()
    {
        TracedCode kernel = new("kernel");
        TracedCode program = new("tests/paths");
        string socket = GdbSession.NewPath();
        QemuSpec spec = new(BootPath.Kernel, "q35", "max,-x2apic,+svm", 1) { Options = ["-icount", "shift=0,sleep=off", .. GdbSession.Options(socket)] };
        Scenario scenario = new("trace", "made by a test", new BootFile("kernel.elf", ""), [new BootFile("tests/paths.elf", "")], Machine.Default);
        using Emulator machine = QemuMachine.Start(spec, new BootImage(scenario, Repository.Out, "", ""));
        using GdbSession session = new(socket, s_patience);

        StringBuilder table = new($"| Path | instructions | {string.Join(" | ", s_expensive.Select(column => column.Name))} |\n");
        table.Append('|').Append(string.Concat(Enumerable.Repeat("---|", s_expensive.Length + 2))).Append('\n');
        string listings = Directory.CreateDirectory(Path.Combine(Repository.Out, "profile")).FullName;
        foreach (TracedPath path in s_paths)
        {
            RunToRound(session, program, path);
            List<TracedInstruction> round = Follow(session, program, path, kernel);
            File.WriteAllText(Path.Combine(listings, path.Name + ".txt"), Listing(round));
            int[] counts = [.. s_expensive.Select(column => round.Count(step => column.Counts(step.Instruction)))];
            table.Append(CultureInfo.InvariantCulture, $"| {path.Name} | {round.Count / path.Parts}");
            foreach (int count in counts)
                table.Append(CultureInfo.InvariantCulture, $" | {(double)count / path.Parts:0.##}");

            table.Append(" |\n");
            foreach ((int count, (string name, _)) in counts.Zip(s_expensive))
                Assert.True(count == 0 || name is not ("XSAVE, XRSTOR" or "CR0, CR4"), $"{path.Name} executes {name}");
        }

        File.WriteAllText(Path.Combine(Repository.Out, "bench-expensive.md"), table.ToString());
        output.WriteLine(table.ToString());
    }

    /// <summary>Lets the machine run to the start of a round in the midst of a path's run.</summary>
    private static void RunToRound(GdbSession session, TracedCode program, TracedPath path)
    {
        for (int starts = 0; starts < path.Starts; starts++)
        {
            session.RunTo(program.Address($"bench_{path.Loop}"));
            session.Step();
        }

        ulong start = program.Address($"bench_{path.Loop}_round");
        session.RunTo(start);
        ulong stack = session.Register(StackPointer);
        for (int skipped = 0; skipped < path.Skip;)
        {
            session.Step();
            session.RunTo(start);
            if (session.Register(StackPointer) == stack)
                skipped++;
        }
    }

    /// <summary>Executes one round, step by step: until the thread that began it is back at its start, or behind its loop.</summary>
    private static List<TracedInstruction> Follow(GdbSession session, TracedCode program, TracedPath path, TracedCode kernel)
    {
        ulong start = program.Address($"bench_{path.Loop}_round");
        ulong end = program.Address($"bench_{path.Loop}_end");
        ulong stack = session.Register(StackPointer);
        List<TracedInstruction> round = [];
        ulong address = start;
        do
        {
            // A guest's own instructions are in neither image.
            if (address >= GuestEnd)
                round.Add((kernel.Contains(address) ? kernel : program).At(address));

            session.Step();
            address = session.Register(InstructionPointer);
            Assert.True(round.Count < Limit, $"{path.Name} does not come back");
        }
        while ((address != start && address != end) || session.Register(StackPointer) != stack);
        return round;
    }

    private static string Listing(List<TracedInstruction> round)
    {
        StringBuilder text = new("Instructions by function\n");
        foreach (IGrouping<string, TracedInstruction> function in round.GroupBy(step => step.Function).OrderByDescending(group => group.Count()))
            text.Append(CultureInfo.InvariantCulture, $"{function.Count(),8} {function.Key}\n");

        text.Append("\nInstructions in order\n");
        NasmFormatter formatter = new();
        StringOutput line = new();
        string last = "";
        foreach (TracedInstruction step in round)
        {
            if (step.Function != last)
                text.Append(CultureInfo.InvariantCulture, $"{step.Function}\n");

            last = step.Function;
            formatter.Format(step.Instruction, line);
            text.Append(CultureInfo.InvariantCulture, $"    {step.Instruction.IP:x16}  {line.ToStringAndReset()}\n");
        }

        return text.ToString();
    }
}
