// The unsigned 16-bit integer.
namespace System;

public readonly partial struct UInt16 : IComparable<ushort>, IEquatable<ushort>
{
    private readonly ushort _value;

    public const ushort MinValue = 0;
    public const ushort MaxValue = 0xffff;

    public bool Equals(ushort obj) => _value == obj;

    public override bool Equals(object? obj) => obj is ushort other && _value == other;

    public override int GetHashCode() => _value;

    public int CompareTo(ushort value) => _value - value;
}
