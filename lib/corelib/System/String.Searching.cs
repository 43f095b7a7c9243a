// Finding text in strings, and comparing with or without case.
namespace System;

public sealed partial class String : IComparable, Collections.Generic.IEnumerable<char>
{
    public int IndexOf(char value) => IndexOf(value, 0);

    public int IndexOf(char value, int startIndex) => IndexOf(value, startIndex, Length - startIndex);

    public int IndexOf(char value, int startIndex, int count)
    {
        if ((uint)startIndex > (uint)Length)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(startIndex));
        int index = AsSpan(startIndex, count).IndexOf(value);
        return index < 0 ? -1 : index + startIndex;
    }

    public int IndexOf(string value) => IndexOf(value, 0);

    public int IndexOf(string value, int startIndex)
    {
        ArgumentNullException.ThrowIfNull(value);
        if ((uint)startIndex > (uint)Length)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(startIndex));
        int index = AsSpan(startIndex, Length - startIndex).IndexOf(value);
        return index < 0 ? -1 : index + startIndex;
    }

    public int IndexOf(string value, StringComparison comparisonType) =>
        MemoryExtensions.IndexOf(this, (ReadOnlySpan<char>)value, comparisonType);

    public int IndexOfAny(char[] anyOf) => ((ReadOnlySpan<char>)this).IndexOfAny(new ReadOnlySpan<char>(anyOf));

    public int LastIndexOf(char value) => ((ReadOnlySpan<char>)this).LastIndexOf(value);

    public int LastIndexOf(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        for (int start = Length - value.Length; start >= 0; start--)
        {
            if (AsSpan(start, value.Length).SequenceEqual((ReadOnlySpan<char>)value))
                return start;
        }
        return -1;
    }

    public bool Contains(char value) => IndexOf(value) >= 0;

    public bool Contains(string value) => IndexOf(value) >= 0;

    public bool Contains(string value, StringComparison comparisonType) => IndexOf(value, comparisonType) >= 0;

    public bool StartsWith(char value) => Length != 0 && _firstChar == value;

    public bool StartsWith(string value) => StartsWith(value, StringComparison.Ordinal);

    public bool StartsWith(string value, StringComparison comparisonType)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Length <= Length && AsSpan(0, value.Length).Equals(value, comparisonType);
    }

    public bool EndsWith(char value) => Length != 0 && this[Length - 1] == value;

    public bool EndsWith(string value) => EndsWith(value, StringComparison.Ordinal);

    public bool EndsWith(string value, StringComparison comparisonType)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Length <= Length && AsSpan(Length - value.Length, value.Length).Equals(value, comparisonType);
    }

    public static bool Equals(string? a, string? b, StringComparison comparisonType)
    {
        if (a is null || b is null)
            return a is null && b is null;
        return ((ReadOnlySpan<char>)a).Equals(b, comparisonType);
    }

    public bool Equals(string? value, StringComparison comparisonType) => Equals(this, value, comparisonType);

    public static int Compare(string? strA, string? strB, StringComparison comparisonType)
    {
        if (strA is null || strB is null)
            return strA is null ? (strB is null ? 0 : -1) : 1;
        return ((ReadOnlySpan<char>)strA).CompareTo(strB, comparisonType);
    }

    /// <summary>Ordinal, unlike .NET's, which asks the current culture.</summary>
    public static int Compare(string? strA, string? strB) => CompareOrdinal(strA, strB);

    public int CompareTo(object? value) => value switch
    {
        null => 1,
        string other => CompareOrdinal(this, other),
        _ => throw new ArgumentException("Object must be of type String."),
    };

    public static bool IsNullOrWhiteSpace([Diagnostics.CodeAnalysis.NotNullWhen(false)] string? value) =>
        value is null || ((ReadOnlySpan<char>)value).Trim().IsEmpty;

    public Collections.Generic.IEnumerator<char> GetEnumerator()
    {
        for (int i = 0; i < Length; i++)
            yield return this[i];
    }

    Collections.IEnumerator Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
