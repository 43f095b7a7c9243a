// Comparing and searching spans of values that the processor compares, which need no comparer object.
using System.Runtime.InteropServices;

namespace System;

public static partial class MemoryExtensions
{
    public static bool SequenceEqual<T>(this ReadOnlySpan<T> span, ReadOnlySpan<T> other)
        where T : IEquatable<T>?
    {
        if (span.Length != other.Length)
            return false;
        for (int i = 0; i < span.Length; i++)
        {
            if (!AreEqual(span[i], other[i]))
                return false;
        }
        return true;
    }

    public static bool SequenceEqual<T>(this Span<T> span, ReadOnlySpan<T> other)
        where T : IEquatable<T>? => SequenceEqual((ReadOnlySpan<T>)span, other);

    public static bool StartsWith<T>(this ReadOnlySpan<T> span, ReadOnlySpan<T> value)
        where T : IEquatable<T>? => value.Length <= span.Length && SequenceEqual(span.Slice(0, value.Length), value);

    public static bool StartsWith<T>(this Span<T> span, ReadOnlySpan<T> value)
        where T : IEquatable<T>? => StartsWith((ReadOnlySpan<T>)span, value);

    public static bool EndsWith<T>(this ReadOnlySpan<T> span, ReadOnlySpan<T> value)
        where T : IEquatable<T>? => value.Length <= span.Length && SequenceEqual(span.Slice(span.Length - value.Length), value);

    public static bool EndsWith<T>(this Span<T> span, ReadOnlySpan<T> value)
        where T : IEquatable<T>? => EndsWith((ReadOnlySpan<T>)span, value);

    public static int IndexOf<T>(this ReadOnlySpan<T> span, T value)
        where T : IEquatable<T>?
    {
        for (int i = 0; i < span.Length; i++)
        {
            if (AreEqual(span[i], value))
                return i;
        }
        return -1;
    }

    public static int IndexOf<T>(this Span<T> span, T value)
        where T : IEquatable<T>? => IndexOf((ReadOnlySpan<T>)span, value);

    public static int IndexOf<T>(this ReadOnlySpan<T> span, ReadOnlySpan<T> value)
        where T : IEquatable<T>?
    {
        for (int i = 0; i <= span.Length - value.Length; i++)
        {
            if (SequenceEqual(span.Slice(i, value.Length), value))
                return i;
        }
        return -1;
    }

    public static int IndexOf<T>(this Span<T> span, ReadOnlySpan<T> value)
        where T : IEquatable<T>? => IndexOf((ReadOnlySpan<T>)span, value);

    public static int LastIndexOf<T>(this ReadOnlySpan<T> span, T value)
        where T : IEquatable<T>?
    {
        for (int i = span.Length - 1; i >= 0; i--)
        {
            if (AreEqual(span[i], value))
                return i;
        }
        return -1;
    }

    public static int LastIndexOf<T>(this Span<T> span, T value)
        where T : IEquatable<T>? => LastIndexOf((ReadOnlySpan<T>)span, value);

    public static bool Contains<T>(this ReadOnlySpan<T> span, T value)
        where T : IEquatable<T>? => IndexOf(span, value) >= 0;

    public static bool Contains<T>(this Span<T> span, T value)
        where T : IEquatable<T>? => IndexOf((ReadOnlySpan<T>)span, value) >= 0;
}
