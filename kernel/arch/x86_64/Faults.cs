namespace Kilonova.Kernel;

/// <summary>Failures that tests on the host inject. In the kernel there are none: the constant leaves no code behind.</summary>
public static class Faults
{
    /// <summary>Whether the allocation that asks is to fail.</summary>
    public const bool AllocationFails = false;

    /// <summary>Ends a test whose invariant is violated. Not called in the kernel.</summary>
    public static void Violated(string what) => _ = what;
}
