// True or false, one byte.
namespace System;

public readonly partial struct Boolean : IComparable<bool>, IEquatable<bool>
{
    private readonly bool _value;

    public bool Equals(bool obj) => _value == obj;

    public override bool Equals(object? obj) => obj is bool other && _value == other;

    public override int GetHashCode() => _value ? 1 : 0;

    public int CompareTo(bool value) => _value == value ? 0 : _value ? 1 : -1;
}
