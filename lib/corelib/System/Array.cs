// The base of all arrays: the length, right behind the MethodTable pointer, where compiled code reads it.
namespace System;

public abstract partial class Array
{
    private readonly int _length;

    private protected Array()
    {
    }

    public int Length
    {
        [Intrinsic]
        get => _length;
    }

    public long LongLength => _length;
}
