using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>
/// The root task crashes on purpose, booted by syslinux with the word on its own command line: it says what happened and where in C#, and
/// the machine ends as failed.
/// </summary>
public class HelloCrashTests
{
    private const byte Failure = 1;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Fact]
    public void An_unhandled_exception_is_reported_by_name_message_and_stack()
    {
        IReadOnlyList<string> report = Crash("throw");

        Assert.Equal("panic: unhandled System.InvalidOperationException: asked for", report[0]);
        AssertStack(report, "RhpThrowEx+", "Kilonova.Hello.Program.Crash+", "Kilonova.Hello.Program.Main+", "Kilonova.Runtime.RootTask.Start+");
    }

    [Fact]
    public void A_stack_overflow_is_told_from_other_page_faults()
    {
        IReadOnlyList<string> report = Crash("stack");

        Assert.Equal("crash: #PF page fault in root on CPU 0: stack overflow in Kilonova.Hello.Program.Recurse", report[0]);
        AssertStack(report, "Kilonova.Hello.Program.Recurse+", "Kilonova.Hello.Program.Recurse+", "Kilonova.Hello.Program.Recurse+");
    }

    [Fact]
    public void A_null_reference_is_reported_with_its_address()
    {
        IReadOnlyList<string> report = Crash("null");

        Assert.Equal("crash: #PF page fault in root on CPU 0: null reference in Kilonova.Hello.Program.ReadNothing", report[0]);
        Assert.Equal("  reading 0000000000000008: not mapped", report[1]);
        AssertStack(report, "Kilonova.Hello.Program.ReadNothing+", "Kilonova.Hello.Program.Crash+", "Kilonova.Hello.Program.Main+");
    }

    [Fact]
    public void A_division_by_zero_is_reported_where_it_happened()
    {
        IReadOnlyList<string> report = Crash("divide");

        Assert.Equal("crash: #DE divide error in root on CPU 0: stopped in Kilonova.Hello.Program.Divide", report[0]);
        AssertStack(report, "Kilonova.Hello.Program.Divide+", "Kilonova.Hello.Program.Crash+", "Kilonova.Hello.Program.Main+");
    }

    // From the report's first line to the end of the machine, which must come by itself.
    private static List<string> Crash(string how)
    {
        string name = "crash-" + how;
        using QemuMachine machine = QemuMachine.Start(new QemuSpec(BootPath.Syslinux, "q35", "max", 2), Image(name, "crash=" + how));
        int? code = machine.WaitForExit(s_patience);
        if (code != QemuMachine.ExitCode(Failure))
            throw BootRun.Failure(name, code is null ? "the machine did not end" : $"the machine ended with {code}", machine);

        _ = machine.Serial.Expect(["never printed"], [], s_patience);
        List<string> report = [.. machine.Serial.Lines.SkipWhile(line => !line.StartsWith("panic:") && !line.StartsWith("crash:"))];
        Assert.NotEmpty(report);
        Assert.DoesNotContain(machine.Serial.Lines, line => line.Contains("kernel panic") || line.Contains("hello: idling"));
        return report;
    }

    private static BootImage Image(string name, string arguments)
    {
        Scenario hello = BootImage.OfScenario("hello").Scenario;
        Scenario scenario = hello with { Modules = [hello.Modules[0] with { Arguments = arguments }] };
        string folder = Repository.EmptyFolder(name);
        string disk = Path.Combine(folder, "test.img");
        SyslinuxImage.Build(scenario, Repository.Out, "Made by a test.\n", Path.Combine(folder, "disk"), disk);
        return new BootImage(scenario, Repository.Out, "", disk);
    }

    // The functions in this order, others between them.
    private static void AssertStack(IEnumerable<string> report, params string[] functions)
    {
        Queue<string> wanted = new(functions);
        foreach (string line in report.Where(line => line.StartsWith("    at ", StringComparison.Ordinal)))
        {
            if (wanted.Count > 0 && line.Contains(" " + wanted.Peek(), StringComparison.Ordinal))
                wanted.Dequeue();
        }

        Assert.Empty(wanted);
    }
}
