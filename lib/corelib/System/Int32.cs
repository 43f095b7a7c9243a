// The signed 32-bit integer.
namespace System;

public readonly partial struct Int32 : IComparable<int>, IEquatable<int>
{
    private readonly int _value;

    public const int MinValue = unchecked((int)0x80000000);
    public const int MaxValue = 0x7fffffff;

    public bool Equals(int obj) => _value == obj;

    public override bool Equals(object? obj) => obj is int other && _value == other;

    public override int GetHashCode() => _value;

    public int CompareTo(int value) => _value < value ? -1 : _value > value ? 1 : 0;
}
