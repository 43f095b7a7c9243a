using Kilonova.Contracts;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Inspector;

/// <summary>
/// Tries all disks, as often as the arguments say (once if they say nothing), then all network controllers, and switches the machine off.
/// </summary>
internal static class Program
{
    private static void Main()
    {
        var trial = new DiskTrial();
        for (var rounds = Rounds(Component.Arguments); rounds != 0; rounds--)
            trial.Run();

        new NetTrial().Run();
        Log.Write("devices: done"u8);
        var control = new ClientSession("control"u8);
        Component.Require(control.Open(), "control"u8);
        _ = new ControlClient<PortalTransport>(control.Transport).PowerOff();
    }

    private static uint Rounds(System.ReadOnlySpan<byte> text)
    {
        var rounds = 0u;
        foreach (var digit in text)
            rounds = rounds * 10 + digit - '0';

        return System.Math.Max(rounds, 1);
    }
}
