using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Kilonova.Images;

namespace Kilonova.Tool;

/// <summary>
/// A scenario in Bochs. Bochs connects its serial lines to ports of this program, which passes them on: the console to the terminal or to a
/// socket, management to a socket, as QEMU does by itself.
/// </summary>
internal static class BochsRun
{
    /// <summary>A CPU with VT-x.</summary>
    internal const string DefaultCpu = "corei7_skylake_x";

    /// <summary>Runs until the machine ends or somebody cancels.</summary>
    internal static async Task<int> Run(Scenario scenario, string artifacts, bool onTerminal, CancellationToken cancellation)
    {
        var image = ImageBuilder.Build(scenario, artifacts);
        var folder = Directory.CreateTempSubdirectory("kilonova-bochs-").FullName;
        using var console = Listen();
        using var management = Listen();
        var machine = scenario.Machine;
        BochsCommand command = new(machine.Cpu, machine.Cpus, machine.Memory)
        {
            Iso = Path.GetFullPath(image + ".iso"),
            Console = Client(console),
            Management = Client(management),
        };
        ProcessStartInfo start = new(BochsCommand.Program, command.Write(folder)) { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var (name, value) in BochsCommand.Environment)
            start.Environment[name] = value;

        using var bochs = ChildProcess.Start(start);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            var exited = WaitForEnd(bochs, ended);
            var passed = Relay.Pass(management, RunFiles.ManagementSocket(artifacts), ended.Token);
            var shown = Relay.Pass(console, onTerminal ? null : RunFiles.ConsoleSocket(artifacts), ended.Token);
            await Task.WhenAny(exited, shown);
            await ended.CancelAsync();
            await Task.WhenAll(exited, passed, shown);
            return File.Exists(Path.Combine(folder, "bochs.log"))
                ? ExitCode.Success
                : throw new CommandException("bochs did not start; does it run without a terminal?");
        }
        finally
        {
            if (!bochs.HasExited)
                bochs.Kill(entireProcessTree: true);

            Directory.Delete(folder, recursive: true);
        }
    }

    // What it shows on its own terminal is nobody's business.
    private static async Task WaitForEnd(Process bochs, CancellationTokenSource ended)
    {
        var shown = bochs.StandardOutput.BaseStream.CopyToAsync(Stream.Null, ended.Token);
        try
        {
            await bochs.WaitForExitAsync(ended.Token);
            await shown;
        }
        catch (OperationCanceledException)
        {
            bochs.Kill(entireProcessTree: true);
        }

        await ended.CancelAsync();
    }

    private static TcpListener Listen()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static string Client(TcpListener listener) => $"mode=socket-client, dev=localhost:{((IPEndPoint)listener.LocalEndpoint).Port}";
}
