using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Console;

/// <summary>
/// The console: it owns the serial port and offers views of it. Its first thread waits for keys and takes what others log; text of clients
/// is shown on their time.
/// </summary>
internal static class Program
{
    private const ulong PollMilliseconds = 20;
    private const ulong HandoverMilliseconds = 5;
    private const int LinesPerRound = 64;
    private const int MaxName = 32;
    private const int MaxText = 128;

    // Under s_lock, but for what is written before the service is offered.
    private static readonly ulong[] s_inputs = new ulong[Terminal<SerialOutput>.MaxViews];
    private static SemaphoreLock s_lock;

    internal static Terminal<SerialOutput> Terminal { get; } = new(default);

    private static void Main()
    {
        s_lock = new SemaphoreLock(Component.NewSemaphore());
        var closed = Component.NewSemaphore();
        var interrupt = new Semaphore(ComponentSelectors.Interrupts);
        Component.Require(interrupt.AssignInterrupt(0, Server.Cpu, 0, out _, out _), "interrupt"u8);
        SerialOutput.Port.EnableInterrupts();
        var log = OpenLog();
        Component.Require(ServiceThreads.OfferWithItems<ConsolePortal>("console"u8, closed), "offer"u8);

        // Only where the line offers it: whoever uses this service sees what everybody writes.
        _ = ServiceThreads.Offer<ViewsPortal>("views"u8, new Semaphore(0));
        while (true)
        {
            _ = interrupt.Down(Platform.Time + Component.Milliseconds(PollMilliseconds));
            ReadKeys();
            while (closed.Down(1) == Status.SUCCESS)
                CloseViews();

            _ = TakeLog(log);
        }
    }

    /// <summary>Takes the lock and finds a session's view; a new session gets one. False, without the lock, when there is none.</summary>
    internal static bool TryEnterView(ulong session, out int view)
    {
        s_lock.Enter();
        view = Terminal.Find(session);
        if (view >= 0)
            return true;

        // Who it is, the parent says: not while others wait for the lock.
        s_lock.Leave();
        Span<byte> name = stackalloc byte[MaxName];
        if (Component.Parent.Client(session, name, out var length) != ContractStatus.Ok)
            return false;

        s_lock.Enter();
        view = Terminal.Open(session, name.Slice(0, length));
        if (view >= 0)
            return true;

        s_lock.Leave();
        return false;
    }

    /// <summary>Takes the lock.</summary>
    internal static void Enter() => s_lock.Enter();

    /// <summary>Under the lock: tells whoever reads a view that it has a line; -1 for none.</summary>
    internal static void Notify(int view)
    {
        if (view >= 0 && s_inputs[view] != 0)
            _ = new Semaphore(s_inputs[view]).Up();
    }

    /// <summary>Frees the lock.</summary>
    internal static void Leave() => s_lock.Leave();

    /// <summary>Under the lock: whom to tell of lines; what was there before goes.</summary>
    internal static void SetInput(int view, ulong semaphore)
    {
        if (s_inputs[view] != 0)
        {
            _ = Component.ObjectSpace.Remove(s_inputs[view], 0);
            Component.Selectors.Return(s_inputs[view], 0);
        }

        s_inputs[view] = semaphore;
    }

    private static LogClient<PortalTransport> OpenLog()
    {
        var selector = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        Component.Require(Component.Parent.Open("log"u8, selector, out _), "log"u8);
        LogClient<PortalTransport> log = new(new PortalTransport(new Portal(selector + Server.Cpu)));

        // Until the root task has left the serial line.
        while (TakeLog(log) == ContractStatus.Busy)
            Component.Sleep(HandoverMilliseconds);

        return log;
    }

    private static void ReadKeys()
    {
        while (SerialOutput.Port.TryRead(out var key))
        {
            s_lock.Enter();
            Notify(Terminal.Type(key));
            s_lock.Leave();
        }
    }

    private static void CloseViews()
    {
        while (Component.Parent.TakeClosed(out var session) == ContractStatus.Ok)
        {
            s_lock.Enter();
            var view = Terminal.Find(session);
            if (view >= 0)
            {
                SetInput(view, 0);
                Terminal.Close(session);
            }

            s_lock.Leave();
        }
    }

    // A bounded number of lines at a time: a component that floods the log does not keep the keys from being read.
    private static ContractStatus TakeLog(LogClient<PortalTransport> log)
    {
        Span<byte> name = stackalloc byte[MaxName];
        Span<byte> text = stackalloc byte[MaxText];
        for (var i = 0; i < LinesPerRound; i++)
        {
            var status = log.Take(name, out var nameLength, text, out var textLength, out var time);
            if (status != ContractStatus.Ok)
                return status;

            Show($"[{time / Component.Milliseconds(1)} ms] {name.Slice(0, nameLength)}| {text.Slice(0, textLength)}\n");
        }

        return ContractStatus.Ok;
    }

    private static void Show(scoped ref Line line)
    {
        s_lock.Enter();
        Terminal.Write(Terminal<SerialOutput>.LogView, line.Text);
        s_lock.Leave();
    }
}
