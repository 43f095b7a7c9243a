// Equality, order and text of tuples.
using System.Collections.Generic;

namespace System;

public partial struct ValueTuple<T1> : IEquatable<ValueTuple<T1>>, IComparable<ValueTuple<T1>>
{
    public override bool Equals(object? obj) => obj is ValueTuple<T1> other && Equals(other);

    public bool Equals(ValueTuple<T1> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1);

    public int CompareTo(ValueTuple<T1> other)
    {
        return Comparer<T1>.Default.Compare(Item1, other.Item1);
    }

    public override int GetHashCode()
    {
        int hash = Item1?.GetHashCode() ?? 0;
        return hash;
    }

    public override string ToString() =>
        string.Concat(["(", Item1?.ToString(), ")"]);
}

public partial struct ValueTuple<T1, T2> : IEquatable<ValueTuple<T1, T2>>, IComparable<ValueTuple<T1, T2>>
{
    public override bool Equals(object? obj) => obj is ValueTuple<T1, T2> other && Equals(other);

    public bool Equals(ValueTuple<T1, T2> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) &&
        EqualityComparer<T2>.Default.Equals(Item2, other.Item2);

    public int CompareTo(ValueTuple<T1, T2> other)
    {
        int result = Comparer<T1>.Default.Compare(Item1, other.Item1);
        if (result == 0)
            result = Comparer<T2>.Default.Compare(Item2, other.Item2);
        return result;
    }

    public override int GetHashCode()
    {
        int hash = Item1?.GetHashCode() ?? 0;
        hash = HashCode.Combine(hash, Item2?.GetHashCode() ?? 0);
        return hash;
    }

    public override string ToString() =>
        string.Concat(["(", Item1?.ToString(), ", ", Item2?.ToString(), ")"]);
}

public partial struct ValueTuple<T1, T2, T3> : IEquatable<ValueTuple<T1, T2, T3>>, IComparable<ValueTuple<T1, T2, T3>>
{
    public override bool Equals(object? obj) => obj is ValueTuple<T1, T2, T3> other && Equals(other);

    public bool Equals(ValueTuple<T1, T2, T3> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) &&
        EqualityComparer<T2>.Default.Equals(Item2, other.Item2) &&
        EqualityComparer<T3>.Default.Equals(Item3, other.Item3);

    public int CompareTo(ValueTuple<T1, T2, T3> other)
    {
        int result = Comparer<T1>.Default.Compare(Item1, other.Item1);
        if (result == 0)
            result = Comparer<T2>.Default.Compare(Item2, other.Item2);
        if (result == 0)
            result = Comparer<T3>.Default.Compare(Item3, other.Item3);
        return result;
    }

    public override int GetHashCode()
    {
        int hash = Item1?.GetHashCode() ?? 0;
        hash = HashCode.Combine(hash, Item2?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item3?.GetHashCode() ?? 0);
        return hash;
    }

    public override string ToString() =>
        string.Concat(["(", Item1?.ToString(), ", ", Item2?.ToString(), ", ", Item3?.ToString(), ")"]);
}

public partial struct ValueTuple<T1, T2, T3, T4> : IEquatable<ValueTuple<T1, T2, T3, T4>>, IComparable<ValueTuple<T1, T2, T3, T4>>
{
    public override bool Equals(object? obj) => obj is ValueTuple<T1, T2, T3, T4> other && Equals(other);

    public bool Equals(ValueTuple<T1, T2, T3, T4> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) &&
        EqualityComparer<T2>.Default.Equals(Item2, other.Item2) &&
        EqualityComparer<T3>.Default.Equals(Item3, other.Item3) &&
        EqualityComparer<T4>.Default.Equals(Item4, other.Item4);

    public int CompareTo(ValueTuple<T1, T2, T3, T4> other)
    {
        int result = Comparer<T1>.Default.Compare(Item1, other.Item1);
        if (result == 0)
            result = Comparer<T2>.Default.Compare(Item2, other.Item2);
        if (result == 0)
            result = Comparer<T3>.Default.Compare(Item3, other.Item3);
        if (result == 0)
            result = Comparer<T4>.Default.Compare(Item4, other.Item4);
        return result;
    }

    public override int GetHashCode()
    {
        int hash = Item1?.GetHashCode() ?? 0;
        hash = HashCode.Combine(hash, Item2?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item3?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item4?.GetHashCode() ?? 0);
        return hash;
    }

    public override string ToString() =>
        string.Concat(["(", Item1?.ToString(), ", ", Item2?.ToString(), ", ", Item3?.ToString(), ", ", Item4?.ToString(), ")"]);
}

public partial struct ValueTuple<T1, T2, T3, T4, T5> : IEquatable<ValueTuple<T1, T2, T3, T4, T5>>, IComparable<ValueTuple<T1, T2, T3, T4, T5>>
{
    public override bool Equals(object? obj) => obj is ValueTuple<T1, T2, T3, T4, T5> other && Equals(other);

    public bool Equals(ValueTuple<T1, T2, T3, T4, T5> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) &&
        EqualityComparer<T2>.Default.Equals(Item2, other.Item2) &&
        EqualityComparer<T3>.Default.Equals(Item3, other.Item3) &&
        EqualityComparer<T4>.Default.Equals(Item4, other.Item4) &&
        EqualityComparer<T5>.Default.Equals(Item5, other.Item5);

