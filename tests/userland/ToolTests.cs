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
    public void A_guest_is_managed_from_outside()
    {
        string linux = ManifestLines.Guest(
            "linux", GuestFiles.Get("vmlinuz-cloud-amd64"), GuestFiles.Get("initramfs-amd64"), "console=ttyS0 quiet", 96);
        using World world = World.OfGuests("tool-guest", Components + linux, 2, 512, Line);
        world.Expect("--- linux ---", "guest: init", "Enter 'help'");

        ToolWithInput("echo $((6*7)) answers\n", Success, ["42 answers"], "attach", "linux");
        Tool(Success, ["linux", "running", "96 MiB", "HLT"], "guests", "--interval", "2", "--count", "1");
        Tool(Success, [], "pause", "linux");
        Tool(Success, ["linux", "paused"], "guests", "--interval", "2", "--count", "1");
        Tool(
            Success,
            [
                "kilonova_guest_up{guest=\"linux\",monitor=\"linux\"} 1\n", "kilonova_guest_paused{guest=\"linux\",monitor=\"linux\"} 1\n",
                "kilonova_guest_cpu_seconds_total{guest=\"linux\",monitor=\"linux\",vcpu=\"0\"} ",
                "kilonova_guest_exits_total{guest=\"linux\",monitor=\"linux\",reason=\"HLT\"} ",
            ],
            "metrics");
        Tool(Success, [], "resume", "linux");
        Tool(Failed, ["resume nobody: no such guest"], "resume", "nobody");
        Tool(Failed, ["define linux: its machine is on"], "define", "linux", "--vcpus", "2");
        Tool(Success, [], "off", "linux");
        world.Show("log");
        world.Expect("linux is done");
        Tool(Failed, ["pause linux: no such guest or file, or its machine is off"], "pause", "linux");
        Tool(Failed, ["does not grant so much memory"], "define", "linux", "--memory", "98");
        Tool(Usage, ["say something"], "define", "linux");
        Tool(Success, [], "define", "linux", "--memory", "80", "--vcpus", "2", "--command-line", "console=ttyS0 quiet word");
        Tool(Success, [], "start", "linux");
        world.ShowLife("linux", 2);
        world.Expect("guest: init", "2 CPUs", "Enter 'help'");
        ToolWithInput("grep -o word /proc/cmdline\n", Success, ["word"], "attach", "linux");
        Tool(Success, ["80 MiB"], "guests", "--interval", "0.5", "--count", "1");
        Tool(Success, [], "reset", "linux");
        world.ShowLife("linux", 3);
        world.Expect("guest: init", "Enter 'help'");
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
        ["image", "run", "attach", "views", "view", "type", "list", "top", "start", "stop", "kill", "log", "crash", "guests", "pause",
            "resume", "reset", "press", "off", "define", "metrics"];

    private string Socket => Path.Combine(_folder, "management");

    private string[] Line => ["-chardev", QemuCommand.Socket("management", Socket), "-serial", "chardev:management"];

    private World Boot(string name) => World.Of(name, Components, 2, Line);

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
