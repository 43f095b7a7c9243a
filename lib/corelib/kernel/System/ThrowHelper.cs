// Failures of the kernel's core library. The kernel has no exceptions: a failed check is a bug in the kernel and ends it.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace System;

internal static unsafe class ThrowHelper
{
    /// <summary>Reports an ASCII or UTF-8 message and stops the machine; provided by the kernel, never returns.</summary>
    [RuntimeImport("*", "kernel_fail")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [DoesNotReturn]
    private static extern void KernelFail(byte* message, int length);

    [DoesNotReturn]
    internal static void FailFast(ReadOnlySpan<byte> message) =>
        KernelFail((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(message)), message.Length);

    [DoesNotReturn]
    internal static void ThrowIndexOutOfRange() => FailFast("index out of range"u8);

    [DoesNotReturn]
    internal static void ThrowArgument(string message) => FailFast("bad argument"u8);

    [DoesNotReturn]
    internal static void ThrowArgumentOutOfRange() => FailFast("argument out of range"u8);

    [DoesNotReturn]
    internal static void ThrowArgumentOutOfRange(string name) => FailFast("argument out of range"u8);

    [DoesNotReturn]
    internal static void ThrowInvalidOperation(string message) => FailFast("invalid operation"u8);

    [DoesNotReturn]
    internal static void ThrowOverflow() => FailFast("arithmetic overflow"u8);
}
