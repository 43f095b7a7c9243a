using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Shell;

/// <summary>The shell's view of the console. A session that breaks is opened again; what was written meanwhile is lost.</summary>
internal static class View
{
    private const int LongestWrite = 1024;
    private const ulong RetryMilliseconds = 20;

    private static ulong s_portals;
    private static ulong s_session;
    private static Semaphore s_input;

    private static ConsoleClient<PortalTransport> Console => new(new PortalTransport(new Portal(s_portals + Server.Cpu)));

    /// <summary>Opens the first session.</summary>
    internal static void Open()
    {
        s_portals = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        s_input = Component.NewSemaphore();
        OpenAgain();
    }

    /// <summary>Writes a line.</summary>
    internal static void WriteLine(scoped ref Line line)
    {
        Write(line.Text);
        Write("\n"u8);
    }

    /// <summary>Writes text.</summary>
    internal static void Write(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var part = text.Slice(0, Math.Min(text.Length, LongestWrite));
            var status = Console.Write(part);
            if (status is ContractStatus.Aborted or ContractStatus.NoSession)
                OpenAgain();

            text = text.Slice(part.Length);
        }
    }

    /// <summary>Waits for a line; false when the console was restarted instead.</summary>
    internal static bool TryReadLine(Span<byte> line, out int length)
    {
        while (true)
        {
            var status = Console.ReadLine(line, out length);
            if (status == ContractStatus.Ok)
                return true;

            if (status != ContractStatus.Busy)
            {
                OpenAgain();
                return false;
            }

            // The deadline notices a console that is gone.
            _ = s_input.DownToZero(Platform.Time + Component.Milliseconds(1000));
        }
    }

    private static void OpenAgain()
    {
        if (s_session != 0)
            _ = Component.Parent.Close(s_session);

        while (Component.Parent.Open("console"u8, s_portals, s_input.Selector, out s_session) != ContractStatus.Ok
            || Console.Notify(new ObjectRange(s_input.Selector, 0, (uint)SmPermissions.CTRL_UP)) != ContractStatus.Ok)
        {
            if (s_session != 0)
                _ = Component.Parent.Close(s_session);

            Component.Sleep(RetryMilliseconds);
        }
    }
}
