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
