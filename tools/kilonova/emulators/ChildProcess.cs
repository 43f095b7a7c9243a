using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Kilonova.Tool;

/// <summary>A program on this terminal.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a program to its end, or ends it when cancelled.</summary>
    /// <returns>The command's exit code: a program that was cancelled has done what it was asked for.</returns>
    internal static async Task<int> Run(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        using var process = Start(new ProcessStartInfo(program, arguments));
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return ExitCode.Success;
        }

        return process.ExitCode == 0 ? ExitCode.Success : throw new CommandException($"{program} ended with {process.ExitCode}");
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="CommandException">It is not there.</exception>
    internal static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new CommandException($"{start.FileName} did not start");
        }
        catch (Win32Exception failure)
        {
            throw new CommandException($"{start.FileName} did not start: {failure.Message} (./build.sh prerequisites installs it)");
        }
    }
}
