using System;
using System.Runtime.CompilerServices;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Visitor;

/// <summary>
/// Does one thing, which its arguments name: "greet", "exit=code", "crash=null|stack|throw|divide", "overdraw", "serve=name",
/// "call=name", "open=name", "bulk-serve=name", "bulk-call=name", "bulk-again=name", "hold=name", "share=name", "addresses",
/// "spread", "thread", "reserve", "timers=count", "tick=milliseconds", "timer-sessions=count", "rate=name", "node=name needs=a,b",
/// "killer=name times=count", "flood=console|log",
/// "watch", "flood-service=number".
/// </summary>
internal static class Program
{
    private const int Endless = int.MaxValue;
    private const ulong FarPage = 0x4_0000_0000;
    private const uint ManyPages = 1 << 20;
    private const ulong RetryMilliseconds = 5;
    private const ulong PauseMilliseconds = 100;

    private static void Main()
    {
        Log.Write($"life {Component.Information.Life} of {Component.Name} on CPU {Server.Cpu}");
        var arguments = Component.Arguments;
        var crash = CommandLine.Value(arguments, "crash"u8);
        if (!crash.IsEmpty)
            Crash(crash);

        if (CommandLine.Has(arguments, "overdraw"u8))
            Overdraw();

        var service = CommandLine.Value(arguments, "serve"u8);
        if (!service.IsEmpty)
            EchoPortal.Serve(service);

        service = CommandLine.Value(arguments, "open"u8);
        if (!service.IsEmpty)
            Log.Write($"open {service}: {(uint)Component.Parent.Open(service, Component.TakeSelectors(SelectorAllocator.MaxOrder), out _)}");

        service = CommandLine.Value(arguments, "call"u8);
        if (!service.IsEmpty)
            Call(service);

        service = CommandLine.Value(arguments, "bulk-serve"u8);
        if (!service.IsEmpty)
            Bulk.Serve(service);

        service = CommandLine.Value(arguments, "bulk-call"u8);
        if (!service.IsEmpty)
            Bulk.Call(service);

        service = CommandLine.Value(arguments, "bulk-again"u8);
        if (!service.IsEmpty)
            Bulk.CallAgain(service);

        service = CommandLine.Value(arguments, "share"u8);
        if (!service.IsEmpty)
            Bulk.ShareAndEnd(service);

        service = CommandLine.Value(arguments, "hold"u8);
        if (!service.IsEmpty)
            Bulk.Hold(service);

        service = CommandLine.Value(arguments, "node"u8);
        if (!service.IsEmpty)
            Graph.Join(service);

        service = CommandLine.Value(arguments, "killer"u8);
        if (!service.IsEmpty)
            Graph.Kill(service);

        if (CommandLine.Has(arguments, "spread"u8))
            Time.RunEverywhere();

        if (CommandLine.Has(arguments, "thread"u8))
            Time.AskForOneMore();

        if (CommandLine.Has(arguments, "reserve"u8))
            Time.Reserve();

        if (CommandLine.Has(arguments, "timers"u8))
            Time.Wait((int)Bulk.Number("timers"u8));

        if (CommandLine.Has(arguments, "tick"u8))
            Rates.Tick(Bulk.Number("tick"u8));

        if (CommandLine.Has(arguments, "timer-sessions"u8))
            Rates.OpenMany((int)Bulk.Number("timer-sessions"u8));

        service = CommandLine.Value(arguments, "rate"u8);
        if (!service.IsEmpty)
            Rates.Call(service);

        if (CommandLine.Has(arguments, "watch"u8))
            Flood.Watch();

        if (CommandLine.Has(arguments, "flood-service"u8))
            Flood.Run((int)Bulk.Number("flood-service"u8));

        if (CommandLine.Has(arguments, "addresses"u8))
            Addresses.Show();

        var flood = CommandLine.Value(arguments, "flood"u8);
        if (!flood.IsEmpty)
            FloodWithText(flood);

        var code = CommandLine.Value(arguments, "exit"u8);
        if (!code.IsEmpty)
            Component.Exit((uint)(code[0] - '0'));
    }

    private static void Crash(ReadOnlySpan<byte> how)
    {
        if (how.SequenceEqual("null"u8))
            Log.Write($"{ReadNothing(null)}");
        else if (how.SequenceEqual("stack"u8))
            Log.Write($"{Recurse(Endless)}");
        else if (how.SequenceEqual("throw"u8))
            throw new InvalidOperationException("asked for");
        else if (how.SequenceEqual("divide"u8))
            Log.Write($"{Divide(how.Length - "divide"u8.Length)}");
    }

    private static void Overdraw()
    {
        var status = Component.Parent.Map(FarPage, ManyPages);
        Log.Write($"overdraw: {(uint)status}");
        status = Component.Parent.Map(FarPage, 1);
        Log.Write($"one page: {(uint)status}");
        status = Component.Parent.Map(FarPage, 1);
        Log.Write($"again: {(uint)status}");
        status = Component.Parent.Unmap(FarPage);
        Log.Write($"back: {(uint)status}");
    }

    // Writes for ever, as fast as it may.
    private static void FloodWithText(ReadOnlySpan<byte> where)
    {
        var line = "all work and no play makes a dull component, and so on and on and on\n"u8;
        if (where.SequenceEqual("log"u8))
        {
            while (true)
                Log.Write(line.Slice(0, line.Length - 1));
        }

        var portals = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        while (Component.Parent.Open("console"u8, portals, 0, out _) != ContractStatus.Ok)
            Component.Sleep(RetryMilliseconds);

        var console = new ConsoleClient<PortalTransport>(new PortalTransport(new Portal(portals + Server.Cpu)));
        while (console.Write(line) == ContractStatus.Ok)
        {
        }
    }

    // Calls for ever; a session that breaks is opened again.
    private static void Call(ReadOnlySpan<byte> service)
    {
        var selector = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        ulong calls = 0;
        while (true)
        {
            ulong session;
            while (Component.Parent.Open(service, selector, out session) != ContractStatus.Ok)
                Component.Sleep(RetryMilliseconds);

            var echo = EchoPortal.Client(selector);
            ContractStatus status;
            while ((status = echo.Twice(++calls, out var twice)) == ContractStatus.Ok)
            {
                Log.Write($"call {calls}: {twice}");
                Component.Sleep(PauseMilliseconds);
            }

            Log.Write($"session {session} broke: {(uint)status}");
            _ = Component.Parent.Close(session);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadNothing(Nothing? nothing) => nothing!.Value;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Recurse(int depth) => depth == 0 ? 0 : Recurse(depth - 1) + Recurse(depth - 2);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int by) => 1 / by;

    private sealed class Nothing
    {
        internal int Value;
    }
}
