namespace Kilonova.Kernel;

/// <summary>Failures that tests on the host inject. In the kernel there are none: the constant leaves no code behind.</summary>
public static class Faults
{
    /// <summary>Whether the allocation that asks is to fail.</summary>
    public const bool AllocationFails = false;

    /// <summary>Ends a test whose invariant is violated. Not called in the kernel, but in the one with checks.</summary>
    public static void Violated(string what)
    {
        Panic.Begin("violated invariant"u8);
        Log.Begin(LogLevel.Error);
        for (int i = 0; i < what.Length; i++)
        {
            byte character = (byte)what[i];
            Log.Write(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref character, 1));
        }

        Log.End();
        StackTrace.PrintOwn();
        Panic.Finish();
    }
}
