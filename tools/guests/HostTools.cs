using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;

namespace Kilonova.Guests;

/// <summary>Programs of the machine, run until they end.</summary>
internal static class HostTools
{
    private const int LinesOfFailure = 12;

    /// <summary>Runs a program and returns what it says.</summary>
    /// <exception cref="InvalidOperationException">It cannot be started, or failed: the message has the last lines of what it said.</exception>
    public static string Run(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} cannot be started");
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0)
            return text;

        var last = (text + errors.Result).TrimEnd().Split('\n').TakeLast(LinesOfFailure);
        throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed:\n{string.Join('\n', last)}");
    }
}
