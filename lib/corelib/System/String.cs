// Immutable UTF-16 text: layout, access and equality, which need no heap. Literals are frozen objects in the image.
namespace System;

public sealed partial class String : IComparable<string?>, IEquatable<string?>
{
    // ilc lays out literals by these two fields, in this order.
    private readonly int _stringLength;
    private char _firstChar;

    public int Length
    {
        [Intrinsic]
        get => _stringLength;
    }

    [IndexerName("Chars")]
    public char this[int index]
    {
        [Intrinsic]
        get
        {
            if ((uint)index >= (uint)_stringLength)
                ThrowHelper.ThrowIndexOutOfRange();
            return Unsafe.Add(ref _firstChar, index);
        }
    }

    public ref readonly char GetPinnableReference() => ref _firstChar;

    internal ref char GetRawStringData() => ref _firstChar;

    public static bool IsNullOrEmpty([Diagnostics.CodeAnalysis.NotNullWhen(false)] string? value) =>
        value is null || value._stringLength == 0;

    public static bool Equals(string? a, string? b)
    {
        if (ReferenceEquals(a, b))
            return true;
        if (a is null || b is null || a._stringLength != b._stringLength)
            return false;
        return SpanHelpers.SequenceEqual(ref a._firstChar, ref b._firstChar, a._stringLength);
    }

    public bool Equals(string? value) => Equals(this, value);

    public override bool Equals(object? obj) => obj is string other && Equals(this, other);

    /// <summary>FNV-1a over the code units: the same in every run and on the host of a test, unlike .NET's.</summary>
    public override int GetHashCode()
    {
        uint hash = 2166136261;
        for (int i = 0; i < _stringLength; i++)
            hash = (hash ^ Unsafe.Add(ref _firstChar, i)) * 16777619;
        return (int)hash;
    }

    public override string ToString() => this;

    public static int CompareOrdinal(string? strA, string? strB)
    {
        if (ReferenceEquals(strA, strB))
            return 0;
        if (strA is null)
            return -1;
        if (strB is null)
            return 1;
        return SpanHelpers.SequenceCompareTo(ref strA._firstChar, strA._stringLength, ref strB._firstChar, strB._stringLength);
    }

    /// <summary>Ordinal, as is every comparison here: there are no cultures.</summary>
    public int CompareTo(string? strB) => CompareOrdinal(this, strB);

    public static bool operator ==(string? a, string? b) => Equals(a, b);

    public static bool operator !=(string? a, string? b) => !Equals(a, b);

    public static implicit operator ReadOnlySpan<char>(string? value) => MemoryExtensions.AsSpan(value);
}
