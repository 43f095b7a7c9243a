// The allocation helpers that compiled code calls by symbol. An object is preceded by an 8-byte header, which BaseSize counts.
using Internal.Runtime.CompilerHelpers;

namespace Internal.Runtime;

internal static unsafe class ObjectAllocator
{
    private const nuint HeaderSize = 8;
    private const nuint DefaultAlignment = 8;

    // Behind the MethodTable pointer.
    private const int ArrayLengthOffset = 8;
    internal const int ArrayDataOffset = 16;

    [RuntimeExport("RhpNewFast")]
    internal static object NewObject(MethodTable* type)
    {
        byte* instance = ComponentHeap.Allocate(type->BaseSize, DefaultAlignment, 0) + HeaderSize;
        *(MethodTable**)instance = type;
        return Unsafe.ObjectAt(instance);
    }

    // Finalizers never run: nothing is ever collected.
    [RuntimeExport("RhpNewFinalizable")]
    private static object NewFinalizable(MethodTable* type) => NewObject(type);

    [RuntimeExport("RhNewObject")]
    private static object NewObjectPortable(MethodTable* type) => NewObject(type);

    [RuntimeExport("RhpNewArrayFast")]
    internal static object NewArray(MethodTable* type, nint length) => NewArray(type, length, DefaultAlignment);

    [RuntimeExport("RhpNewPtrArrayFast")]
    private static object NewReferenceArray(MethodTable* type, nint length) => NewArray(type, length, DefaultAlignment);

    [RuntimeExport("RhNewArray")]
    private static object NewArrayPortable(MethodTable* type, nint length) => NewArray(type, length, DefaultAlignment);

    [RuntimeExport("RhNewString")]
    private static object NewString(MethodTable* type, nint length) => NewArray(type, length, DefaultAlignment);

    /// <summary>An array, or a string, whose elements start at a multiple of the alignment.</summary>
    internal static object NewArray(MethodTable* type, nint length, nuint alignment)
    {
        // Also negative lengths. The product below cannot overflow 64 bits.
        if ((nuint)length > int.MaxValue)
            ThrowHelpers.ThrowOverflowException();
        nuint offset = alignment > DefaultAlignment ? HeaderSize + ArrayDataOffset : 0;
        nuint size = type->BaseSize + ((nuint)length * type->ComponentSize);
        byte* instance = ComponentHeap.Allocate(size, alignment, offset) + HeaderSize;
        *(MethodTable**)instance = type;
        *(int*)(instance + ArrayLengthOffset) = (int)length;
        return Unsafe.ObjectAt(instance);
    }
}
