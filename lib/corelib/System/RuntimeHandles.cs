// What ldtoken leaves on the stack. A type handle is the address of a MethodTable; fields and methods have no run-time identity.
namespace System;

public unsafe struct RuntimeTypeHandle
{
    private readonly MethodTable* _value;

    internal RuntimeTypeHandle(MethodTable* value) => _value = value;

    public readonly nint Value => (nint)_value;

    internal readonly MethodTable* ToMethodTable() => _value;
}

public struct RuntimeMethodHandle
{
    private readonly nint _value;

    public readonly nint Value => _value;
}

public struct RuntimeFieldHandle
{
    private readonly nint _value;

    public readonly nint Value => _value;
}

public struct RuntimeArgumentHandle
{
    private readonly nint _value;

    public readonly nint Value => _value;
}

public ref struct TypedReference
{
    private readonly ref byte _value;
    private readonly nint _type;
}
