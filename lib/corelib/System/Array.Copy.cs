// Copying, clearing and resizing arrays.
using System.Diagnostics.CodeAnalysis;

namespace System;

public abstract unsafe partial class Array : ICloneable
{
    /// <summary>The largest length that any array here may have.</summary>
    public static int MaxLength => int.MaxValue;

    public int Rank => 1;

    public static T[] Empty<T>() => EmptyArray<T>.Value;

    public int GetLength(int dimension)
    {
        if (dimension != 0)
            ThrowHelper.ThrowIndexOutOfRange();
        return Length;
    }

    public int GetLowerBound(int dimension) => 0;

    public int GetUpperBound(int dimension) => Length - 1;

    public object Clone() => MemberwiseClone();

    public static void Copy(Array sourceArray, Array destinationArray, int length) => Copy(sourceArray, 0, destinationArray, 0, length);

    public static void Copy(Array sourceArray, Array destinationArray, long length) =>
        Copy(sourceArray, 0, destinationArray, 0, checked((int)length));

    /// <summary>Handles overlap. Reference arrays of different types are copied if every element fits.</summary>
    public static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)
    {
        ArgumentNullException.ThrowIfNull(sourceArray);
        ArgumentNullException.ThrowIfNull(destinationArray);
        if (length < 0)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(length));
        if (sourceIndex < 0)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(sourceIndex));
        if (destinationIndex < 0)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(destinationIndex));
        if (length > sourceArray.Length - sourceIndex)
            throw new ArgumentException("Source array was not long enough.", nameof(sourceArray));
        if (length > destinationArray.Length - destinationIndex)
            throw new ArgumentException("Destination array was not long enough.", nameof(destinationArray));

        MethodTable* source = sourceArray.m_pEEType->RelatedParameterType;
        MethodTable* destination = destinationArray.m_pEEType->RelatedParameterType;
        if (source == destination || TypeCast.IsAssignable(sourceArray.m_pEEType, destinationArray.m_pEEType))
        {
            nuint size = sourceArray.m_pEEType->ComponentSize;
            Memory.Move(
                ref Unsafe.AddByteOffset(ref destinationArray.RawData, (nuint)destinationIndex * size),
                ref Unsafe.AddByteOffset(ref sourceArray.RawData, (nuint)sourceIndex * size),
                (nuint)length * size);
            return;
        }
        if (source->IsValueType || destination->IsValueType)
            throw new ArrayTypeMismatchException("Source array type cannot be assigned to destination array type.");
        object?[] from = Unsafe.As<object?[]>(sourceArray);
        object?[] to = Unsafe.As<object?[]>(destinationArray);
        for (int i = 0; i < length; i++)
        {
            object? element = from[sourceIndex + i];
            if (element is not null && !TypeCast.IsAssignable(element.m_pEEType, destination))
                throw new InvalidCastException("Object cannot be stored in an array of this type.");
            to[destinationIndex + i] = element;
        }
    }

    public void CopyTo(Array array, int index) => Copy(this, 0, array, index, Length);

    public static void Clear(Array array)
    {
        ArgumentNullException.ThrowIfNull(array);
        Clear(array, 0, array.Length);
    }

    public static void Clear(Array array, int index, int length)
    {
        ArgumentNullException.ThrowIfNull(array);
        if ((uint)index > (uint)array.Length || (uint)length > (uint)(array.Length - index))
            ThrowHelper.ThrowIndexOutOfRange();
        nuint size = array.m_pEEType->ComponentSize;
        Memory.Set(ref Unsafe.AddByteOffset(ref array.RawData, (nuint)index * size), 0, (nuint)length * size);
    }

    public static void Resize<T>([NotNull] ref T[]? array, int newSize)
    {
        if (newSize < 0)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(newSize));
        T[]? old = array;
        if (old is null)
        {
            array = new T[newSize];
        }
        else if (old.Length != newSize)
        {
            array = new T[newSize];
            Copy(old, array, Math.Min(old.Length, newSize));
        }
        else
        {
            array = old;
        }
    }

    private ref byte RawData => ref Unsafe.As<RawArrayData>(this).Data;
}

internal static class EmptyArray<T>
{
    internal static readonly T[] Value = new T[0];
}
