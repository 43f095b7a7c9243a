using Kilonova.KernelTests;

namespace Kilonova.KernelTests.PlatformAccess;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("hardware"u8);
        HardwareTests.Run();
        PortTests.Run();
        ConsoleTests.Run();
        InterruptTests.Run();
        Suite.End();
    }
}
