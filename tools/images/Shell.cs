using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;

namespace Kilonova.Images;

/// <summary>Runs the programs that make images.</summary>
internal static class Shell
{
    /// <summary>Runs a program; a failure carries what it printed.</summary>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        var (status, text) = TryRun(program, arguments);
        return status == 0 ? text : throw new InvalidOperationException($"{program} failed ({status}):\n{text.TrimEnd()}");
    }

    /// <summary>Runs a program and returns its exit status, -1 when it is not there, and all that it printed.</summary>
    public static (int Status, string Text) TryRun(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // The boot loaders' installers live in sbin, which is not on every user's path.
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin";
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var text = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            return (process.ExitCode, text);
        }
        catch (Win32Exception exception)
        {
            return (-1, exception.Message);
        }
    }
}
