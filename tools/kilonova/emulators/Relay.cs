using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Kilonova.Tool;

/// <summary>Passes a serial line of Bochs on.</summary>
internal static class Relay
{
    /// <summary>Takes the line once Bochs connects, and passes it on until cancelled.</summary>
    /// <param name="line">Where Bochs connects.</param>
    /// <param name="socket">The socket at which it can be reached, one client after the other; null for this terminal.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task Pass(TcpListener line, string? socket, CancellationToken cancellation)
    {
        try
        {
            using var serial = await line.AcceptTcpClientAsync(cancellation);
            serial.NoDelay = true;
            await (socket is null ? PassToTerminal(serial.GetStream(), cancellation) : PassToSocket(serial.GetStream(), socket, cancellation));
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or SocketException)
        {
            // The machine is off.
        }
    }

    // Ends when somebody leaves; without a keyboard, with the machine.
    private static Task PassToTerminal(NetworkStream serial, CancellationToken cancellation)
    {
        var shown = serial.CopyToAsync(Console.OpenStandardOutput(), cancellation);
        return Console.IsInputRedirected
            ? shown
            : Task.WhenAny(shown, Task.Run(() => Terminal.PassKeys(serial, () => cancellation.IsCancellationRequested), cancellation));
    }

    // What the machine sends while nobody listens is lost, as on a cable without a plug.
    private static async Task PassToSocket(NetworkStream serial, string path, CancellationToken cancellation)
    {
        File.Delete(path);
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        NetworkStream? client = null;
        var output = Task.Run(
            async () =>
            {
                var buffer = new byte[4096];
                for (var count = await serial.ReadAsync(buffer, cancellation); count > 0; count = await serial.ReadAsync(buffer, cancellation))
                    await Forward(Volatile.Read(ref client), buffer.AsMemory(0, count), cancellation);
            },
            cancellation);
        while (!output.IsCompleted)
        {
            using var accepted = new NetworkStream(await listener.AcceptAsync(cancellation), ownsSocket: true);
            Volatile.Write(ref client, accepted);
            try
            {
                await accepted.CopyToAsync(serial, cancellation);
            }
            catch (IOException)
            {
                // This client is gone.
            }

            Volatile.Write(ref client, null);
        }
    }

    private static async Task Forward(NetworkStream? client, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            if (client is not null)
                await client.WriteAsync(bytes, cancellation);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // This client is gone; the next may come.
        }
    }
}
