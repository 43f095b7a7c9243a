using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Launch;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("launch"u8);
        InformationTests.Run();
        CapabilityTests.Run();
        Suite.End();
    }
}
