namespace Kilonova.KernelTests.Dma;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("dma"u8);
        EduDevice.Find();
        SpaceTests.Run();
        ContextTests.Run();
        MessageTests.Run();
        Suite.End();
    }
}
