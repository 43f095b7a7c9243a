// The description that ilc emits for every type that can be allocated, cast to or boxed. The layout is ilc 10's; it stands in
// read-only memory, except for the words that the relative pointers of its tail lead to.
using System.Runtime.InteropServices;

namespace Internal.Runtime;

/// <summary>
/// Fixed head, then the vtable, then the interface map (8-byte pointers), then a tail of 32-bit self-relative pointers: type manager,
/// writable data, and as the flags say: dispatch map, finalizer, sealed virtual slots, generic definition and arguments.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MethodTable
{
    private readonly uint _flags;
    private readonly uint _baseSize;
    private readonly MethodTable* _relatedType;
    private readonly ushort _numVtableSlots;
    private readonly ushort _numInterfaces;
    private readonly uint _hashCode;

    private const uint KindMask = 0x0003_0000;
    private const uint KindParameterized = 0x0002_0000;
    private const uint HasDispatchMapFlag = 0x0004_0000;
    private const uint HasFinalizerFlag = 0x0010_0000;
    private const uint HasSealedSlotsFlag = 0x0040_0000;
    private const uint HasVarianceFlag = 0x0080_0000;
    private const uint HasPointersFlag = 0x0100_0000;
    private const uint IsGenericFlag = 0x0200_0000;
    private const int ElementTypeShift = 26;
    private const uint ElementTypeMask = 0x1f;
    private const uint HasComponentSizeFlag = 0x8000_0000;

    // Without a component size the low half of the flags says more: padding of a boxed value in bits 5-7,
    // log2 of the offset of a Nullable's value in bits 8-10.
    private const int ValueTypePaddingShift = 5;
    private const int NullableValueOffsetShift = 8;
    private const uint ThreeBits = 7;

    // Of a boxed value: the object header before the object and the MethodTable pointer in it.
    private const uint BoxOverhead = 16;
    private const uint SzArrayBaseSize = 24;

    /// <summary>The MethodTable of T; ilc replaces the call by an address.</summary>
    [Intrinsic]
    internal static extern MethodTable* Of<T>();

    internal readonly ElementType ElementType => (ElementType)((_flags >> ElementTypeShift) & ElementTypeMask);

    /// <summary>Bytes to allocate, header included; for arrays and strings without their elements.</summary>
    internal readonly uint BaseSize => _baseSize;

    internal readonly uint HashCode => _hashCode;

    internal readonly bool HasComponentSize => (_flags & HasComponentSizeFlag) != 0;

    internal readonly uint ComponentSize => HasComponentSize ? _flags & 0xffff : 0;

    internal readonly bool IsParameterized => (_flags & KindMask) == KindParameterized;

    internal readonly bool IsArray => ElementType is ElementType.Array or ElementType.SzArray;

    internal readonly bool IsSzArray => ElementType == ElementType.SzArray;

    internal readonly bool IsInterface => ElementType == ElementType.Interface;

    internal readonly bool IsNullable => ElementType == ElementType.Nullable;

    internal readonly bool IsValueType => ElementType < ElementType.Class;

    internal readonly bool IsPrimitive => ElementType is >= ElementType.Boolean and <= ElementType.Double;

    internal readonly bool HasVariance => (_flags & HasVarianceFlag) != 0;

    internal readonly bool HasPointers => (_flags & HasPointersFlag) != 0;

    internal readonly bool IsGeneric => (_flags & IsGenericFlag) != 0;

    internal readonly bool HasDispatchMap => (_flags & HasDispatchMapFlag) != 0;

    internal readonly ushort NumVtableSlots => _numVtableSlots;

    internal readonly ushort NumInterfaces => _numInterfaces;

    /// <summary>The element type of an array, pointer or reference.</summary>
    internal readonly MethodTable* RelatedParameterType => _relatedType;

    /// <summary>The base class; System.Array for arrays; null for object, interfaces and pointers.</summary>
    internal readonly MethodTable* BaseType => IsParameterized ? (IsArray ? Of<Array>() : null) : _relatedType;

    /// <summary>Bytes of a value of this struct type, without its box.</summary>
    internal readonly uint ValueTypeSize => _baseSize - BoxOverhead - ((_flags >> ValueTypePaddingShift) & ThreeBits);

    internal readonly uint NullableValueOffset => 1u << (int)((_flags >> NullableValueOffsetShift) & ThreeBits);

    internal readonly nint* VTable => (nint*)(Address + 1);

    internal readonly MethodTable** InterfaceMap => (MethodTable**)(VTable + _numVtableSlots);

    /// <summary>A word of writable memory for the type's Type object.</summary>
    internal readonly nint* WritableData => (nint*)Follow(Tail + 1);

    internal readonly DispatchMap* DispatchMap => (DispatchMap*)Follow(Tail + 2);

    internal readonly MethodTable* GenericDefinition => (MethodTable*)Follow(GenericTail);

    /// <summary>A generic definition keeps the number of its parameters where others keep their size.</summary>
    internal readonly int GenericArity => (int)GenericDefinition->_baseSize;

    /// <summary>One <see cref="GenericVariance"/> byte per parameter of the generic definition.</summary>
    internal readonly GenericVariance* Variance => (GenericVariance*)Follow(GenericDefinition->Tail + 2);

    private readonly MethodTable* Address => (MethodTable*)Unsafe.AsPointer(ref Unsafe.AsRef(in this));

    private readonly int* Tail => (int*)(InterfaceMap + _numInterfaces);

    private readonly int* SealedSlotsTail => Tail + 2 + (HasDispatchMap ? 1 : 0) + ((_flags & HasFinalizerFlag) != 0 ? 1 : 0);

    private readonly int* GenericTail => SealedSlotsTail + ((_flags & HasSealedSlotsFlag) != 0 ? 1 : 0);

    internal readonly nint SealedSlot(int index) => (nint)Follow((int*)Follow(SealedSlotsTail) + index);

    /// <summary>A sole argument is named directly, several through a table.</summary>
    internal readonly MethodTable* GenericArgument(int index)
    {
        int* composition = GenericTail + 1;
        return (MethodTable*)(GenericArity == 1 ? Follow(composition) : Follow((int*)Follow(composition) + index));
    }

    private static void* Follow(int* relativePointer) => (byte*)relativePointer + *relativePointer;
}

internal enum GenericVariance : byte
{
    None = 0x00,
    Covariant = 0x01,
    Contravariant = 0x02,
    ArrayCovariant = 0x20,
}

/// <summary>Which slot of which interface a type implements by which virtual slot. Four counts, then the entries.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DispatchMap
{
    private readonly ushort _standardCount;
    private readonly ushort _defaultCount;
    private readonly ushort _standardStaticCount;
    private readonly ushort _defaultStaticCount;

    /// <summary>Entries for instance methods: the type's own, then the interfaces' default implementations.</summary>
    internal readonly int InstanceCount => _standardCount + _defaultCount;

    internal readonly DispatchMapEntry* Entries => (DispatchMapEntry*)((byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in this)) + sizeof(DispatchMap));
}

[StructLayout(LayoutKind.Sequential)]
internal struct DispatchMapEntry
{
    internal readonly ushort InterfaceIndex;
    internal readonly ushort InterfaceSlot;

    /// <summary>A vtable slot, or behind the last of them a slot of the sealed table.</summary>
    internal readonly ushort ImplementationSlot;
}
