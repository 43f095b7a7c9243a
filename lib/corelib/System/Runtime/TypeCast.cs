// Casts, type tests and checked stores into arrays. ilc looks the methods up by name.
using Internal.Runtime.CompilerHelpers;

namespace System.Runtime;

internal static unsafe class TypeCast
{
    internal static object? IsInstanceOfClass(MethodTable* target, object? obj) =>
        obj is null || IsClassOrDerived(obj.m_pEEType, target) ? obj : null;

    internal static object? CheckCastClass(MethodTable* target, object? obj)
    {
        if (obj is null || obj.m_pEEType == target)
            return obj;
        return CheckCastClassSpecial(target, obj);
    }

    /// <summary>The object is not null and not exactly of the type.</summary>
    internal static object? CheckCastClassSpecial(MethodTable* target, object? obj)
    {
        if (!IsClassOrDerived(obj!.m_pEEType, target))
            throw new InvalidCastException();
        return obj;
    }

    internal static object? IsInstanceOfInterface(MethodTable* target, object? obj) => IsInstanceOfAny(target, obj);

    internal static object? CheckCastInterface(MethodTable* target, object? obj) => CheckCastAny(target, obj);

    internal static object? IsInstanceOfAny(MethodTable* target, object? obj) =>
        obj is null || IsAssignable(obj.m_pEEType, target) ? obj : null;

    internal static object? CheckCastAny(MethodTable* target, object? obj)
    {
        if (obj is not null && !IsAssignable(obj.m_pEEType, target))
            throw new InvalidCastException();
        return obj;
    }

    internal static bool IsInstanceOfException(MethodTable* target, object? obj) => obj is not null && IsAssignable(obj.m_pEEType, target);

    internal static void StelemRef(object?[] array, nint index, object? value)
    {
        if ((nuint)index >= (nuint)array.Length)
            ThrowHelpers.ThrowIndexOutOfRangeException();
        if (value is not null)
        {
            MethodTable* elementType = array.m_pEEType->RelatedParameterType;
            if (elementType != value.m_pEEType && !IsAssignable(value.m_pEEType, elementType))
                throw new ArrayTypeMismatchException();
        }
        ElementAt(array, index) = value;
    }

    internal static ref object? LdelemaRef(object?[] array, nint index, MethodTable* elementType)
    {
        if ((nuint)index >= (nuint)array.Length)
            ThrowHelpers.ThrowIndexOutOfRangeException();
        if (array.m_pEEType->RelatedParameterType != elementType)
            throw new ArrayTypeMismatchException();
        return ref ElementAt(array, index);
    }

    /// <summary>May a value of the one type be used as the other? Both as they are when boxed.</summary>
    internal static bool IsAssignable(MethodTable* source, MethodTable* target)
    {
        if (source == target || target == MethodTable.Of<object>())
            return true;
        if (target->IsInterface)
            return ImplementsInterface(source, target);
        if (target->IsArray)
            return IsArrayAssignable(source, target);
        return IsClassOrDerived(source, target);
    }

    /// <summary>Two instantiations of one variant definition whose arguments differ only as variance allows.</summary>
    internal static bool IsVariantMatch(MethodTable* source, MethodTable* target)
    {
        if (!source->HasVariance || !target->HasVariance || source->GenericDefinition != target->GenericDefinition)
            return false;
        GenericVariance* variance = target->Variance;
        int arity = target->GenericArity;
        for (int i = 0; i < arity; i++)
        {
            MethodTable* from = source->GenericArgument(i);
            MethodTable* to = target->GenericArgument(i);
            if (from == to)
                continue;
            bool matches = variance[i] switch
            {
                GenericVariance.Covariant => IsReferenceAssignable(from, to),
                GenericVariance.Contravariant => IsReferenceAssignable(to, from),
                GenericVariance.ArrayCovariant => IsElementCompatible(from, to),
                _ => false,
            };
            if (!matches)
                return false;
        }
        return true;
    }

    // Variance holds between reference types only; a boxed value would have another representation.
    private static bool IsReferenceAssignable(MethodTable* source, MethodTable* target) =>
        !source->IsValueType && !target->IsValueType && IsAssignable(source, target);

    private static bool IsClassOrDerived(MethodTable* source, MethodTable* target)
    {
        for (MethodTable* type = source; type != null; type = type->BaseType)
        {
            if (type == target)
                return true;
        }

        // Delegates may be variant classes.
        return target->HasVariance && IsVariantMatch(source, target);
    }

    private static bool ImplementsInterface(MethodTable* source, MethodTable* target)
    {
        MethodTable** interfaces = source->InterfaceMap;
        int count = source->NumInterfaces;
        for (int i = 0; i < count; i++)
        {
            if (interfaces[i] == target)
                return true;
        }
        for (int i = 0; i < count; i++)
        {
            if (IsCompatibleInterface(source, interfaces[i], target))
                return true;
        }

        // An interface may itself be the source when type arguments are compared.
        return IsVariantMatch(source, target);
    }

    /// <summary>Does a type that implements one interface thereby answer calls of another instantiation of it?</summary>
    internal static bool IsCompatibleInterface(MethodTable* type, MethodTable* implemented, MethodTable* target)
    {
        if (IsVariantMatch(implemented, target))
            return true;

        // Arrays are covariant through all their interfaces: string[] is an IList<object>.
        return type->IsSzArray && implemented->IsGeneric && target->IsGeneric
            && implemented->GenericDefinition == target->GenericDefinition
            && IsElementCompatible(implemented->GenericArgument(0), target->GenericArgument(0));
    }

    private static bool IsArrayAssignable(MethodTable* source, MethodTable* target)
    {
        // The base size differs between ranks.
        if (!source->IsArray || source->BaseSize != target->BaseSize || source->IsSzArray != target->IsSzArray)
            return false;
        return IsElementCompatible(source->RelatedParameterType, target->RelatedParameterType);
    }

    private static bool IsElementCompatible(MethodTable* from, MethodTable* to) =>
        from == to || IsReferenceAssignable(from, to) || HaveSameIntegerRepresentation(from, to);

    // int[] can be used as uint[], and an enum's array as that of its underlying type.
    private static bool HaveSameIntegerRepresentation(MethodTable* left, MethodTable* right) =>
        IntegerRepresentation(left) is > 0 and var size && size == IntegerRepresentation(right);

    private static int IntegerRepresentation(MethodTable* type) => type->ElementType switch
    {
        ElementType.SByte or ElementType.Byte => 1,
        ElementType.Int16 or ElementType.UInt16 => 2,
        ElementType.Int32 or ElementType.UInt32 => 4,
        ElementType.Int64 or ElementType.UInt64 => 8,
        ElementType.IntPtr or ElementType.UIntPtr => 9,
        _ => 0,
    };

    private static ref object? ElementAt(object?[] array, nint index) =>
        ref Unsafe.Add(ref Unsafe.As<byte, object?>(ref Unsafe.As<RawArrayData>(array).Data), index);
}
