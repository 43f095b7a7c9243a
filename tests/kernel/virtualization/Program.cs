using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Virtualization;

internal static class Program
{
    private static unsafe void Main()
    {
        Suite.Begin("virtualization"u8);
        if ((RootTask.Hip->Features & (PlatformFeatures.SVM | PlatformFeatures.VMX)) != 0)
        {
            ModeTests.Run();
            CostTests.Run();
            InjectionTests.Run();
            ResourceTests.Run();
            ControlTests.Run();
        }

        Suite.End();
    }
}
