namespace Kilonova.Kernel;

/// <summary>Clearing and copying memory without vector registers: the core library's assembly routines.</summary>
public static unsafe class Memory
{
    /// <summary>Sets whole words to 0.</summary>
    /// <param name="bytes">A multiple of 8.</param>
    [RuntimeImport("*", "memory_zero"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Zero(void* destination, nuint bytes);

    /// <summary>Copies bytes; the two may overlap.</summary>
    public static void Copy(void* destination, void* source, nuint bytes) => _ = Move(destination, source, bytes);

    [RuntimeImport("*", "memmove"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void* Move(void* destination, void* source, nuint bytes);
}

/// <summary>What the CPUs keep of memory, for devices that read it without asking them.</summary>
public static unsafe class Cache
{
    private const uint LineSize = 64;

    /// <summary>Writes what has been stored back to memory, before any later access to a device.</summary>
    public static void Flush(void* start, uint bytes)
    {
        byte* end = (byte*)start + bytes;
        for (byte* line = (byte*)((ulong)start & ~(LineSize - 1ul)); line < end; line += LineSize)
            FlushLine(line);

        Interlocked.MemoryBarrier();
    }

    /// <summary>The line of an address (CLFLUSH).</summary>
    [RuntimeImport("*", "cache_flush_line"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void FlushLine(void* address);
}
