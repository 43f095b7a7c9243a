using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Kilonova.Qtest;

/// <summary>
/// Serves the device models on the host over QEMU's qtest protocol, so that device tests written for it can drive them
/// (docs/vmm/qtest.md). One thread does everything, one message at a time, so runs repeat.
/// </summary>
public static class Program
{
    private const int UsageError = 1;

    /// <summary>Runs until the other side closes, QMP says quit, or the process is told to end.</summary>
    public static int Main(string[] arguments)
    {
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(0));
        try
        {
            Run(CommandLine.Parse(arguments));
            return 0;
        }
        catch (UsageException exception)
        {
            Console.Error.WriteLine($"kilonova-system-x86_64: {exception.Message}");
            return UsageError;
        }
        catch (SocketException)
        {
            // The other side is gone.
            return 0;
        }
    }

    private static void Run(CommandLine options)
    {
        if (options.Qtest?.StartsWith("unix:", StringComparison.Ordinal) != true)
            throw new UsageException("-qtest unix:PATH is needed: this program has no processor, only devices for tests to drive");
        using var machine = new HostMachine(options);
        using var test = new Connection(options.Qtest["unix:".Length..].Split(',')[0]);
        using Connection? monitor = options.MonitorPath is null ? null : new Connection(options.MonitorPath);
        bool ended = false;
        var commands = new MonitorSession(machine, text => monitor?.Send(text), () => ended = true);
        var session = new QtestSession(machine, test.Send);
        var lines = new LineSplitter(line =>
        {
            // Disks answer between two lines, as they would between two instructions.
            Serve(machine, commands);
            session.Execute(line);
            Serve(machine, commands);
        });
        var objects = new ObjectSplitter(text =>
        {
            commands.Execute(text);
            Serve(machine, commands);
        });
        if (monitor is not null)
            commands.Greet();
        while (!ended)
        {
            int wait = Serve(machine, commands);
            if (!Poll(machine, test, monitor, wait, lines, objects))
                return;
        }
    }

    private static bool Poll(
        HostMachine machine, Connection test, Connection? monitor, int wait, LineSplitter lines, ObjectSplitter objects)
    {
        var ready = new List<Socket> { test.Socket };
        if (monitor is not null)
            ready.Add(monitor.Socket);
        foreach (SocketNetwork network in machine.Networks)
            network.AddTo(ready);
        Socket.Select(ready, null, null, wait < 0 ? -1 : wait * 1000);
        if (monitor is not null && ready.Contains(monitor.Socket))
        {
            if (monitor.Receive() is not string text)
                return false;
            objects.Add(text);
        }

        if (ready.Contains(test.Socket))
        {
            if (test.Receive() is not string text)
                return false;
            lines.Add(text);
        }

        return true;
    }

    // Moves what networks and disks have. Milliseconds until a disk wants to be served again, or -1.
    private static int Serve(HostMachine machine, MonitorSession commands)
    {
        int wait = -1;
        if (!commands.IsRunning)
            return wait;
        foreach (SocketNetwork network in machine.Networks)
            network.Run();
        foreach (RawDisk disk in machine.Disks)
        {
            int next = disk.Run();
            if (next >= 0 && (wait < 0 || next < wait))
                wait = next;
        }

        return wait;
    }
}
