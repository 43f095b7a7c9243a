using System;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Kilonova.Images;

namespace Kilonova.Tool;

/// <summary>kilonova run: boots a scenario in an emulator and stays until it ends.</summary>
internal static class RunCommand
{
    private const string Qemu = "qemu";
    private const string Bochs = "bochs";

    internal static Command Create()
    {
        Argument<string> scenario = new("scenario")
        {
            Description = "A scenario of images/, or the path of a manifest (.yaml).",
            DefaultValueFactory = _ => "demo",
        };
        Option<string> emulator = new("--emulator") { Description = "qemu or bochs.", DefaultValueFactory = _ => Qemu };
        emulator.AcceptOnlyFromAmong(Qemu, Bochs);
        Option<string> console = new("--console")
        {
            Description = "Where the first serial line goes: terminal (in QEMU with its monitor, Ctrl-A X ends it), or socket (for 'attach').",
            DefaultValueFactory = _ => "terminal",
        };
        console.AcceptOnlyFromAmong("terminal", "socket");
        Option<int?> cpus = new("--cpus") { Description = "Number of CPUs, in place of the scenario's." };
        Option<int?> memory = new("--memory") { Description = "MiB of memory, in place of the scenario's." };
        Option<string?> cpu = new("--cpu") { Description = "CPU model of the emulator's, in place of the scenario's." };
        Option<string?> display = new("--display") { Description = "Shows the screen, with QEMU's option -display: gtk, sdl, vnc=:0 ..." };
        Option<double?> limit = new("--for") { Description = "Seconds after which the machine is switched off." };
        Command command = new("run", "Boots a scenario in QEMU or Bochs; the second serial line is where the other commands find it.")
        {
            scenario, emulator, console, cpus, memory, cpu, display, limit,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var loaded = Options.LoadScenario(parsed, parsed.GetRequiredValue(scenario));
            var isBochs = parsed.GetValue(emulator) == Bochs;
            var machine = loaded.Machine with
            {
                Cpus = parsed.GetValue(cpus) ?? loaded.Machine.Cpus,
                Memory = parsed.GetValue(memory) ?? loaded.Machine.Memory,
                Cpu = parsed.GetValue(cpu) ?? (isBochs ? BochsRun.DefaultCpu : loaded.Machine.Cpu),
            };
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (parsed.GetValue(limit) is { } seconds)
                timeout.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, int.MaxValue / 1000)));

            var artifacts = Options.ArtifactsOf(parsed);
            var onTerminal = parsed.GetValue(console) == "terminal";
            return isBochs
                ? await BochsRun.Run(loaded with { Machine = machine }, artifacts, onTerminal, timeout.Token)
                : await RunQemu(loaded with { Machine = machine }, artifacts, onTerminal, parsed.GetValue(display), timeout.Token);
        });
        return command;
    }

    private static Task<int> RunQemu(Scenario scenario, string artifacts, bool onTerminal, string? display, CancellationToken cancellation)
    {
        var arguments = onTerminal
            ? QemuCommand.Arguments(scenario, artifacts)
            : QemuCommand.Arguments(scenario, artifacts, "chardev:console")
                .Concat(["-chardev", QemuCommand.Socket("console", RunFiles.ConsoleSocket(artifacts))]);
        if (display is not null)
            arguments = arguments.Concat(["-display", display, "-vga", "std"]);

        Console.WriteLine(onTerminal ? "Ctrl-A X ends the machine." : $"The console is unix:{RunFiles.ConsoleSocket(artifacts)}");
        return ChildProcess.Run(QemuCommand.Program, arguments, cancellation);
    }
}
