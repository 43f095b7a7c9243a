using System;
using Kilonova.Abi;
using Kilonova.Management;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Serial;

namespace Kilonova.ManagementComponent;

/// <summary>
/// Management from outside: takes requests from the second serial line and answers them from the services that its line uses. Whoever can
/// reach the line can do what those services allow, and nothing else.
/// </summary>
internal static class Program
{
    // Not every machine that has the port raises its interrupt.
    private const ulong PollMilliseconds = 20;

    private static void Main()
    {
        var port = new SerialPort(SerialPort.Second);
        if (!port.Exists)
        {
            Log.Write("there is no second serial port"u8);
            Component.Exit(0);
        }

        port.Configure();
        var interrupt = new Semaphore(ComponentSelectors.Interrupts);
        Component.Require(interrupt.AssignInterrupt(0, Server.Cpu, 0, out _, out _), "interrupt"u8);
        port.EnableInterrupts();
        var frames = new FrameReader(ManagementProtocol.MaxRequest);
        var frame = new byte[FrameFormat.MaxLength(ManagementProtocol.MaxReply)];
        var server = new ManagementServer<ManagedSystem>(ManagedSystem.Open());
        while (true)
        {
            _ = interrupt.DownToZero(Platform.Time + Component.Milliseconds(PollMilliseconds));
            while (port.TryRead(out var value))
            {
                if (!frames.TryTake(value))
                    continue;

                var reply = server.Answer(frames.Message);
                if (!reply.IsEmpty)
                    port.Write(frame.AsSpan(0, FrameFormat.Write(reply, frame)));
            }
        }
    }
}
