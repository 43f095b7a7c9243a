using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Voter;

/// <summary>The client of the tutorial: votes for the name in its arguments, again and again.</summary>
internal static class Program
{
    private const ulong PauseMilliseconds = 1000;

    private static void Main()
    {
        var session = new ClientSession("tally"u8);
        while (true)
        {
            // Waits while nobody offers the service.
            Component.Require(session.Open(), "open"u8);
            var tally = new TallyClient<PortalTransport>(session.Transport);
            ContractStatus status;
            while ((status = tally.Vote(Component.Arguments, out var votes)) == ContractStatus.Ok)
            {
                Log.Write($"vote {votes} for {Component.Arguments}");
                Component.Sleep(PauseMilliseconds);
            }

            if (!ClientSession.IsBreak(status))
            {
                Log.Write(LogLevel.Error, $"refused: {(uint)status}");
                Component.Exit(1);
            }

            Log.Write(LogLevel.Warning, "the tally is gone"u8);
        }
    }
}
