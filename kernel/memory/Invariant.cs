using System.Diagnostics;

namespace Kilonova.Kernel;

/// <summary>
/// Preconditions and invariants of the memory rooms. Checked on the host, where every test runs with them; free in the kernel.
/// </summary>
public static class Invariant
{
    /// <summary>States that a condition holds. A violation ends the test that caused it.</summary>
    [Conditional("KERNEL_CHECKS")]
    public static void That(bool condition, string what)
    {
        if (!condition)
            Faults.Violated(what);
    }
}
