using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Scheduling;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("scheduling"u8);
        PriorityTests.Run();
        LoadTests.Run();
        TimeTests.Run();
        FpuTests.Run();
        Suite.End();
    }
}
