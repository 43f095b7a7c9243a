// Identity of types: one Type object per MethodTable, found through the word that ilc reserves for it.
using System.Threading;

namespace System;

public abstract unsafe partial class Type
{
    public RuntimeTypeHandle TypeHandle => new RuntimeTypeHandle(_methodTable);

    public bool IsValueType
    {
        [Intrinsic]
        get => _methodTable->IsValueType;
    }

    public bool IsArray => _methodTable->IsArray;

    public bool IsInterface => _methodTable->IsInterface;

    [Intrinsic]
    public static Type? GetTypeFromHandle(RuntimeTypeHandle handle) =>
        handle.ToMethodTable() == null ? null : RuntimeType.Get(handle.ToMethodTable());

    public bool Equals(Type? o) => this == o;

    public override bool Equals(object? o) => o is Type other && this == other;

    public override int GetHashCode() => (int)_methodTable->HashCode;

    [Intrinsic]
    public static bool operator ==(Type? left, Type? right)
    {
        if (ReferenceEquals(left, right))
            return true;
        return left is not null && right is not null && left._methodTable == right._methodTable;
    }

    [Intrinsic]
    public static bool operator !=(Type? left, Type? right) => !(left == right);
}

internal sealed unsafe partial class RuntimeType
{
    private RuntimeType(MethodTable* type) => _methodTable = type;

    /// <summary>Creates the object at first sight; of two threads that do so at once, one wins and both return its object.</summary>
    internal static RuntimeType Get(MethodTable* type)
    {
        ref nint cache = ref *type->WritableData;
        nint known = Volatile.Read(ref cache);
        if (known == 0)
        {
            RuntimeType created = new RuntimeType(type);
            nint winner = Interlocked.CompareExchange(ref cache, Unsafe.AddressOf(created), 0);
            known = winner == 0 ? Unsafe.AddressOf(created) : winner;
        }
        return Unsafe.As<RuntimeType>(Unsafe.ObjectAt((void*)known));
    }
}

public partial class Object
{
    [Intrinsic]
    public unsafe Type GetType() => RuntimeType.Get(m_pEEType);
}
