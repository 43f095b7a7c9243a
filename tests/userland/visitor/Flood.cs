using System;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Visitor;

/// <summary>One that calls a service as fast as it can, and one that looks how long its own calls take, before and meanwhile.</summary>
internal static class Flood
{
    private const int Services = 8;
    private const int Rounds = 50;

    // When all have opened their sessions, when the flood begins, and when all services are in it: since the machine's start.
    private const ulong QuietMilliseconds = 1200;
    private const ulong FloodMilliseconds = 2000;
    private const ulong FloodedMilliseconds = 2150;

    // Between two calls, and a little more each time, so that the flooders are met everywhere.
    private const ulong Pause = 200_000;
    private const ulong Step = 997;

    private static readonly ulong[] s_quiet = new ulong[Services];
    private static readonly ulong[] s_flooded = new ulong[Services];
    private static readonly ClientSession?[] s_sessions = new ClientSession?[Services];
    private static readonly TimerChannel s_timer = new("timer"u8);
    private static ulong s_pause = Pause;

    /// <summary>Calls one service for ever.</summary>
    internal static void Run(int service)
    {
        Open(service);
        SleepUntil(FloodMilliseconds);
        while (Call(service) == ContractStatus.Ok)
        {
        }

        Log.Write($"{Name(service)} refuses the flood");
    }

    /// <summary>The longest call of each service while nobody else calls, and while each is flooded.</summary>
    internal static void Watch()
    {
        for (var service = 0; service < Services; service++)
            Open(service);

        SleepUntil(QuietMilliseconds);
        Measure(s_quiet);
        if (Platform.Time > Component.Milliseconds(FloodMilliseconds))
            Faults.Fail("not quiet to the end"u8);

        SleepUntil(FloodedMilliseconds);
        Measure(s_flooded);
        for (var service = 0; service < Services; service++)
            Log.Write($"latency of {Name(service)}: quiet {s_quiet[service]}, flooded {s_flooded[service]} instructions");
    }

    private static void SleepUntil(ulong milliseconds) => _ = Component.Never.Down(Component.Milliseconds(milliseconds));

    private static void Measure(ulong[] longest)
    {
        for (var round = 0; round < Rounds; round++)
        {
            for (var service = 0; service < Services; service++)
            {
                s_pause += Step;
                _ = Component.Never.Down(Platform.Time + s_pause);
                var before = Platform.Time;
                var status = Call(service);
                longest[service] = Math.Max(longest[service], Platform.Time - before);
                Component.Require(status, Name(service));
            }
        }
    }

    private static void Open(int service)
    {
        if (service == 7)
        {
            Component.Require(s_timer.Open(), "timer"u8);
            return;
        }

        if (service == 0)
            return;

        s_sessions[service] = new ClientSession(Name(service));
        Component.Require(s_sessions[service]!.Open(), Name(service));
    }

    private static ContractStatus Call(int service)
    {
        Span<byte> text = stackalloc byte[64];
        if (service == 0)
        {
            _ = Component.Parent.TakeClosed(out _);
            return ContractStatus.Ok;
        }

        if (service == 7)
            return Tick();

        var transport = s_sessions[service]!.Transport;
        switch (service)
        {
            case 1:
                return new ControlClient<PortalTransport>(transport).Describe(0, text.Slice(0, 32), out _, out _, out _, out _, out _, out _, out _);
            case 2:
                return new ConsoleClient<PortalTransport>(transport).Write("all work and no play makes a dull component\n"u8);
            case 3:
                return new ViewsClient<PortalTransport>(transport).Describe(0, text.Slice(0, 32), out _, out _, out _, out _);
            case 4:
                return new AdmissionClient<PortalTransport>(transport).ReadCpu(0, out _);
            case 5:
                return new WallTimeClient<PortalTransport>(transport).Tell(out _, out _);
            default:
                return new EchoClient<PortalTransport>(transport).Twice(1, out _);
        }
    }

    // A timeout that is due.
    private static ContractStatus Tick()
    {
        _ = s_timer.Set(0, Platform.Time);
        RingStatus status;
        while ((status = s_timer.TryTake(out _, out _, out _)) == RingStatus.Empty)
            _ = s_timer.Wait();

        return status == RingStatus.Ok ? ContractStatus.Ok : ContractStatus.Failed;
    }

    private static ReadOnlySpan<byte> Name(int service) => service switch
    {
        0 => "parent"u8,
        1 => "control"u8,
        2 => "console"u8,
        3 => "views"u8,
        4 => "admission"u8,
        5 => "clock"u8,
        6 => "echo"u8,
        _ => "timer"u8,
    };
}
