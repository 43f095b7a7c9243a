// The signed integer of a pointer's size, 64 bits.
namespace System;

public readonly unsafe partial struct IntPtr : IComparable<nint>, IEquatable<nint>
{
    private readonly nint _value;

    [Intrinsic]
    public static readonly nint Zero;

    public IntPtr(int value) => _value = value;

    public IntPtr(long value) => _value = unchecked((nint)value);

    public IntPtr(void* value) => _value = (nint)value;

    public static int Size => 8;

    public static nint MinValue => unchecked((nint)long.MinValue);

    public static nint MaxValue => unchecked((nint)long.MaxValue);

    public bool Equals(nint other) => _value == other;

    public override bool Equals(object? obj) => obj is nint other && _value == other;

    public override int GetHashCode() => ((long)_value).GetHashCode();

    public int CompareTo(nint value) => _value < value ? -1 : _value > value ? 1 : 0;

    public int ToInt32() => checked((int)_value);

    public long ToInt64() => _value;

    public void* ToPointer() => (void*)_value;
}
