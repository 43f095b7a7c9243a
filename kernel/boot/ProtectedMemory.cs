namespace Kilonova.Kernel;

/// <summary>
/// Physical memory that no user may map (specification, section 8.2.1): the kernel with all its memory, interrupt controllers, IOMMUs,
/// the range of message-signalled interrupts, firmware's run-time services. Complete when the boot CPU enters the kernel proper.
/// </summary>
public static class ProtectedMemory
{
    private static RangeList s_ranges;

    /// <summary>The ranges, whole pages, sorted and disjoint.</summary>
    public static ref RangeList Ranges => ref s_ranges;

    /// <summary>Adds the pages that a range touches. Stops the machine if there are too many ranges: none may be forgotten.</summary>
    public static void Add(ulong start, ulong end)
    {
        const ulong PageMask = 4095;
        Panic.Require(s_ranges.Add(start & ~PageMask, (end + PageMask) & ~PageMask), "too many ranges of memory to protect"u8);
    }

    /// <summary>Whether a range touches protected memory.</summary>
    public static bool Touches(ulong start, ulong end)
    {
        for (int i = 0; i < s_ranges.Count; i++)
        {
            if (s_ranges.Start(i) < end && start < s_ranges.End(i))
                return true;
        }

        return false;
    }
}
