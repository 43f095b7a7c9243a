// Order of a type's values. ilc replaces Create per type argument, as for EqualityComparer.
namespace System.Collections.Generic;

public abstract class Comparer<T> : IComparer, IComparer<T>
{
    // Made once: what Create becomes does not keep what it makes. A second thread may set it to an equivalent object.
    private static Comparer<T>? s_default;

    // Not an intrinsic: for reference types the code generator would assume another class than Create makes.
    public static Comparer<T> Default => s_default ??= Create();

    public abstract int Compare(T? x, T? y);

    int IComparer.Compare(object? x, object? y)
    {
        if (x is null)
            return y is null ? 0 : -1;
        if (y is null)
            return 1;
        if (x is T left && y is T right)
            return Compare(left, right);
        throw new ArgumentException("Type of argument is not compatible with the generic comparer.");
    }

    public static Comparer<T> Create(Comparison<T> comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return new ComparisonComparer<T>(comparison);
    }

    // What remains for reference types, whose code is shared. Not inlined: the inlined body would be the replacement for the exact type,
    // which ilc's scanner has not seen.
    [Intrinsic]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Comparer<T> Create() => new ObjectComparer<T>();
}

internal sealed class ComparisonComparer<T> : Comparer<T>
{
    private readonly Comparison<T> _comparison;

    internal ComparisonComparer(Comparison<T> comparison) => _comparison = comparison;

    public override int Compare(T? x, T? y) => _comparison(x!, y!);
}

/// <summary>Structs that know IComparable.</summary>
internal sealed class GenericComparer<T> : Comparer<T>
    where T : IComparable<T>?
{
    public override int Compare(T? x, T? y)
    {
        if (x is null)
            return y is null ? 0 : -1;
        return y is null ? 1 : x.CompareTo(y);
    }
}

/// <summary>Everything else: whichever IComparable the object has.</summary>
internal sealed class ObjectComparer<T> : Comparer<T>
{
    public override int Compare(T? x, T? y)
    {
        if (x is null)
            return y is null ? 0 : -1;
        if (y is null)
            return 1;
        if (x is IComparable<T> comparable)
            return comparable.CompareTo(y);
        if (x is IComparable untyped)
            return untyped.CompareTo(y);
        throw new ArgumentException("At least one object must implement IComparable.");
    }
}

internal sealed class NullableComparer<T> : Comparer<T?>
    where T : struct
{
    public override int Compare(T? x, T? y)
    {
        if (!x.HasValue)
            return y.HasValue ? -1 : 0;
        return y.HasValue ? Comparer<T>.Default.Compare(x.value, y.value) : 1;
    }
}

internal sealed class EnumComparer<T> : Comparer<T>
    where T : struct, Enum
{
    public override int Compare(T x, T y) => x.CompareTo(y);
}
