namespace Kilonova.Empty;

/// <summary>Does nothing; its thread sleeps for ever.</summary>
internal static class Program
{
    private static void Main()
    {
    }
}
