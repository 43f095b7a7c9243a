using System;
using Kilonova.Runtime;

namespace Kilonova.Talker;

/// <summary>
/// Asks who has 10.0.2.2 and who the peer's address, exchanges packets with the peer, tries to send from an address that is not its own, and
/// answers for ever. Its arguments are the last numbers of its own and the peer's address in 10.0.2.0, and how often it asks and exchanges,
/// once if they do not say.
/// </summary>
internal static class Program
{
    private static void Main()
    {
        var arguments = Component.Arguments;
        var station = new Station((byte)Number(ref arguments), (byte)Number(ref arguments));
        station.Open();
        for (var rounds = Math.Max(Number(ref arguments), 1); rounds != 0; rounds--)
        {
            station.Ask();
            station.Exchange();
        }

        station.Forge();
        station.Answer();
    }

    private static uint Number(ref ReadOnlySpan<byte> text)
    {
        var number = 0u;
        while (!text.IsEmpty)
        {
            var digit = text[0];
            text = text.Slice(1);
            if (digit == ' ')
                break;

            number = number * 10 + digit - '0';
        }

        return number;
    }
}
