// The run-time identity of a type: a MethodTable and nothing else. There is no reflection.
namespace System;

public abstract unsafe partial class Type
{
    internal MethodTable* _methodTable;

    internal Type()
    {
    }
}

/// <summary>The only kind of Type; ilc looks for it by name.</summary>
internal sealed partial class RuntimeType : Type
{
}
