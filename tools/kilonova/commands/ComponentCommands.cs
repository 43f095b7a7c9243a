using System;
using System.CommandLine;
using System.Globalization;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Management;
using Spectre.Console;

namespace Kilonova.Tool;

/// <summary>Commands about components: list, top, start, stop, kill, log, crash.</summary>
internal static class ComponentCommands
{
    private const ulong PageKiB = 4;

    internal static Command CreateList()
    {
        Command command = new("list", "Lists the components of a running system.");
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var table = Output.Table("Component", "State", "Life", "Crashes", "Memory", "Kernel memory", "CPU time");
            foreach (var (name, component) in system.ListComponents())
                table.AddRow(Cells(name, component, $"{Seconds(component.Time, system):0.000} s"));

            Output.Write(table);
            return ExitCode.Success;
        });
        return command;
    }

    internal static Command CreateTop()
    {
        Option<double> interval = new("--interval") { Description = "Seconds between looks.", DefaultValueFactory = _ => 1 };
        Option<int> count = new("--count") { Description = "Number of looks; 0 for ever.", DefaultValueFactory = _ => 0 };
        Command command = new("top", "Shows again and again what components use: CPU, calls, ring records, memory against quota.") { interval, count };
        command.SetAction((parsed, cancellation) =>
        {
            using var system = Options.OpenSystem(parsed);
            new Top(system, TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(interval), 0.1, 3600)), parsed.GetValue(count)).Run(cancellation);
            return System.Threading.Tasks.Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    internal static Command CreateStart() => Control("start", "Starts a component that does not run.", ManagementOperation.Start);

    internal static Command CreateStop() => Control("stop", "Ends a component for good.", ManagementOperation.Stop);

    internal static Command CreateKill() =>
        Control("kill", "Ends a component as if it had failed: its restart policy says what follows.", ManagementOperation.Kill);

    internal static Command CreateLog()
    {
        var component = Component();
        Command command = new("log", "Prints the lines of a component's log that are kept.") { component };
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var name = parsed.GetRequiredValue(component);
            var lines = system.ReadLog(name);
            foreach (var (time, level, text) in lines)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{Seconds(time, system),10:0.000}] {Letter(level)} {text}"));

            return lines.Count > 0 ? ExitCode.Success : throw new CommandException($"{name} has logged nothing, or there is no such component");
        });
        return command;
    }

    internal static Command CreateCrash()
    {
        var component = Component();
        Command command = new("crash", "Prints the report of a component's last crash: registers, stack of C# functions, last log lines.") { component };
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var name = parsed.GetRequiredValue(component);
            Console.Write(system.ReadCrash(name) ?? throw new CommandException($"{name} has not crashed, or there is no such component"));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>A row of a table of components; the last cells are the command's own.</summary>
    internal static string[] Cells(string name, ComponentDescription component, params ReadOnlySpan<string> last) =>
    [
        Markup.Escape(name), State(component.State), $"{component.Life}", $"{component.Crashes}",
        $"{component.Memory * PageKiB} of {component.MemoryQuota * PageKiB} KiB",
        $"{component.KernelMemory * PageKiB} of {component.KernelMemoryQuota * PageKiB} KiB", .. last,
    ];

    private static string State(ComponentState state) => state switch
    {
        ComponentState.Running => "[green]running[/]",
        ComponentState.Stopped => "stopped",
        ComponentState.Restarting => "[yellow]starts again[/]",
        ComponentState.GivenUp => "[red]given up[/]",
        _ => "unknown",
    };

    private static char Letter(LogLevel level) => level switch
    {
        LogLevel.Warning => 'W',
        LogLevel.Error => 'E',
        LogLevel.Debug => 'D',
        _ => 'I',
    };

    private static double Seconds(ulong ticks, ManagementClient system) => (double)ticks / system.Frequency;

    private static Argument<string> Component() => new("component") { Description = "The component's name." };

    private static Command Control(string name, string description, ManagementOperation operation)
    {
        var component = Component();
        Command command = new(name, description) { component };
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var which = parsed.GetRequiredValue(component);
            var status = system.Control(operation, which);
            return status == ContractStatus.Ok ? ExitCode.Success : throw new CommandException($"{name} {which}: {Explain(status)}");
        });
        return command;
    }

    private static string Explain(ContractStatus status) => status switch
    {
        ContractStatus.NotFound => "no such component, or it does not run",
        ContractStatus.Busy => "it runs already",
        ContractStatus.Failed => "it cannot be started; the log of sigma0 says why",
        ContractStatus.Denied => "the system does not allow it",
        _ => status.ToString(),
    };
}
