// The signed 8-bit integer.
namespace System;

public readonly partial struct SByte : IComparable<sbyte>, IEquatable<sbyte>
{
    private readonly sbyte _value;

    public const sbyte MinValue = unchecked((sbyte)0x80);
    public const sbyte MaxValue = 0x7f;

    public bool Equals(sbyte obj) => _value == obj;

    public override bool Equals(object? obj) => obj is sbyte other && _value == other;

    public override int GetHashCode() => _value;

    public int CompareTo(sbyte value) => _value - value;
}
