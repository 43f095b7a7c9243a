namespace Kilonova.KernelTests.Sessions;

internal static class Program
{
    private static void Main()
    {
        Suite.Begin("sessions"u8);
        ContractTests.Run();
        RingTests.Run();
        Costs.Run();
        Suite.End();
    }
}
