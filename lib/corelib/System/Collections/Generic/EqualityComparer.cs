// Equality and hashing of a type's values. ilc replaces Create per type argument: structs get a comparer of their own that neither boxes
// nor dispatches.
using System.Diagnostics.CodeAnalysis;

namespace System.Collections.Generic;

public abstract class EqualityComparer<T> : IEqualityComparer, IEqualityComparer<T>
{
    // Made once: what Create becomes does not keep what it makes. A second thread may set it to an equivalent object.
    private static EqualityComparer<T>? s_default;

    // Not an intrinsic: for reference types the code generator would assume another class than Create makes.
    public static EqualityComparer<T> Default => s_default ??= Create();

    public abstract bool Equals(T? x, T? y);

    public abstract int GetHashCode([DisallowNull] T obj);

    bool IEqualityComparer.Equals(object? x, object? y) => x == y || (x is T left && y is T right && Equals(left, right));

    int IEqualityComparer.GetHashCode(object? obj) => obj is T value ? GetHashCode(value) : 0;

    // What remains for reference types, whose code is shared. Not inlined: the inlined body would be the replacement for the exact type,
    // which ilc's scanner has not seen.
    [Intrinsic]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EqualityComparer<T> Create() => new ObjectEqualityComparer<T>();
}

/// <summary>Structs that know IEquatable.</summary>
internal sealed class GenericEqualityComparer<T> : EqualityComparer<T>
    where T : IEquatable<T>?
{
    public override bool Equals(T? x, T? y) => x is null ? y is null : x.Equals(y);

    public override int GetHashCode([DisallowNull] T obj) => obj?.GetHashCode() ?? 0;
}

/// <summary>Everything else: IEquatable where the object has it, else virtual Equals.</summary>
internal sealed class ObjectEqualityComparer<T> : EqualityComparer<T>
{
    public override bool Equals(T? x, T? y)
    {
        if (x is null)
            return y is null;
        if (y is null)
            return false;
        return x is IEquatable<T> equatable ? equatable.Equals(y) : x.Equals(y);
    }

    public override int GetHashCode([DisallowNull] T obj) => obj?.GetHashCode() ?? 0;
}

internal sealed class NullableEqualityComparer<T> : EqualityComparer<T?>
    where T : struct
{
    public override bool Equals(T? x, T? y)
    {
        if (!x.HasValue)
            return !y.HasValue;
        return y.HasValue && EqualityComparer<T>.Default.Equals(x.value, y.value);
    }

    public override int GetHashCode(T? obj) => obj.GetHashCode();
}

internal sealed class EnumEqualityComparer<T> : EqualityComparer<T>
    where T : struct, Enum
{
    public override unsafe bool Equals(T x, T y) => sizeof(T) switch
    {
        1 => Unsafe.As<T, byte>(ref x) == Unsafe.As<T, byte>(ref y),
        2 => Unsafe.As<T, ushort>(ref x) == Unsafe.As<T, ushort>(ref y),
        4 => Unsafe.As<T, uint>(ref x) == Unsafe.As<T, uint>(ref y),
        _ => Unsafe.As<T, ulong>(ref x) == Unsafe.As<T, ulong>(ref y),
    };

    public override unsafe int GetHashCode(T obj) => sizeof(T) switch
    {
        1 => Unsafe.As<T, byte>(ref obj),
        2 => Unsafe.As<T, ushort>(ref obj),
        4 => Unsafe.As<T, int>(ref obj),
        _ => Unsafe.As<T, ulong>(ref obj).GetHashCode(),
    };
}
