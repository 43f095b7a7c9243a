using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Semaphores;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("semaphores"u8);
        CounterTests.Run();
        BlockingTests.Run();
        Suite.End();
    }
}
