using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Ipc;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("ipc"u8);
        TransferTests.Run();
        PortalTests.Run();
        DonationTests.Run();
        Suite.End();
    }
}
