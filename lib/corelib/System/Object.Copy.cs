// A copy field by field.
namespace System;

public partial class Object
{
    protected unsafe object MemberwiseClone()
    {
        MethodTable* type = m_pEEType;
        object copy = type->IsArray || type->HasComponentSize
            ? ObjectAllocator.NewArray(type, Unsafe.As<Array>(this).Length)
            : ObjectAllocator.NewObject(type);
        nuint size = type->BaseSize - (2 * (nuint)sizeof(nint));
        if (type->HasComponentSize)
            size += (nuint)Unsafe.As<Array>(this).Length * type->ComponentSize;
        Memory.Move(ref copy.GetRawData(), ref this.GetRawData(), size);
        return copy;
    }
}
