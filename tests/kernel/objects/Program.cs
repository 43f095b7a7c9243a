using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Objects;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("objects"u8);
        HypercallTests.Run();
        PermissionTests.Run();
        DomainTests.Run();
        ThreadTests.Run();
        OtherCreationTests.Run();
        DelegationTests.Run();
        DelegationErrorTests.Run();
        Suite.End();
    }
}
