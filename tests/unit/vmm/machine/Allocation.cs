// Measures what a piece of code allocates.
using System;

namespace Kilonova.Vmm.Tests;

internal static class Allocation
{
    /// <summary>
    /// Bytes allocated by the best of several runs. The host's runtime makes a few objects of its own when it compiles code anew, so
    /// that some runs show them; code that allocates shows it in every run.
    /// </summary>
    public static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 8; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
