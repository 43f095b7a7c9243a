using Kilonova.KernelTests;

namespace Kilonova.KernelTests.HostMemory;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("memory"u8);
        PermissionTests.Run();
        MappingTests.Run();
        ProtectionTests.Run();
        ShootdownTests.Run();
        Suite.End();
    }
}
