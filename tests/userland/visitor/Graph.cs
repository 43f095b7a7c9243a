using System;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Visitor;

/// <summary>Components that depend on each other, and one that kills another.</summary>
internal static class Graph
{
    private const ulong Question = 21;
    private const ulong Answer = 42;
    private const ulong PauseMilliseconds = 30;

    /// <summary>Opens what "needs=a,b" names, asks each of them something, and offers its own service only then.</summary>
    internal static void Join(ReadOnlySpan<byte> name)
    {
        var rest = CommandLine.Value(Component.Arguments, "needs"u8);
        var needs = 0;
        while (!rest.IsEmpty)
        {
            var comma = rest.IndexOf((byte)',');
            var need = comma < 0 ? rest : rest.Slice(0, comma);
            rest = comma < 0 ? default : rest.Slice(comma + 1);
            var session = new ClientSession(need);
            Component.Require(session.Open(), "open"u8);
            Component.Require(new EchoClient<PortalTransport>(session.Transport).Twice(Question, out var answer), "twice"u8);
            if (answer != Answer)
                Faults.Fail("a wrong answer"u8);

            needs++;
        }

        EchoPortal.Serve(name);
        Log.Write($"{name} is ready after {needs} others");
    }

    /// <summary>Kills a component "times" times, each time when it runs again.</summary>
    internal static void Kill(ReadOnlySpan<byte> name)
    {
        var session = new ClientSession("control"u8);
        Component.Require(session.Open(), "control"u8);
        ControlClient<PortalTransport> control = new(session.Transport);
        var times = Bulk.Number("times"u8);
        for (var killed = 0ul; killed < times;)
        {
            Component.Sleep(PauseMilliseconds);
            if (control.Kill(name) == ContractStatus.Ok)
                killed++;
        }

        Log.Write($"killed {name} {times} times");
    }
}
