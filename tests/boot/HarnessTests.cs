using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>The harness itself, on a program that is known to work: a verdict is worth no more than who gives it.</summary>
public class HarnessTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData(BootPath.GrubBios, "q35", 1)]
    [InlineData(BootPath.GrubUefi, "q35", 2)]
    [InlineData(BootPath.GrubUefi, "pc", 1)]
    [InlineData(BootPath.Syslinux, "q35", 2)]
    [InlineData(BootPath.Syslinux, "pc", 1)]
    [InlineData(BootPath.Kernel, "pc", 2)]
    public void Qemu_boots_every_way(BootPath path, string board, int cpus)
    {
        QemuSpec spec = new(path, board, "qemu64", cpus);
        string started = path == BootPath.GrubUefi ? "fixture: started by multiboot 2" : "fixture: started by multiboot 1";

        BootRun.Expect(
            $"fixture-{spec}",
            () => QemuMachine.Start(spec, Fixture.Halting),
            [started, "fixture: modules 2", "fixture: done"],
            s_patience);
    }

    [Theory]
    [InlineData(BootPath.GrubBios, 1)]
    [InlineData(BootPath.Syslinux, 2)]
    public void Bochs_boots_from_cd_and_disk(BootPath path, int cpus)
    {
        BochsSpec spec = new(path, "corei7_skylake_x", cpus);

        BootRun.Expect(
            $"fixture-{spec}",
            () => BochsMachine.Start(spec, Fixture.Halting),
            ["fixture: started by multiboot 1", "fixture: modules 2", "fixture: done"],
            s_patience);
    }

    [Fact]
    public void A_machine_that_switches_itself_off_tells_its_code()
    {
        using QemuMachine machine = QemuMachine.Start(new QemuSpec(BootPath.Kernel, "q35", "qemu64", 1), Fixture.Leaving);

        Assert.Equal(QemuMachine.ExitCode(0x21), machine.WaitForExit(s_patience));
        Assert.True(machine.Serial.Expect(["fixture: done"], [], s_patience).IsGood);
        Assert.Contains("ended before", machine.Serial.Expect(["never"], [], s_patience).Reason);
    }

    [Fact]
    public void A_silent_machine_fails_at_its_deadline_and_is_ended()
    {
        Stopwatch watch = Stopwatch.StartNew();
        QemuMachine machine = QemuMachine.Start(new QemuSpec(BootPath.Kernel, "q35", "qemu64", 1), Fixture.Silent);
        Verdict verdict = machine.Serial.Expect(["fixture: done"], [], TimeSpan.FromSeconds(2));
        List<string> before = ProcessesWith(Fixture.Silent.Artifacts);
        machine.Dispose();

        Assert.False(verdict.IsGood);
        Assert.Contains("not printed within 2 s", verdict.Reason);
        Assert.Contains(before, line => line.StartsWith("qemu-system-x86_64 ", StringComparison.Ordinal));
        Assert.Empty(ProcessesWith(Fixture.Silent.Artifacts));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(2), s_patience);
    }

    [Fact]
    public void A_failed_boot_leaves_its_log()
    {
        string name = $"fixture-fails-{Guid.NewGuid():N}";
        QemuSpec spec = new(BootPath.Kernel, "q35", "qemu64", 1);
        BootFailedException failure = Assert.Throws<BootFailedException>(() => BootRun.Expect(
            name, () => QemuMachine.Start(spec, Fixture.Leaving), ["fixture: done", "something else"], s_patience));
        string log = Path.Combine(Repository.Logs, name + ".log");

        Assert.Contains("  | fixture: done", failure.Message);
        Assert.Contains("fixture: done", File.ReadAllText(log));
        Assert.Contains("qemu-system-x86_64", File.ReadAllText(log));
        File.Delete(log);
    }

    [Fact]
    public void The_log_of_a_machine_that_stands_still_shows_where_its_processors_are()
    {
        string name = $"fixture-stands-{Guid.NewGuid():N}";
        QemuSpec spec = new(BootPath.Kernel, "q35", "qemu64", 2);
        Assert.Throws<BootFailedException>(() => BootRun.Expect(
            name, () => QemuMachine.Start(spec, Fixture.Silent), ["something"], TimeSpan.FromSeconds(2)));
        string log = Path.Combine(Repository.Logs, name + ".log");
        string[] lines = File.ReadAllLines(log);
        File.Delete(log);

        // Twice two.
        Assert.Equal(4, lines.Count(line => line.StartsWith("CPU#", StringComparison.Ordinal)));
        Assert.Equal(4, lines.Count(line => line.StartsWith("RIP=", StringComparison.Ordinal) || line.StartsWith("EIP=", StringComparison.Ordinal)));
    }

    [Fact]
    public void Bochs_is_ended_with_everything_it_started()
    {
        BochsMachine machine = BochsMachine.Start(new BochsSpec(BootPath.GrubBios, "corei7_skylake_x", 1), Fixture.Halting);
        Verdict verdict = machine.Serial.Expect(["fixture: done"], [], s_patience);
        List<string> before = ProcessesWith(machine.Folder);
        machine.Dispose();

        // The terminal's program, the shell within it, and Bochs.
        Assert.True(verdict.IsGood, verdict.Reason);
        Assert.InRange(before.Count, 2, 5);
        Assert.True(SpinWait.SpinUntil(() => ProcessesWith(machine.Folder).Count == 0, TimeSpan.FromSeconds(10)));
    }

    /// <summary>Command lines of the processes of this machine that name something.</summary>
    private static List<string> ProcessesWith(string name)
    {
        List<string> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                string line = File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
                if (line.Contains(name, StringComparison.Ordinal))
                    found.Add(line);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Not a process, or no longer.
            }
        }

        return found;
    }
}

