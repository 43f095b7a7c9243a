using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;

namespace Kilonova.Boot;

/// <summary>Programs of the machine that tests make things with, and look at them.</summary>
public static class HostTool
{
    /// <summary>Runs a program that must succeed.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static string Run(string program, params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"{program}: {text}{errors.Result}");
    }
}
