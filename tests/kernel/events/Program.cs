using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Events;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("events"u8);
        ExceptionTests.Run();
        StateTests.Run();
        DeathTests.Run();
        StartupTests.Run();
        RecallTests.Run();
        Suite.End();
    }
}
