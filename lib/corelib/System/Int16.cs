// The signed 16-bit integer.
namespace System;

public readonly partial struct Int16 : IComparable<short>, IEquatable<short>
{
    private readonly short _value;

    public const short MinValue = unchecked((short)0x8000);
    public const short MaxValue = 0x7fff;

    public bool Equals(short obj) => _value == obj;

    public override bool Equals(object? obj) => obj is short other && _value == other;

    public override int GetHashCode() => _value;

    public int CompareTo(short value) => _value - value;
}
