// Equality and text of a value that may be missing.
using System.Collections.Generic;

namespace System;

public partial struct Nullable<T>
{
    public override bool Equals(object? other)
    {
        if (!hasValue)
            return other is null;
        return other is not null && value.Equals(other);
    }

    public override int GetHashCode() => hasValue ? value.GetHashCode() : 0;

    public override string? ToString() => hasValue ? value.ToString() : "";
}

public static class Nullable
{
    public static bool Equals<T>(T? n1, T? n2)
        where T : struct
    {
        if (!n1.HasValue || !n2.HasValue)
            return n1.HasValue == n2.HasValue;
        return EqualityComparer<T>.Default.Equals(n1.value, n2.value);
    }

    public static int Compare<T>(T? n1, T? n2)
        where T : struct
    {
        if (!n1.HasValue || !n2.HasValue)
            return n1.HasValue.CompareTo(n2.HasValue);
        return Comparer<T>.Default.Compare(n1.value, n2.value);
    }
}
