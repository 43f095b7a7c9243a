using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Shell;

/// <summary>A shell on the console: lists, starts and ends components, shows what they log, how they crashed and what they use.</summary>
internal static class Program
{
    private const int LongestLine = 256;

    private const ulong Million = 1_000_000;

    private static ControlClient<PortalTransport> s_control;
    private static bool s_hasPrompted;

    private static void Main()
    {
        var portals = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        Component.Require(Component.Parent.Open("control"u8, portals, out _), "control"u8);
        s_control = new ControlClient<PortalTransport>(new PortalTransport(new Portal(portals + Server.Cpu)));
        var prompted = Component.Counters.Add("microseconds at the first prompt"u8);
        View.Open();
        Span<byte> line = stackalloc byte[LongestLine];
        while (true)
        {
            View.WriteLine($"Welcome to Kilonova. Type help.");
            View.Write("> "u8);
            if (!s_hasPrompted)
                Component.Counters.Set(prompted, Platform.Time / (Component.Information.StcFrequency / Million));

            s_hasPrompted = true;
            while (View.TryReadLine(line, out var length))
            {
                Execute(line.Slice(0, length));
                View.Write("> "u8);
            }
        }
    }

    private static void Execute(ReadOnlySpan<byte> line)
    {
        uint cursor = 0;
        var command = CommandLine.Next(line, ref cursor);
        var name = CommandLine.Next(line, ref cursor);
        var number = CommandLine.Next(line, ref cursor);
        if (command.IsEmpty)
            return;

        if (command.SequenceEqual("help"u8))
            Help();
        else if (command.SequenceEqual("list"u8))
            List();
        else if (command.SequenceEqual("top"u8))
            Top.Show(s_control);
        else if (command.SequenceEqual("memory"u8))
            Memory();
        else if (command.SequenceEqual("time"u8))
            Time.Show();
        else if (command.SequenceEqual("guests"u8))
            Guests.List(s_control);
        else if (name.IsEmpty)
            View.WriteLine($"{command}: no such command, or a component's name is missing. Type help.");
        else if (command.SequenceEqual("start"u8))
            Report(command, name, s_control.Start(name));
        else if (command.SequenceEqual("stop"u8))
            Report(command, name, s_control.Stop(name));
        else if (command.SequenceEqual("kill"u8))
            Report(command, name, s_control.Kill(name));
        else if (Guests.TryFindOrder(command, out var order))
            View.WriteLine($"{command} {name}: {Guests.Text(s_control.Order(name, order))}");
        else if (command.SequenceEqual("define"u8))
            View.WriteLine($"define {name}: {Guests.Text(s_control.Define(name, BehindName(line)))}");
        else if (command.SequenceEqual("log"u8))
            ShowLog(name);
        else if (command.SequenceEqual("counters"u8))
            ShowCounters(name);
        else if (command.SequenceEqual("crash"u8))
            ShowCrash(name);
        else if (command.SequenceEqual("cycle"u8))
            Cycle(name, number);
        else
            View.WriteLine($"{command}: no such command. Type help.");
    }

    // What follows command and name.
    private static ReadOnlySpan<byte> BehindName(ReadOnlySpan<byte> line)
    {
        uint cursor = 0;
        _ = CommandLine.Next(line, ref cursor);
        _ = CommandLine.Next(line, ref cursor);
        return line.Slice((int)cursor);
    }

    private static void Help() => View.Write("""
        list             components and what they do
        top              what they used in a second: CPU, calls, ring records; their memory
        time             who has time of which CPU, and how much of each is reserved
        memory           what nobody has
        start NAME       starts a component
        stop NAME        ends it for good
        kill NAME        ends it as if it had failed
        log NAME         the last lines that it logged
        counters NAME    what it counts
        crash NAME       the report of its last crash
        cycle NAME N     starts and stops it N times
        guests           guests, their monitors and what they do
        pause NAME       lets a guest stand still; resume NAME lets it go on
        reset NAME       resets its machine; press NAME presses the power button, off NAME cuts the power
        define NAME monitor= kernel= initrd= memory= vcpus= command-line=
                         what a guest is from its next start on: any of these words, the last takes the rest of the line
        Ctrl-T 0 shows what all components log, Ctrl-T 1 this view, Ctrl-T Ctrl-T the next one.

        """u8);

