using Kilonova.Contracts;
using Kilonova.Runtime;

namespace Kilonova.Nic;

/// <summary>The driver of Intel's gigabit controllers. docs/net.md.</summary>
internal static class Program
{
    internal static DriverThread Thread { get; } = new();

    private static void Main()
    {
        Thread.Start();
        Component.Require(ServiceThreads.Offer<NetworksPortal>("net"u8, Thread.Bell), "offer"u8);
        Thread.Run();
    }
}
