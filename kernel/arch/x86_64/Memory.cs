using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Kernel;

/// <summary>Clearing and copying memory without vector registers: the core library's assembly routines.</summary>
public static unsafe class Memory
{
    /// <summary>Sets bytes to 0.</summary>
    public static void Zero(void* destination, nuint bytes) => _ = Set(destination, 0, bytes);

    /// <summary>Copies bytes; the two may overlap.</summary>
    public static void Copy(void* destination, void* source, nuint bytes) => _ = Move(destination, source, bytes);

    [RuntimeImport("*", "memset"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void* Set(void* destination, int value, nuint bytes);

    [RuntimeImport("*", "memmove"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void* Move(void* destination, void* source, nuint bytes);
}