    private static void List()
    {
        Span<byte> name = stackalloc byte[Bounds.Longest];
        for (var i = 0u; s_control.Describe(
            i, name, out var length, out var state, out var life, out var crashes, out _, out _, out _) == ContractStatus.Ok; i++)
            View.WriteLine($"{name.Slice(0, length)}: {Text(state)}, life {life}, {crashes} crashes");
    }

    private static void Memory()
    {
        if (s_control.ReadFree(out var pages, out var kernelPages) == ContractStatus.Ok)
            View.WriteLine($"{pages} pages of memory free, {kernelPages} of kernel memory");
    }

    private static void ShowLog(ReadOnlySpan<byte> name)
    {
        Span<byte> text = stackalloc byte[Bounds.LongestText];
        var lines = 0u;
        while (s_control.ReadLog(name, lines, text, out _, out _, out _) == ContractStatus.Ok)
            lines++;

        View.WriteLine($"{lines} lines of {name}");
        for (; lines != 0; lines--)
        {
            if (s_control.ReadLog(name, lines - 1, text, out var length, out var time, out var level) == ContractStatus.Ok)
                View.WriteLine($"[{time / Component.Milliseconds(1)} ms] {Letter(level)} {text.Slice(0, length)}");
        }
    }

    private static void ShowCounters(ReadOnlySpan<byte> name)
    {
        Span<byte> counter = stackalloc byte[CounterLayout.MaxName];
        var index = 0u;
        for (; s_control.ReadCounter(name, index, counter, out var length, out var value) == ContractStatus.Ok; index++)
            View.WriteLine($"{counter.Slice(0, length)}: {value}");

        View.WriteLine($"{index} counters of {name}");
    }

    private static ReadOnlySpan<byte> Letter(LogLevel level) => level switch
    {
        LogLevel.Warning => "W"u8,
        LogLevel.Error => "E"u8,
        LogLevel.Debug => "D"u8,
        _ => "I"u8,
    };

    private static void ShowCrash(ReadOnlySpan<byte> name)
    {
        Span<byte> text = stackalloc byte[Bounds.CrashPiece];
        var offset = 0u;
        while (true)
        {
            var status = s_control.ReadCrash(name, offset, text, out var length);
            if (status != ContractStatus.Ok)
                View.WriteLine($"{name} has not crashed");

            if (length == 0)
                return;

            View.Write(text.Slice(0, length));
            offset += (uint)length;
        }
    }

    private static void Cycle(ReadOnlySpan<byte> name, ReadOnlySpan<byte> number)
    {
        if (!TryParse(number, out var times))
        {
            View.WriteLine($"cycle: how often?");
            return;
        }

        for (var i = 0u; i < times; i++)
        {
            var status = s_control.Start(name);
            if (status == ContractStatus.Ok)
                status = s_control.Stop(name);

            if (status != ContractStatus.Ok)
            {
                Report("cycle"u8, name, status);
                return;
            }
        }

        View.WriteLine($"cycled {name} {times} times");
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out uint number)
    {
        const int MaxDigits = 6;
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;

            number = 10 * number + digit - '0';
        }

        return text.Length is > 0 and <= MaxDigits;
    }

    private static void Report(ReadOnlySpan<byte> command, ReadOnlySpan<byte> name, ContractStatus status) =>
        View.WriteLine($"{command} {name}: {Text(status)}");

    private static ReadOnlySpan<byte> Text(ContractStatus status) => status switch
    {
        ContractStatus.Ok => "done"u8,
        ContractStatus.NotFound => "no such component, or it does not run"u8,
        ContractStatus.Busy => "it runs already"u8,
        ContractStatus.Failed => "it cannot be started; the log of sigma0 says why"u8,
        _ => "refused"u8,
    };

    private static ReadOnlySpan<byte> Text(ComponentState state) => state switch
    {
        ComponentState.Stopped => "stopped"u8,
        ComponentState.Running => "running"u8,
        ComponentState.Restarting => "starts again"u8,
        _ => "given up"u8,
    };
}
