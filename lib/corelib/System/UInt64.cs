// The unsigned 64-bit integer.
namespace System;

public readonly partial struct UInt64 : IComparable<ulong>, IEquatable<ulong>
{
    private readonly ulong _value;

    public const ulong MinValue = 0;
    public const ulong MaxValue = 0xffffffffffffffff;

    public bool Equals(ulong obj) => _value == obj;

    public override bool Equals(object? obj) => obj is ulong other && _value == other;

    public override int GetHashCode() => (int)_value ^ (int)(_value >> 32);

    public int CompareTo(ulong value) => _value < value ? -1 : _value > value ? 1 : 0;
}
