// Boxing and unboxing. ilc looks the methods up by name.
using Internal.Runtime.CompilerHelpers;

namespace System.Runtime;

internal static unsafe class RuntimeExports
{
    internal static object? Box(MethodTable* type, ref byte data) => RhBox(type, ref data);

    /// <summary>Nullable boxes as its value or as null.</summary>
    private static object? RhBox(MethodTable* type, ref byte data)
    {
        if (type->IsNullable)
        {
            if (data == 0)
                return null;
            data = ref Unsafe.Add(ref data, (nint)type->NullableValueOffset);
            type = type->GenericArgument(0);
        }
        object box = ObjectAllocator.NewObject(type);
        Memory.Move(ref box.GetRawData(), ref data, type->ValueTypeSize);
        return box;
    }

    private static ref byte RhUnbox2(MethodTable* type, object? obj)
    {
        if (obj is null)
            ThrowHelpers.ThrowNullReferenceException();
        RhUnboxTypeTest(type, obj!.m_pEEType);
        return ref obj.GetRawData();
    }

    private static void RhUnboxTypeTest(MethodTable* type, MethodTable* boxedType)
    {
        // An enum unboxes as its underlying type and the other way round: they share the element type.
        if (type != boxedType && !(type->IsPrimitive && type->ElementType == boxedType->ElementType))
            throw new InvalidCastException();
    }

    private static void RhUnboxNullable(ref byte destination, MethodTable* nullableType, object? obj)
    {
        MethodTable* valueType = nullableType->GenericArgument(0);
        nint offset = (nint)nullableType->NullableValueOffset;
        if (obj is null)
        {
            Memory.Set(ref destination, 0, (nuint)offset + valueType->ValueTypeSize);
            return;
        }
        RhUnboxTypeTest(valueType, obj.m_pEEType);
        destination = 1;
        Memory.Move(ref Unsafe.Add(ref destination, offset), ref obj.GetRawData(), valueType->ValueTypeSize);
    }
}