    public int CompareTo(ValueTuple<T1, T2, T3, T4, T5> other)
    {
        int result = Comparer<T1>.Default.Compare(Item1, other.Item1);
        if (result == 0)
            result = Comparer<T2>.Default.Compare(Item2, other.Item2);
        if (result == 0)
            result = Comparer<T3>.Default.Compare(Item3, other.Item3);
        if (result == 0)
            result = Comparer<T4>.Default.Compare(Item4, other.Item4);
        if (result == 0)
            result = Comparer<T5>.Default.Compare(Item5, other.Item5);
        return result;
    }

    public override int GetHashCode()
    {
        int hash = Item1?.GetHashCode() ?? 0;
        hash = HashCode.Combine(hash, Item2?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item3?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item4?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item5?.GetHashCode() ?? 0);
        return hash;
    }

    public override string ToString() =>
        string.Concat(["(", Item1?.ToString(), ", ", Item2?.ToString(), ", ", Item3?.ToString(), ", ", Item4?.ToString(), ", ", Item5?.ToString(), ")"]);
}

public partial struct ValueTuple<T1, T2, T3, T4, T5, T6> : IEquatable<ValueTuple<T1, T2, T3, T4, T5, T6>>, IComparable<ValueTuple<T1, T2, T3, T4, T5, T6>>
{
    public override bool Equals(object? obj) => obj is ValueTuple<T1, T2, T3, T4, T5, T6> other && Equals(other);

    public bool Equals(ValueTuple<T1, T2, T3, T4, T5, T6> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) &&
        EqualityComparer<T2>.Default.Equals(Item2, other.Item2) &&
        EqualityComparer<T3>.Default.Equals(Item3, other.Item3) &&
        EqualityComparer<T4>.Default.Equals(Item4, other.Item4) &&
        EqualityComparer<T5>.Default.Equals(Item5, other.Item5) &&
        EqualityComparer<T6>.Default.Equals(Item6, other.Item6);

    public int CompareTo(ValueTuple<T1, T2, T3, T4, T5, T6> other)
    {
        int result = Comparer<T1>.Default.Compare(Item1, other.Item1);
        if (result == 0)
            result = Comparer<T2>.Default.Compare(Item2, other.Item2);
        if (result == 0)
            result = Comparer<T3>.Default.Compare(Item3, other.Item3);
        if (result == 0)
            result = Comparer<T4>.Default.Compare(Item4, other.Item4);
        if (result == 0)
            result = Comparer<T5>.Default.Compare(Item5, other.Item5);
        if (result == 0)
            result = Comparer<T6>.Default.Compare(Item6, other.Item6);
        return result;
    }

    public override int GetHashCode()
    {
        int hash = Item1?.GetHashCode() ?? 0;
        hash = HashCode.Combine(hash, Item2?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item3?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item4?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item5?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item6?.GetHashCode() ?? 0);
        return hash;
    }

    public override string ToString() =>
        string.Concat(["(", Item1?.ToString(), ", ", Item2?.ToString(), ", ", Item3?.ToString(), ", ", Item4?.ToString(), ", ", Item5?.ToString(), ", ", Item6?.ToString(), ")"]);
}

public partial struct ValueTuple<T1, T2, T3, T4, T5, T6, T7> : IEquatable<ValueTuple<T1, T2, T3, T4, T5, T6, T7>>, IComparable<ValueTuple<T1, T2, T3, T4, T5, T6, T7>>
{
    public override bool Equals(object? obj) => obj is ValueTuple<T1, T2, T3, T4, T5, T6, T7> other && Equals(other);

    public bool Equals(ValueTuple<T1, T2, T3, T4, T5, T6, T7> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) &&
        EqualityComparer<T2>.Default.Equals(Item2, other.Item2) &&
        EqualityComparer<T3>.Default.Equals(Item3, other.Item3) &&
        EqualityComparer<T4>.Default.Equals(Item4, other.Item4) &&
        EqualityComparer<T5>.Default.Equals(Item5, other.Item5) &&
        EqualityComparer<T6>.Default.Equals(Item6, other.Item6) &&
        EqualityComparer<T7>.Default.Equals(Item7, other.Item7);

    public int CompareTo(ValueTuple<T1, T2, T3, T4, T5, T6, T7> other)
    {
        int result = Comparer<T1>.Default.Compare(Item1, other.Item1);
        if (result == 0)
            result = Comparer<T2>.Default.Compare(Item2, other.Item2);
        if (result == 0)
            result = Comparer<T3>.Default.Compare(Item3, other.Item3);
        if (result == 0)
            result = Comparer<T4>.Default.Compare(Item4, other.Item4);
        if (result == 0)
            result = Comparer<T5>.Default.Compare(Item5, other.Item5);
        if (result == 0)
            result = Comparer<T6>.Default.Compare(Item6, other.Item6);
        if (result == 0)
            result = Comparer<T7>.Default.Compare(Item7, other.Item7);
        return result;
    }

    public override int GetHashCode()
    {
        int hash = Item1?.GetHashCode() ?? 0;
        hash = HashCode.Combine(hash, Item2?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item3?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item4?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item5?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item6?.GetHashCode() ?? 0);
        hash = HashCode.Combine(hash, Item7?.GetHashCode() ?? 0);
        return hash;
    }

    public override string ToString() =>
        string.Concat(["(", Item1?.ToString(), ", ", Item2?.ToString(), ", ", Item3?.ToString(), ", ", Item4?.ToString(), ", ", Item5?.ToString(), ", ", Item6?.ToString(), ", ", Item7?.ToString(), ")"]);
}
