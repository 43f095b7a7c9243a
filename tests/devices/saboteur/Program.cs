using Kilonova.Contracts;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Saboteur;

/// <summary>Kills the component that its arguments name, as often as the root task starts it again without giving it up.</summary>
internal static class Program
{
    private const int Kills = 8;
    private const ulong PauseMilliseconds = 250;

    private static void Main()
    {
        var session = new ClientSession("control"u8);
        Component.Require(session.Open(), "control"u8);
        var control = new ControlClient<PortalTransport>(session.Transport);
        for (var killed = 0; killed < Kills;)
        {
            Component.Sleep(PauseMilliseconds);
            if (control.Kill(Component.Arguments) == ContractStatus.Ok)
                Log.Write($"killed {Component.Arguments}, {++killed}");
        }
    }
}
