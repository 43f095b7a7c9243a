using System.Collections.Generic;
using System.Diagnostics;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Programs of the machine that tests make things with, and look at them.</summary>
internal static class HostTool
{
    /// <summary>Runs a program that must succeed.</summary>
    /// <returns>What it printed.</returns>
    internal static string Run(string program, params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {text}{errors.Result}");
        return text;
    }
}
