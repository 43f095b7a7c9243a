#if FREESTANDING
using System;
using System.Diagnostics.CodeAnalysis;
using Internal.Runtime;
using Kilonova.Runtime;

namespace Kilonova.CoreLibTests;

/// <summary>Where a test program runs: here a root task on the kernel, whose lines go to the serial line.</summary>
internal static unsafe class Platform
{
    // What start-up gives is meant for small programs.
    private const ulong HeapBytes = 64 << 20;
    private const ulong PageSize = 4096;

    /// <summary>Tells the program's lines from everything else on the serial line.</summary>
    private static ReadOnlySpan<byte> Mark => "> "u8;

    /// <summary>What the program allocated so far.</summary>
    internal static long AllocatedBytes => (long)ComponentHeap.AllocatedBytes;

    internal static void Start()
    {
        byte* memory = RootMemory.Allocate(HeapBytes / PageSize);
        if (memory == null)
            Faults.Fail("no memory for the test's heap"u8);
        ComponentHeap.Heap->Initialize(memory, memory + HeapBytes);
    }

    internal static void WriteLine(ReadOnlySpan<byte> text)
    {
        const int MaxLine = 4096;
        Span<byte> line = stackalloc byte[MaxLine];
        int length = Math.Min(text.Length, MaxLine - Mark.Length);
        Mark.CopyTo(line);
        text.Slice(0, length).CopyTo(line.Slice(Mark.Length));
        Log.Write(line.Slice(0, Mark.Length + length));
    }

    [DoesNotReturn]
    internal static void Exit(int code) => PowerOff.Now(code == 0 ? PowerOff.Success : PowerOff.Failure);
}
#endif
