using System;
using Kilonova.Contracts;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Saboteur;

/// <summary>
/// Kills components in turn. Its arguments: how often, milliseconds before each time, and the components' names. The root task gives a
/// component up after ten times that follow each other within ten seconds.
/// </summary>
internal static class Program
{
    private static void Main()
    {
        var victims = Component.Arguments;
        var kills = Number(Cut(ref victims));
        var pause = Number(Cut(ref victims));
        var session = new ClientSession("control"u8);
        Component.Require(session.Open(), "control"u8);
        var control = new ControlClient<PortalTransport>(session.Transport);
        var left = victims;
        for (var killed = 0ul; killed < kills;)
        {
            if (left.IsEmpty)
                left = victims;

            // One that is just being started again is tried again.
            var victim = Cut(ref left);
            Component.Sleep(pause);
            while (control.Kill(victim) != ContractStatus.Ok)
                Component.Sleep(1);

            Log.Write($"killed {victim}, {++killed}");
        }
    }

    private static ReadOnlySpan<byte> Cut(scoped ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)' ');
        var word = end < 0 ? text : text.Slice(0, end);
        text = end < 0 ? default : text.Slice(end + 1);
        return word;
    }

    private static ulong Number(ReadOnlySpan<byte> text)
    {
        var number = 0ul;
        foreach (var digit in text)
            number = number * 10 + digit - '0';

        return number;
    }
}
