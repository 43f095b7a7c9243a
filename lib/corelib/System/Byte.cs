// The unsigned 8-bit integer.
namespace System;

public readonly partial struct Byte : IComparable<byte>, IEquatable<byte>
{
    private readonly byte _value;

    public const byte MinValue = 0;
    public const byte MaxValue = 0xff;

    public bool Equals(byte obj) => _value == obj;

    public override bool Equals(object? obj) => obj is byte other && _value == other;

    public override int GetHashCode() => _value;

    public int CompareTo(byte value) => _value - value;
}
