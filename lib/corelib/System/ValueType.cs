// The base of all structs.
namespace System;

public abstract partial class ValueType
{
    protected ValueType()
    {
    }
}
