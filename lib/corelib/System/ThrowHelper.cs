// Throws from code that should stay small or that the kernel shares: there the same names stop the machine.
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace System;

internal static class ThrowHelper
{
    [DoesNotReturn]
    internal static void FailFast(ReadOnlySpan<byte> message) => Platform.Fail(message);

    [DoesNotReturn]
    internal static void ThrowIndexOutOfRange() => throw new IndexOutOfRangeException();

    [DoesNotReturn]
    internal static void ThrowArgument(string message) => throw new ArgumentException(message);

    [DoesNotReturn]
    internal static void ThrowArgumentNull(string name) => throw new ArgumentNullException(name);

    [DoesNotReturn]
    internal static void ThrowArgumentOutOfRange() => throw new ArgumentOutOfRangeException();

    [DoesNotReturn]
    internal static void ThrowArgumentOutOfRange(string name) => throw new ArgumentOutOfRangeException(name);

    [DoesNotReturn]
    internal static void ThrowInvalidOperation(string message) => throw new InvalidOperationException(message);

    [DoesNotReturn]
    internal static void ThrowOverflow() => throw new OverflowException();

    [DoesNotReturn]
    internal static void ThrowNotSupported(string message) => throw new NotSupportedException(message);

    [DoesNotReturn]
    internal static void ThrowFormat() => throw new FormatException();

    [DoesNotReturn]
    internal static void ThrowEnumerationChanged() =>
        throw new InvalidOperationException("Collection was modified; enumeration operation may not execute.");

    [DoesNotReturn]
    internal static void ThrowKeyNotFound() => throw new KeyNotFoundException();
}
