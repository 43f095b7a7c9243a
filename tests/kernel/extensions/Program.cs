using Kilonova.KernelTests;

namespace Kilonova.KernelTests.Extensions;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("extensions"u8);
        WindowTests.Run();
        ItemTests.Run();
        TranslateTests.Run();
        RevokeTests.Run();
        RangeTests.Run();
        LookupTests.Run();
        KillTests.Run();
        LifeTests.Run();
        HelpingTests.Run();
        IsolationTests.Run();
        Suite.End();
    }
}
