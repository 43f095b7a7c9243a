using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net.Sockets;

namespace Kilonova.Tool;

/// <summary>
/// A byte line to a system: "unix:PATH" (a character device of QEMU), "tcp:HOST:PORT", "tty:DEVICE" (a serial port of this machine). A path
/// alone is a serial port below /dev, and a socket elsewhere.
/// </summary>
internal static class Endpoint
{
    private const string Devices = "/dev/";

    /// <summary>Opens the line.</summary>
    /// <exception cref="CommandException">Nobody is there.</exception>
    internal static Stream Open(string endpoint)
    {
        try
        {
            return endpoint.Split(':', 2) switch
            {
                ["unix", var path] => OpenSocket(path),
                ["tcp", var address] => OpenTcp(address),
                ["tty", var device] => OpenSerialPort(device),
                _ when endpoint.StartsWith(Devices, StringComparison.Ordinal) => OpenSerialPort(endpoint),
                _ => OpenSocket(endpoint),
            };
        }
        catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"no system at {endpoint}: {failure.Message}", ExitCode.NoSystem);
        }
    }

    private static NetworkStream OpenSocket(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static NetworkStream OpenTcp(string address)
    {
        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new CommandException($"'{address}' is not HOST:PORT", ExitCode.Usage);

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address[..colon], port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    // The terminal driver must pass every byte as it is.
    private static FileStream OpenSerialPort(string device)
    {
        using var stty = Process.Start(new ProcessStartInfo("stty", ["-F", device, "115200", "raw", "-echo", "-crtscts", "clocal"]))
            ?? throw new IOException("stty did not start");
        stty.WaitForExit();
        return stty.ExitCode == 0
            ? new FileStream(device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0)
            : throw new IOException("stty could not set the port up");
    }
}