public class SerialLogTests
{
    [Fact]
    public void Lines_are_told_apart_and_cleaned()
    {
        SerialLog log = new();
        log.Append(Encoding.ASCII.GetBytes("\x1b[2J\x1b[01;01Hone\r\nt"));
        log.Append(Encoding.ASCII.GetBytes("wo\n\x1b[0mthree"));

        Assert.Equal(["one", "two", "three"], log.Lines);
    }

    [Fact]
    public void Wanted_lines_must_come_in_order()
    {
        SerialLog log = new();
        log.Append("b\na\nb\n"u8);
        log.End();

        Assert.True(log.Expect(["a", "b"], [], TimeSpan.Zero).IsGood);
        Assert.False(log.Expect(["b", "b", "b"], [], TimeSpan.Zero).IsGood);
    }

    [Fact]
    public void An_incomplete_line_does_not_count()
    {
        SerialLog log = new();
        log.Append("hello"u8);

        Assert.False(log.Expect(["hello"], [], TimeSpan.FromMilliseconds(50)).IsGood);
    }

    [Fact]
    public void A_refused_line_fails_at_once()
    {
        SerialLog log = new();
        log.Append("a\npanic: no\nb\n"u8);
        Verdict verdict = log.Expect(["a", "b"], ["panic"], TimeSpan.FromMinutes(1));

        Assert.False(verdict.IsGood);
        Assert.Contains("panic: no", verdict.Reason);
        Assert.True(log.Expect(["a"], ["panic"], TimeSpan.Zero).IsGood);
    }

    [Fact]
    public async Task Waiting_ends_as_soon_as_the_line_comes()
    {
        SerialLog log = new();
        Task<Verdict> waiting = Task.Run(() => log.Expect(["late"], [], TimeSpan.FromMinutes(1)));
        await Task.Delay(50);
        Assert.False(waiting.IsCompleted);
        log.Append("late\n"u8);

        Assert.True((await waiting.WaitAsync(TimeSpan.FromSeconds(30))).IsGood);
    }
}

public class CoveringArrayTests
{
    [Theory]
    [InlineData(2, 2, 2, 2)]
    [InlineData(4, 4, 2, 5)]
    [InlineData(3, 1, 7, 2)]
    public void Every_pair_of_values_stands_in_a_row(params int[] sizes)
    {
        IReadOnlyList<int[]> rows = CoveringArray.Pairs(sizes);
        for (int a = 0; a < sizes.Length; a++)
        {
            for (int b = a + 1; b < sizes.Length; b++)
                Assert.Equal(sizes[a] * sizes[b], rows.Select(row => (row[a], row[b])).Distinct().Count());
        }
    }

    [Fact]
    public void The_rows_are_few_and_always_the_same()
    {
        IReadOnlyList<int[]> rows = CoveringArray.Pairs(4, 4, 2, 5);

        Assert.InRange(rows.Count, 20, 24);
        Assert.Equal(rows, CoveringArray.Pairs(4, 4, 2, 5));
        Assert.Equal(160, CoveringArray.All(4, 4, 2, 5).Select(row => string.Join(',', row)).Distinct().Count());
    }
}
