using System.Diagnostics;
using System.IO;
using Xunit;

namespace Kilonova.Build.Tests;

/// <summary>The linked images name C# lines to a debugger; docs/debugging.md shows the session on a running machine.</summary>
public class DebugInformationTests
{
    [Theory]
    [InlineData("kernel.elf", "kernel_Kilonova_Kernel_KernelStart__Run", "/kilonova/kernel/boot/KernelStart.cs")]
    [InlineData("kernel.elf", "syscall_entry", "/kilonova/kernel/arch/x86_64/entry.S")]
    [InlineData("components/hello.elf", "hello_Kilonova_Hello_Program__Main", "/kilonova/userland/hello/Program.cs")]
    public void Gdb_knows_the_source_line_of_a_function(string image, string function, string source)
    {
        var answer = Gdb(Path.Combine(Repository.Root, "out", image), $"info line {function}");

        Assert.Matches($@"^Line \d+ of ""{source}"" starts at address", answer);
    }

    private static string Gdb(string image, string command)
    {
        var start = new ProcessStartInfo("gdb", ["-batch", "-nx", "-ex", command, image]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}
