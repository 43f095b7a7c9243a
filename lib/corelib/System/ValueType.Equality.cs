// Equality of structs that do not define their own: by bytes where that is right, field by field where it is not.
namespace System;

public abstract unsafe partial class ValueType
{
    private const int GetNumFields = -1;
    private const int UseFastHelper = -1;

    /// <summary>
    /// ilc overrides this in structs that have padding, references or floating-point fields. For GetNumFields it returns their number,
    /// else the offset of a field and its type.
    /// </summary>
    internal virtual int __GetFieldHelper(int index, out MethodTable* mt)
    {
        mt = null;
        return UseFastHelper;
    }

    public override bool Equals(object? obj)
    {
        if (obj is null || obj.m_pEEType != m_pEEType)
            return false;
        int count = __GetFieldHelper(GetNumFields, out _);
        ref byte left = ref this.GetRawData();
        ref byte right = ref obj.GetRawData();
        if (count == UseFastHelper)
            return BytesEqual(ref left, ref right, m_pEEType->ValueTypeSize);
        for (int i = 0; i < count; i++)
        {
            int offset = __GetFieldHelper(i, out MethodTable* type);
            if (!Equals(FieldValue(type, ref Unsafe.Add(ref left, offset)), FieldValue(type, ref Unsafe.Add(ref right, offset))))
                return false;
        }
        return true;
    }

    public override int GetHashCode()
    {
        int count = __GetFieldHelper(GetNumFields, out _);
        ref byte data = ref this.GetRawData();
        int hash = 17;
        if (count == UseFastHelper)
        {
            for (uint i = 0; i < m_pEEType->ValueTypeSize; i++)
                hash = (hash * 31) + Unsafe.Add(ref data, (int)i);
            return hash;
        }
        for (int i = 0; i < count; i++)
        {
            int offset = __GetFieldHelper(i, out MethodTable* type);
            hash = (hash * 31) + (FieldValue(type, ref Unsafe.Add(ref data, offset))?.GetHashCode() ?? 0);
        }
        return hash;
    }

    public override string? ToString() => "struct";

    private static bool BytesEqual(ref byte left, ref byte right, uint size)
    {
        for (uint i = 0; i < size; i++)
        {
            if (Unsafe.Add(ref left, (int)i) != Unsafe.Add(ref right, (int)i))
                return false;
        }
        return true;
    }

    private static object? FieldValue(MethodTable* type, ref byte data) =>
        type->IsValueType ? RuntimeExports.Box(type, ref data) : Unsafe.As<byte, object?>(ref data);
}
