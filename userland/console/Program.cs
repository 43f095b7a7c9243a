using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Console;

/// <summary>
/// The console: it owns the serial port, and the display and keyboard that its line grants, and offers views of them. Its first thread waits
/// for keys, takes what others log, and paints; text of clients is taken on their time. Arguments: keyboard=LAYOUT.
/// </summary>
internal static class Program
{
    private const ulong PollMilliseconds = 20;
    private const ulong PollWithKeyboardMilliseconds = 10;
    private const ulong PaintMilliseconds = 30;
    private const ulong HandoverMilliseconds = 5;
    private const int LinesPerRound = 64;
    private const int MaxName = 32;
    private const int MaxText = 128;

    /// <summary>What everybody sees; under the lock.</summary>
    internal static Multiplexer Views { get; } = new();

    // Under s_lock, but for what is written before the service is offered.
    private static readonly ulong[] s_inputs = new ulong[Multiplexer.MaxViews];
    private static readonly Terminal<SerialOutput> s_terminal = new(Views, default);
    private static SemaphoreLock s_lock;

    // The first thread's.
    private static Screen? s_screen;
    private static Keyboard? s_keyboard;
    private static ulong s_nextPaint;

    /// <summary>The view that has the focus on the serial line.</summary>
    internal static int Focus => s_terminal.Focus;

    private static void Main()
    {
        s_lock = new SemaphoreLock(Component.NewSemaphore());
        var closed = Component.NewSemaphore();
        var interrupt = new Semaphore(ComponentSelectors.Interrupts);
        Component.Require(interrupt.AssignInterrupt(0, Server.Cpu, 0, out _, out _), "interrupt"u8);
        SerialOutput.Port.EnableInterrupts();
        OpenScreen();
        var log = OpenLog();
        Component.Require(ServiceThreads.OfferWithItems<ConsolePortal>("console"u8, closed, out var thread), "offer"u8);

        // Whoever uses this service sees what everybody writes; a line may leave it out.
        _ = ServiceThreads.OfferBy<ViewsPortal>("views"u8, new Semaphore(0), thread);
        var poll = Component.Milliseconds(s_keyboard == null ? PollMilliseconds : PollWithKeyboardMilliseconds);
        while (true)
        {
            _ = interrupt.Down(Platform.Time + poll);
            ReadKeys();
            while (closed.Down(1) == Status.SUCCESS)
                CloseViews();

            _ = TakeLog(log);
            Paint();
        }
    }

    /// <summary>Takes the lock and finds a session's view; a new session gets one. False, without the lock, when there is none.</summary>
    internal static bool TryEnterView(ulong session, out int view)
    {
        s_lock.Enter();
        view = Views.Find(session);
        if (view >= 0)
            return true;

        // Who it is, the parent says: not while others wait for the lock.
        s_lock.Leave();
        Span<byte> name = stackalloc byte[MaxName];
        if (Component.Parent.Client(session, name, out var length) != ContractStatus.Ok)
            return false;

        s_lock.Enter();
        view = Views.Open(session, name.Slice(0, length));
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

    // The keyboard comes with the display: what is typed without seeing it is of no use.
    private static void OpenScreen()
    {
        var layout = CommandLine.Value(Component.Arguments, "keyboard"u8);
        if (Display.Open() is not { } surface)
            return;

        s_screen = new Screen(Views, surface);
        Log.Write($"display of {surface.Columns} columns and {surface.Rows} rows");
        if (layout.IsEmpty)
            return;

        if (KeyboardLayout.Find(layout) is not { } keys)
        {
            Log.Write(LogLevel.Warning, $"there is no keyboard layout '{layout}', so it is {KeyboardLayout.Default.Name}");
            keys = KeyboardLayout.Default;
        }

        if (!KeyboardController.Exists)
            return;

        KeyboardController.Configure();
        s_keyboard = new Keyboard(keys);
    }

    private static void ReadKeys()
    {
        while (SerialOutput.Port.TryRead(out var key))
        {
            s_lock.Enter();
            Notify(s_terminal.Type(key));
            s_lock.Leave();
        }

        while (s_keyboard != null && KeyboardController.TryRead(out var code))
        {
            var stroke = s_keyboard.Take(code);
            s_lock.Enter();
            Notify(s_screen!.Press(stroke));
            s_lock.Leave();
        }
    }

    // Painting may take longer than it should be apart: at least as much time is left for keys and for others.
    private static void Paint()
    {
        var start = Platform.Time;
        if (s_screen == null || start < s_nextPaint)
            return;

        s_lock.Enter();
        var isChanged = s_screen.Compose();
        s_lock.Leave();
        if (!isChanged)
            return;

        s_screen.Paint();
        var end = Platform.Time;
        s_nextPaint = end + Math.Max(end - start, Component.Milliseconds(PaintMilliseconds));
    }

    private static void CloseViews()
    {
        while (Component.Parent.TakeClosed(out var session) == ContractStatus.Ok)
        {
            s_lock.Enter();
            var view = Views.Find(session);
            if (view >= 0)
            {
                SetInput(view, 0);
                Views.Close(session);
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
            var status = log.Take(name, out var nameLength, text, out var textLength, out var time, out var level);
            if (status != ContractStatus.Ok)
                return status;

            s_lock.Enter();
            LogLine.Write(Views, time / Component.Milliseconds(1), (int)level, name.Slice(0, nameLength), text.Slice(0, textLength));
            s_lock.Leave();
        }

        return ContractStatus.Ok;
    }
}
