// Comparing spans of characters, with or without case.
namespace System;

public static partial class MemoryExtensions
{
    public static bool Equals(this ReadOnlySpan<char> span, ReadOnlySpan<char> other, StringComparison comparisonType) =>
        span.Length == other.Length && CompareTo(span, other, comparisonType) == 0;

    public static int CompareTo(this ReadOnlySpan<char> span, ReadOnlySpan<char> other, StringComparison comparisonType)
    {
        bool ignoreCase = IgnoresCase(comparisonType);
        int common = Math.Min(span.Length, other.Length);
        for (int i = 0; i < common; i++)
        {
            char left = span[i];
            char right = other[i];
            if (left != right && ignoreCase)
            {
                left = char.ToUpperInvariant(left);
                right = char.ToUpperInvariant(right);
            }
            if (left != right)
                return left - right;
        }
        return span.Length - other.Length;
    }

    public static int IndexOf(this ReadOnlySpan<char> span, ReadOnlySpan<char> value, StringComparison comparisonType)
    {
        for (int i = 0; i <= span.Length - value.Length; i++)
        {
            if (CompareTo(span.Slice(i, value.Length), value, comparisonType) == 0)
                return i;
        }
        return -1;
    }

    public static bool StartsWith(this ReadOnlySpan<char> span, ReadOnlySpan<char> value, StringComparison comparisonType) =>
        value.Length <= span.Length && Equals(span.Slice(0, value.Length), value, comparisonType);

    public static bool EndsWith(this ReadOnlySpan<char> span, ReadOnlySpan<char> value, StringComparison comparisonType) =>
        value.Length <= span.Length && Equals(span.Slice(span.Length - value.Length), value, comparisonType);

    private static bool IgnoresCase(StringComparison comparisonType) => comparisonType is StringComparison.OrdinalIgnoreCase
        or StringComparison.InvariantCultureIgnoreCase or StringComparison.CurrentCultureIgnoreCase;
}
