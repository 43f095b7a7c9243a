// What the linked sources of the core library need around them, on the host.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Threading;

namespace Internal.Runtime;

internal static class Platform
{
    internal static void Yield() => Thread.Yield();
}

internal static unsafe class Memory
{
    internal static void* memset(byte* destination, int value, nuint byteCount)
    {
        NativeMemory.Fill(destination, byteCount, (byte)value);
        return destination;
    }
}

/// <summary>Counts what the dispatch table takes.</summary>
internal static unsafe class ComponentHeap
{
    private const int Size = 64 << 20;

    private static readonly byte* s_memory = (byte*)NativeMemory.AllocZeroed(Size);
    private static BumpHeap s_heap = Create();

    internal static long Allocations => s_heap.AllocationCount;

    internal static byte* AllocatePermanent(nuint size)
    {
        byte* block = s_heap.TryAllocate(size);
        return block != null ? block : throw new OutOfMemoryException();
    }

    private static BumpHeap Create()
    {
        BumpHeap heap = default;
        heap.Initialize(s_memory, s_memory + Size);
        return heap;
    }
}
