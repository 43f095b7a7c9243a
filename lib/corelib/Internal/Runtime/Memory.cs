// The assembly routines that move and set memory (assembly/memory.S).
namespace Internal.Runtime;

internal static unsafe class Memory
{
    [RuntimeImport("*", "memmove")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void* memmove(byte* destination, byte* source, nuint byteCount);

    [RuntimeImport("*", "memset")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void* memset(byte* destination, int value, nuint byteCount);

    internal static void Move(ref byte destination, ref byte source, nuint byteCount) =>
        memmove((byte*)Unsafe.AsPointer(ref destination), (byte*)Unsafe.AsPointer(ref source), byteCount);

    internal static void Set(ref byte destination, byte value, nuint byteCount) =>
        memset((byte*)Unsafe.AsPointer(ref destination), value, byteCount);
}
