// Spans over arrays and strings, reversing, sorting, searching and trimming.
using System.Collections.Generic;

namespace System;

public static partial class MemoryExtensions
{
    public static Span<T> AsSpan<T>(this T[]? array) => new Span<T>(array);

    public static Span<T> AsSpan<T>(this T[]? array, int start) =>
        array is null && start == 0 ? default : new Span<T>(array, start, array!.Length - start);

    public static Span<T> AsSpan<T>(this T[]? array, int start, int length) => new Span<T>(array, start, length);

    public static Span<T> AsSpan<T>(this T[]? array, Range range)
    {
        (int start, int length) = range.GetOffsetAndLength(array?.Length ?? 0);
        return new Span<T>(array, start, length);
    }

    public static void Reverse<T>(this Span<T> span)
    {
        for (int low = 0, high = span.Length - 1; low < high; low++, high--)
            (span[low], span[high]) = (span[high], span[low]);
    }

    public static void Sort<T>(this Span<T> span) => SpanSorter<T>.Sort(span, Comparer<T>.Default);

    public static void Sort<T>(this Span<T> span, Comparison<T> comparison) => SpanSorter<T>.Sort(span, Comparer<T>.Create(comparison));

    public static int BinarySearch<T>(this ReadOnlySpan<T> span, T comparable)
        where T : IComparable<T>
    {
        int low = 0;
        int high = span.Length - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) >> 1);
            int order = comparable.CompareTo(span[middle]);
            if (order == 0)
                return middle;
            if (order > 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    public static int BinarySearch<T>(this Span<T> span, T comparable)
        where T : IComparable<T> => BinarySearch((ReadOnlySpan<T>)span, comparable);

    public static int SequenceCompareTo<T>(this ReadOnlySpan<T> span, ReadOnlySpan<T> other)
        where T : IComparable<T>
    {
        int common = Math.Min(span.Length, other.Length);
        for (int i = 0; i < common; i++)
        {
            int order = span[i].CompareTo(other[i]);
            if (order != 0)
                return order;
        }
        return span.Length.CompareTo(other.Length);
    }

    public static int IndexOfAny<T>(this ReadOnlySpan<T> span, T value0, T value1)
        where T : IEquatable<T>
    {
        for (int i = 0; i < span.Length; i++)
        {
            if (AreEqual(span[i], value0) || AreEqual(span[i], value1))
                return i;
        }
        return -1;
    }

    public static int IndexOfAny<T>(this ReadOnlySpan<T> span, ReadOnlySpan<T> values)
        where T : IEquatable<T>
    {
        for (int i = 0; i < span.Length; i++)
        {
            if (IndexOf(values, span[i]) >= 0)
                return i;
        }
        return -1;
    }

    public static int IndexOfAnyExcept<T>(this ReadOnlySpan<T> span, T value)
        where T : IEquatable<T>
    {
        for (int i = 0; i < span.Length; i++)
        {
            if (!AreEqual(span[i], value))
                return i;
        }
        return -1;
    }

    public static int Count<T>(this ReadOnlySpan<T> span, T value)
        where T : IEquatable<T>
    {
        int count = 0;
        for (int i = 0; i < span.Length; i++)
        {
            if (AreEqual(span[i], value))
                count++;
        }
        return count;
    }

    public static ReadOnlySpan<T> Trim<T>(this ReadOnlySpan<T> span, T trimElement)
        where T : IEquatable<T> => TrimEnd(TrimStart(span, trimElement), trimElement);

    public static ReadOnlySpan<T> TrimStart<T>(this ReadOnlySpan<T> span, T trimElement)
        where T : IEquatable<T>
    {
        int start = 0;
        while (start < span.Length && AreEqual(span[start], trimElement))
            start++;
        return span.Slice(start);
    }

    public static ReadOnlySpan<T> TrimEnd<T>(this ReadOnlySpan<T> span, T trimElement)
        where T : IEquatable<T>
    {
        int end = span.Length;
        while (end > 0 && AreEqual(span[end - 1], trimElement))
            end--;
        return span.Slice(0, end);
    }

    /// <summary>Without white space (as <see cref="char.IsWhiteSpace"/>) on both ends.</summary>
    public static ReadOnlySpan<char> Trim(this ReadOnlySpan<char> span)
    {
        int start = 0;
        int end = span.Length;
        while (start < end && char.IsWhiteSpace(span[start]))
            start++;
        while (end > start && char.IsWhiteSpace(span[end - 1]))
            end--;
        return span.Slice(start, end - start);
    }
}
