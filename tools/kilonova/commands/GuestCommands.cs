using System;
using System.CommandLine;
using System.Text;
using Kilonova.Contracts;
using Kilonova.Management;

namespace Kilonova.Tool;

/// <summary>Commands about guests: guests, pause, resume, reset, press, off, define.</summary>
internal static class GuestCommands
{
    internal static Command CreateGuests()
    {
        Option<double> interval = new("--interval") { Description = "Seconds between looks.", DefaultValueFactory = _ => 1 };
        Option<int> count = new("--count") { Description = "Number of looks; 0 for ever.", DefaultValueFactory = _ => 0 };
        Command command = new("guests", "Shows again and again what guests do: CPU of each virtual CPU, exits, disks, networks.") { interval, count };
        command.SetAction((parsed, cancellation) =>
        {
            using var system = Options.OpenSystem(parsed);
            var top = new GuestTop(system);
            var pause = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(interval), 0.1, 3600));
            Output.Watch(top.Look, pause, parsed.GetValue(count), cancellation);
            return System.Threading.Tasks.Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    internal static Command CreatePause() => Create("pause", "Lets a guest's virtual CPUs stand still.", GuestOrder.Pause);

    internal static Command CreateResume() => Create("resume", "Lets a paused guest go on.", GuestOrder.Resume);

    internal static Command CreateReset() => Create("reset", "Resets a guest's machine.", GuestOrder.Reset);

    internal static Command CreatePress() => Create("press", "Presses the power button of a guest's machine.", GuestOrder.PressButton);

    internal static Command CreateOff() => Create("off", "Switches a guest's machine off, whatever the guest is doing.", GuestOrder.SwitchOff);

    internal static Command CreateDefine()
    {
        var guest = Guest();
        Option<string?> monitor = new("--monitor") { Description = "Its monitor: linux, micro, multiboot, pc, if the scenario has it." };
        Option<string?> kernel = new("--kernel") { Description = "File of its kernel, one of the scenario's." };
        Option<string?> disk = new("--initrd") { Description = "File of its initial RAM disk; empty for none." };
        Option<int?> memory = new("--memory") { Description = "Memory in MiB, no more than its line grants." };
        Option<int?> cpus = new("--vcpus") { Description = "Virtual CPUs." };
        Option<string?> commandLine = new("--command-line") { Description = "What its kernel is told." };
        Command command = new("define", "Says what a guest is from its next start on; what is not named stays as it was.")
        {
            guest, monitor, kernel, disk, memory, cpus, commandLine,
        };
        command.SetAction(parsed =>
        {
            StringBuilder text = new();
            void Word(string key, object? value) => text.Append(value == null ? "" : $"{key}={value} ");
            Word("monitor", parsed.GetValue(monitor));
            Word("kernel", parsed.GetValue(kernel));
            Word("initrd", parsed.GetValue(disk));
            Word("memory", parsed.GetValue(memory));
            Word("vcpus", parsed.GetValue(cpus));
            if (parsed.GetValue(commandLine) is { } line)
                text.Append("command-line=").Append(line);

            if (text.Length == 0 || Encoding.UTF8.GetByteCount(text.ToString()) > ManagementProtocol.MaxDefinition)
                throw new CommandException($"define: say something, in at most {ManagementProtocol.MaxDefinition} bytes", ExitCode.Usage);

            using var system = Options.OpenSystem(parsed);
            return Tell("define", parsed.GetRequiredValue(guest), system.Define(parsed.GetRequiredValue(guest), text.ToString()));
        });
        return command;
    }

    private static Command Create(string name, string description, GuestOrder order)
    {
        var guest = Guest();
        Command command = new(name, description) { guest };
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            return Tell(name, parsed.GetRequiredValue(guest), system.Order(parsed.GetRequiredValue(guest), order));
        });
        return command;
    }

    private static int Tell(string command, string guest, ContractStatus status) =>
        status == ContractStatus.Ok ? ExitCode.Success : throw new CommandException($"{command} {guest}: {Explain(status)}");

    private static Argument<string> Guest() => new("guest") { Description = "The guest's name, which is its component's." };

    private static string Explain(ContractStatus status) => status switch
    {
        ContractStatus.NotFound => "no such guest or file, or its machine is off",
        ContractStatus.Busy => "its machine is on: stop it first",
        ContractStatus.Exhausted => "its line does not grant so much memory",
        ContractStatus.InvalidArgument => "a word of its definition makes no sense",
        ContractStatus.Denied => "the system does not allow it",
        _ => status.ToString(),
    };
}
