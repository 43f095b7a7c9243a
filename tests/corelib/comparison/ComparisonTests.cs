using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;

namespace Kilonova.CoreLibTests;

/// <summary>The same program against .NET's library on the host and against lib/corelib on the kernel: every line is the same.</summary>
public class ComparisonTests
{
    private const string Mark = "> ";
    private const int MemoryMiB = 512;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [Fact]
    public void Behaviours_are_those_of_dotnet() => Compare("behaviours", 600);

    [Fact]
    public void Iced_decodes_analyses_and_formats_as_on_dotnet() => Compare("iced-comparison", 80);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Types_calls_memory_and_exceptions_stand_threads_on_all_cpus(int cpus)
    {
        using QemuMachine qemu = Boot("concurrency", cpus);
        int? code = qemu.WaitForExit(s_patience);

        Verdict verdict = qemu.Serial.Expect([Mark + "good"], [Mark + "bad", .. BootRun.Trouble], TimeSpan.FromSeconds(10));
        if (!verdict.IsGood)
            throw BootRun.Failure($"concurrency-{cpus}", verdict.Reason, qemu);

        Assert.Equal(QemuMachine.ExitCode(0), code);
    }

    private static QemuMachine Boot(string program, int cpus)
    {
        Scenario scenario = new(
            program, "made by a test", new BootFile("kernel.elf", ""), [new BootFile($"tests/{program}.elf", "")], Machine.Default);
        QemuSpec machine = new(BootPath.Kernel, "q35", "qemu64", cpus) { Memory = MemoryMiB };
        return QemuMachine.Start(machine, new BootImage(scenario, Repository.Out, "", ""));
    }

    private static void Compare(string program, int leastLines)
    {
        string[] expected = RunOnHost(program);
        Assert.True(expected.Length >= leastLines, $"the host printed {expected.Length} lines");

        using QemuMachine qemu = Boot(program, 1);
        int? code = qemu.WaitForExit(s_patience);

        // The last lines may still be in the pipe when the process is gone.
        qemu.Serial.Expect([Mark + expected[^1]], [], TimeSpan.FromSeconds(10));
        List<string> actual = [.. qemu.Serial.Lines.Where(line => line.StartsWith(Mark, StringComparison.Ordinal)).Select(Text)];
        string? difference = FirstDifference(expected, actual);
        if (difference is not null)
            throw BootRun.Failure(program, difference, qemu);

        Assert.Equal(QemuMachine.ExitCode(0), code);
    }

    private static string? FirstDifference(string[] expected, List<string> actual)
    {
        for (int i = 0; i < Math.Max(expected.Length, actual.Count); i++)
        {
            string wanted = i < expected.Length ? expected[i] : "nothing";
            string got = i < actual.Count ? actual[i] : "nothing";
            if (wanted != got)
                return $"line {i + 1} is '{got}', on the host '{wanted}'";
        }

        return null;
    }

    // The serial line's reader takes each byte for a character.
    private static string Text(string line) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line[Mark.Length..]));

    private static string[] RunOnHost(string program)
    {
        string assembly = Path.Combine(Repository.Out, "bin", program, "debug_net10.0", program + ".dll");
        ProcessStartInfo start = new("dotnet", [assembly]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text.TrimEnd('\n').Split('\n');
    }
}
