using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Kilonova.Boot;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>The tool for people, as a program with arguments, output and exit code, against a booted system.</summary>
public sealed class ToolTests : IDisposable
{
    private const int Success = 0;
    private const int Failed = 1;
    private const int Usage = 2;
    private const int NoSystem = 3;

    private const string Components = """
          - name: console
            image: components/console.elf
            memory: 2M
            heap: 512K
            priority: driver
            restart: always
            ports: [0x3f8-0x3ff]
            interrupts: [4]
            offers: [console, views]
            uses: [log]
          - name: shell
            image: components/shell.elf
            priority: service
            restart: always
            uses: [console, control]
          - name: management
            image: components/management.elf
            heap: 32K
            priority: service
            restart: on-failure
            ports: [0x2f8-0x2ff]
            interrupts: [3]
            uses: [control, views]
          - name: visitor
            image: tests/visitor.elf
            arguments: crash=divide
            start: manual
          - name: guest
            image: tests/visitor.elf
            arguments: greet
            start: manual

        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    // Short, as the path of a socket must be.
    private readonly string _folder = Directory.CreateTempSubdirectory("kn-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_running_system_is_seen_and_controlled_from_outside()
    {
        using World world = Boot("tool");
        world.Expect("Welcome to Kilonova");

        Tool(Success, ["console", "shell", "management", "running", "visitor", "stopped"], "list");
        Tool(Success, [], "start", "guest");
        Tool(Failed, ["start guest: it runs already"], "start", "guest");
        Tool(Success, ["life 1 of guest on CPU 0"], "log", "guest");
        Tool(Success, [], "stop", "guest");
        Tool(Failed, ["no such component"], "kill", "nobody");
        Tool(Success, [], "start", "visitor");
        Tool(Success, ["#DE divide error on CPU 0: stopped in Kilonova.Visitor.Program.Divide", "Main+0x"], "crash", "visitor");
        Tool(Failed, ["guest has not crashed"], "crash", "guest");
        Tool(Success, ["of memory free", "console", "%"], "top", "--interval", "0.2", "--count", "2");
        Tool(
            Success,
            ["kilonova_component_up{component=\"console\"} 1", "kilonova_component_crashes_total{component=\"visitor\"} 1"],
            "metrics");
        world.IsSound();
    }

    [Fact]
    public void The_views_of_the_console_are_read_and_typed_into()
    {
        using World world = Boot("tool-views");
        world.Expect("Welcome to Kilonova");

        Tool(Success, ["log", "shell", "focus"], "views");
        Tool(Success, ["Welcome to Kilonova. Type help.", "> "], "view", "shell");
        Tool(Success, ["sigma0| started shell, life 1"], "view", "log");
        Tool(Success, [], "type", "shell", "nonsense");
        world.Expect("> nonsense", "nonsense: no such command");
        Tool(Failed, ["nothing can be typed"], "type", "log", "x");
        Tool(Failed, ["no view 'nobody'; there are: log, shell"], "view", "nobody");
        ToolWithInput("list\n", Success, ["> list", "console: running", "shell: running"], "attach", "shell");
        world.IsSound();
    }

    [Fact]
    public void A_system_that_was_killed_on_all_sides_is_found_again()
    {
        using World world = Boot("tool-killed");
        world.Expect("Welcome to Kilonova");

        Tool(Success, [], "kill", "console");
        world.Expect("--- shell ---");
        Tool(Success, ["shell", "focus"], "views");
        Run("", "kill", "management");
        Tool(Success, ["console", "management"], "list");
        world.IsSound();
    }

    [Fact]
    public void Every_command_has_help_and_what_makes_no_sense_is_told_by_its_code()
    {
        string help = Run("", "--help").Output;
        foreach (string command in s_commands)
        {
            Assert.Contains($"  {command}", help);
            Assert.Contains("Usage:", Run("", command, "--help").Output);
        }

        Tool(Usage, ["kilonova --help lists commands"], "nonsense");
        Tool(Usage, [], "log");
        Tool(NoSystem, ["no system at unix:"], "list");
        Tool(Failed, ["no scenario 'nothing'"], "image", "nothing");
        Tool(Usage, [], "run", "shell", "--emulator", "simics");
    }

    private static readonly string[] s_commands =
        ["image", "run", "attach", "views", "view", "type", "list", "top", "start", "stop", "kill", "log", "crash", "metrics"];

    private string Socket => Path.Combine(_folder, "management");

    private World Boot(string name) =>
        World.Of(name, Components, 2, "-chardev", QemuCommand.Socket("management", Socket), "-serial", "chardev:management");

    private void Tool(int code, string[] wanted, params string[] arguments) => ToolWithInput("", code, wanted, arguments);

    private void ToolWithInput(string input, int code, string[] wanted, params string[] arguments)
    {
        (int exit, string output) = Run(input, arguments);
        Assert.True(exit == code, $"kilonova {string.Join(' ', arguments)} ended with {exit}, not {code}:\n{output}");
        Assert.All(wanted, text => Assert.Contains(text, output));
    }

    private (int Code, string Output) Run(string input, params string[] arguments)
    {
        string program = Path.Combine(Repository.Out, "bin", "Kilonova.Tool", "debug", "Kilonova.Tool.dll");
        ProcessStartInfo start = new("dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KILONOVA_ROOT"] = Repository.Root;
        start.Environment["KILONOVA_SYSTEM"] = "unix:" + Socket;
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        Assert.True(process.WaitForExit(s_patience), $"kilonova {string.Join(' ', arguments)} does not end");
        return (process.ExitCode, output.Result + errors.Result);
    }
}
