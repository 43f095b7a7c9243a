using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Visitor;

/// <summary>Clients that do the same again and again, for whoever looks at what they use; and many sessions with a timer at a time.</summary>
internal static class Rates
{
    private const ulong PauseMilliseconds = 5;
    private const ulong Apart = 10;

    /// <summary>A timeout each so many milliseconds, for ever.</summary>
    internal static void Tick(ulong milliseconds)
    {
        var timer = new TimerChannel("timer"u8);
        Component.Require(timer.Open(), "timer"u8);
        var deadline = Platform.Time;
        while (true)
        {
            deadline += Component.Milliseconds(milliseconds);
            _ = timer.Set(0, deadline);
            while (timer.TryTake(out _, out _, out _) == RingStatus.Empty)
                _ = timer.Wait();
        }
    }

    /// <summary>A call each few milliseconds, for ever.</summary>
    internal static void Call(ReadOnlySpan<byte> service)
    {
        var session = new ClientSession(service);
        Component.Require(session.Open(), "open"u8);
        var echo = new EchoClient<PortalTransport>(session.Transport);
        while (echo.Twice(1, out _) == ContractStatus.Ok)
            Component.Sleep(PauseMilliseconds);
    }

    /// <summary>So many sessions with the timer, each with a timeout of its own, which come in the order of their deadlines.</summary>
    internal static void OpenMany(int count)
    {
        var timers = new TimerChannel[count];
        for (var i = 0; i < count; i++)
        {
            timers[i] = new TimerChannel("timer"u8);
            Component.Require(timers[i].Open(), "timer"u8);
        }

        // Each deadline is set before the first comes; the last set comes first.
        var start = Platform.Time + Component.Milliseconds(Apart * (ulong)count);
        for (var i = 0; i < count; i++)
        {
            _ = timers[i].Set((ulong)i, start + Component.Milliseconds(Apart * (ulong)(count - i)));
            _ = timers[i].Publish();
        }

        ulong last = 0;
        for (var i = count - 1; i >= 0; i--)
        {
            RingStatus status;
            ulong token;
            ulong noticed;
            while ((status = timers[i].TryTake(out token, out _, out noticed)) == RingStatus.Empty)
            {
                if (timers[i].Wait() != RingStatus.Ok)
                    Faults.Fail("the timer refuses a session"u8);
            }

            if (status != RingStatus.Ok || token != (ulong)i || noticed < last)
                Faults.Fail("a timeout of another session, or out of order"u8);

            last = noticed;
        }

        Log.Write($"{count} sessions had their timeouts");
    }
}
