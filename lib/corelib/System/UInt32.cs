// The unsigned 32-bit integer.
namespace System;

public readonly partial struct UInt32 : IComparable<uint>, IEquatable<uint>
{
    private readonly uint _value;

    public const uint MinValue = 0;
    public const uint MaxValue = 0xffffffff;

    public bool Equals(uint obj) => _value == obj;

    public override bool Equals(object? obj) => obj is uint other && _value == other;

    public override int GetHashCode() => (int)_value;

    public int CompareTo(uint value) => _value < value ? -1 : _value > value ? 1 : 0;
}
