// Moving memory. Overlap is handled; nothing here uses XMM.
namespace System;

public static unsafe partial class Buffer
{
    internal static void Memmove<T>(ref T destination, ref T source, nuint elementCount) =>
        Memory.Move(ref Unsafe.As<T, byte>(ref destination), ref Unsafe.As<T, byte>(ref source), elementCount * (nuint)sizeof(T));

    internal static void Memmove(ref byte destination, ref byte source, nuint byteCount) =>
        Memory.Move(ref destination, ref source, byteCount);

    // ilc calls this for copies of structs with references. Nothing moves, so there is no barrier.
    internal static void BulkMoveWithWriteBarrier(ref byte destination, ref byte source, nuint byteCount) =>
        Memory.Move(ref destination, ref source, byteCount);

    public static void MemoryCopy(void* source, void* destination, ulong destinationSizeInBytes, ulong sourceBytesToCopy)
    {
        if (sourceBytesToCopy > destinationSizeInBytes)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(sourceBytesToCopy));
        Memory.memmove((byte*)destination, (byte*)source, (nuint)sourceBytesToCopy);
    }

    public static void MemoryCopy(void* source, void* destination, long destinationSizeInBytes, long sourceBytesToCopy) =>
        MemoryCopy(source, destination, (ulong)destinationSizeInBytes, (ulong)sourceBytesToCopy);
}
