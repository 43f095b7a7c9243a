namespace Kilonova.Kernel;

/// <summary>
/// Memory for what the kernel needs before its allocators run, and for ever: page tables and per-CPU areas. Taken from the front of the
/// memory behind the image that the boot loader kept free; what is left goes to <see cref="PhysicalMemory"/>. Boot CPU only.
/// </summary>
public static unsafe class EarlyMemory
{
    private const ulong PageSize = 4096;

    private static ulong s_next;
    private static ulong s_end;

    /// <summary>Physical address of the first byte that has not been given away.</summary>
    public static ulong Next => s_next;

    /// <summary>Bytes left.</summary>
    public static ulong Left => s_end - s_next;

    /// <summary>Starts with page-aligned memory that nobody uses.</summary>
    public static void Initialize(ulong start, ulong end)
    {
        s_next = start;
        s_end = end;
    }

    /// <summary>Physical address of cleared, contiguous pages; 0 if there are not as many.</summary>
    public static ulong TryAllocate(uint pages)
    {
        ulong bytes = pages * PageSize;
        if (bytes > s_end - s_next)
            return 0;

        ulong block = s_next;
        s_next += bytes;
        Memory.Zero(DirectMap.ToVirtual(block), (nuint)bytes);
        return block;
    }

    /// <summary>As <see cref="TryAllocate"/>, for what the kernel cannot be without: stops the machine when memory is short.</summary>
    public static ulong Allocate(uint pages)
    {
        ulong block = TryAllocate(pages);
        Panic.Require(block != 0, "the memory behind the kernel image does not suffice"u8);

        return block;
    }

    /// <summary>Gives everything that is left away: returns its end; it starts at <see cref="Next"/>.</summary>
    public static ulong TakeRest(out ulong start)
    {
        start = s_next;
        s_next = s_end;
        return s_end;
    }
}
