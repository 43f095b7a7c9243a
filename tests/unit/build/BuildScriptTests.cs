using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Xunit;

namespace Kilonova.Build.Tests;

/// <summary>What build.sh says where something is missing, on a machine whose programs are made up.</summary>
public sealed class BuildScriptTests : IDisposable
{
    private static readonly string[] s_tools =
        ["awk", "bash", "cat", "cut", "dirname", "env", "grep", "kill", "rm", "sed", "sh", "sort", "tail", "tee", "tr"];

    private readonly string _programs = Directory.CreateTempSubdirectory("kilonova-programs-").FullName;

    public BuildScriptTests()
    {
        foreach (var tool in s_tools)
        {
            var place = new[] { "/usr/bin/", "/bin/" }.Select(folder => folder + tool).FirstOrDefault(File.Exists);
            if (place is not null)
            {
                File.CreateSymbolicLink(Path.Combine(_programs, tool), place);
            }
        }
        Program("id", "echo 0");
        Program("dotnet", "[ \"$1\" != --list-sdks ] || echo '10.0.100 [/usr/share/dotnet/sdk]'");
    }

    public void Dispose() => Directory.Delete(_programs, recursive: true);

    [Fact]
    public void Help_names_every_command()
    {
        var (code, text) = Run("help");

        Assert.Equal(0, code);
        foreach (var command in new[] { "run", "test", "build", "image", "debug", "gates", "bench", "soak", "clean", "help" })
        {
            Assert.Contains("\n  " + command + " ", text);
        }
    }

    [Fact]
    public void An_unknown_command_shows_those_there_are() => Fails("unknown command: frobnicate", "frobnicate");

    [Theory]
    [InlineData("run", "nowhere")]
    [InlineData("image", "nowhere")]
    [InlineData("debug", "nowhere")]
    [InlineData("image")]
    public void An_unknown_scenario_is_told_before_anything_is_built(params string[] arguments)
    {
        Program("dotnet", "echo 'dotnet ran'");

        Assert.DoesNotContain("dotnet ran", Fails("in images/; there are: ", arguments));
    }

    [Fact]
    public void Without_dotnet_it_says_what_to_install()
    {
        File.Delete(Path.Combine(_programs, "dotnet"));

        Fails("install the .NET SDK 10", "prerequisites");
    }

    [Theory]
    [InlineData("echo '8.0.404 [/usr/share/dotnet/sdk]'", "the newest .NET SDK here is 8.0.404")]
    [InlineData("exit 1", "only a runtime")]
    public void Without_the_SDK_it_says_what_is_there(string script, string reason)
    {
        Program("dotnet", script);

        Fails(reason, "prerequisites");
    }

    [Fact]
    public void Without_a_network_it_says_which_packages_are_missing()
    {
        Program("dpkg-query", "exit 1");
        Program("apt-get", "echo 'Temporary failure resolving'; exit 100");

        var text = Fails("Without a network, install these packages by other means", "prerequisites");

        Assert.Contains(" xorriso ", text);
    }

    [Fact]
    public void Without_root_and_sudo_it_says_so_before_it_tries()
    {
        Program("dpkg-query", "exit 1");
        Program("apt-get", "echo 'apt-get ran'");
        Program("id", "echo 1000");

        Assert.DoesNotContain("apt-get ran", Fails("installing packages needs root", "prerequisites"));
    }

    [Fact]
    public void With_sudo_apt_runs_through_it()
    {
        Program("dpkg-query", "exit 1");
        Program("apt-get", "exit 1");
        Program("id", "echo 1000");
        Program("sudo", "echo \"sudo $*\"; exit 1");

        Assert.Contains("apt-get -q", Fails("install these packages by other means", "prerequisites"));
    }

    [Fact]
    public void Without_apt_it_lists_what_to_install()
    {
        var text = Fails("this machine has no apt; please install", "prerequisites");

        Assert.Contains("qemu-system-x86 (brings qemu-system-x86_64)", text);
    }

    private string Fails(string reason, params string[] arguments)
    {
        var (code, text) = Run(arguments);
        Assert.NotEqual(0, code);
        Assert.Contains("build.sh: ", text);
        Assert.Contains(reason, text);
        Assert.DoesNotContain("stopped at line", text);
        return text;
    }

    private (int Code, string Text) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/bash", [Path.Combine(Repository.Root, "build.sh"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = _programs;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, text);
    }

    private void Program(string name, string script)
    {
        var file = Path.Combine(_programs, name);
        File.WriteAllText(file, "#!/bin/bash\n" + script + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
