// The unsigned integer of a pointer's size, 64 bits.
namespace System;

public readonly unsafe partial struct UIntPtr : IComparable<nuint>, IEquatable<nuint>
{
    private readonly nuint _value;

    [Intrinsic]
    public static readonly nuint Zero;

    public UIntPtr(uint value) => _value = value;

    public UIntPtr(ulong value) => _value = unchecked((nuint)value);

    public UIntPtr(void* value) => _value = (nuint)value;

    public static int Size => 8;

    public static nuint MinValue => unchecked((nuint)ulong.MinValue);

    public static nuint MaxValue => unchecked((nuint)ulong.MaxValue);

    public bool Equals(nuint other) => _value == other;

    public override bool Equals(object? obj) => obj is nuint other && _value == other;

    public override int GetHashCode() => ((ulong)_value).GetHashCode();

    public int CompareTo(nuint value) => _value < value ? -1 : _value > value ? 1 : 0;

    public uint ToUInt32() => checked((uint)_value);

    public ulong ToUInt64() => _value;

    public void* ToPointer() => (void*)_value;
}
