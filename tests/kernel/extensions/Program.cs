using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Extensions;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("extensions"u8);
        WindowTests.Run();
        ItemTests.Run();
        Suite.End();
    }
}
