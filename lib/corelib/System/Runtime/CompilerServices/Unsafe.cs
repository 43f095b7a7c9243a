// Reinterpretation without checks. The compiler expands every method; the bodies say the same in pointers.
using System.Diagnostics.CodeAnalysis;

namespace System.Runtime.CompilerServices;

public static unsafe class Unsafe
{
    [Intrinsic]
    public static void* AsPointer<T>(ref readonly T value)
        where T : allows ref struct => AsPointer(in value);

    [Intrinsic]
    [return: NotNullIfNotNull(nameof(o))]
    public static T As<T>(object? o)
        where T : class? => As<T>(o);

    [Intrinsic]
    public static ref TTo As<TFrom, TTo>(ref TFrom source)
        where TFrom : allows ref struct
        where TTo : allows ref struct => ref As<TFrom, TTo>(ref source);

    [Intrinsic]
    public static ref T AsRef<T>(void* source)
        where T : allows ref struct => ref AsRef<T>(source);

    [Intrinsic]
    public static ref T AsRef<T>(scoped ref readonly T source)
        where T : allows ref struct => ref AsRef(in source);

    [Intrinsic]
    public static int SizeOf<T>()
        where T : allows ref struct => sizeof(T);

    [Intrinsic]
    public static ref T Add<T>(ref T source, int elementOffset)
        where T : allows ref struct => ref AsRef<T>((byte*)AsPointer(ref source) + ((nint)elementOffset * sizeof(T)));

    [Intrinsic]
    public static ref T Add<T>(ref T source, nint elementOffset)
        where T : allows ref struct => ref AsRef<T>((byte*)AsPointer(ref source) + (elementOffset * sizeof(T)));

    [Intrinsic]
    public static ref T Add<T>(ref T source, nuint elementOffset)
        where T : allows ref struct => ref AsRef<T>((byte*)AsPointer(ref source) + (elementOffset * (nuint)sizeof(T)));

    [Intrinsic]
    public static void* Add<T>(void* source, int elementOffset)
        where T : allows ref struct => (byte*)source + ((nint)elementOffset * sizeof(T));

    [Intrinsic]
    public static ref T AddByteOffset<T>(ref T source, nint byteOffset)
        where T : allows ref struct => ref AsRef<T>((byte*)AsPointer(ref source) + byteOffset);

    [Intrinsic]
    public static ref T AddByteOffset<T>(ref T source, nuint byteOffset)
        where T : allows ref struct => ref AsRef<T>((byte*)AsPointer(ref source) + byteOffset);

    [Intrinsic]
    public static ref T Subtract<T>(ref T source, int elementOffset)
        where T : allows ref struct => ref AsRef<T>((byte*)AsPointer(ref source) - ((nint)elementOffset * sizeof(T)));

    [Intrinsic]
    public static nint ByteOffset<T>(ref readonly T origin, ref readonly T target)
        where T : allows ref struct => (nint)((byte*)AsPointer(in target) - (byte*)AsPointer(in origin));

    [Intrinsic]
    public static bool AreSame<T>(ref readonly T left, ref readonly T right)
        where T : allows ref struct => AsPointer(in left) == AsPointer(in right);

    [Intrinsic]
    public static bool IsAddressLessThan<T>(ref readonly T left, ref readonly T right)
        where T : allows ref struct => AsPointer(in left) < AsPointer(in right);

    [Intrinsic]
    public static bool IsAddressGreaterThan<T>(ref readonly T left, ref readonly T right)
        where T : allows ref struct => AsPointer(in left) > AsPointer(in right);

    [Intrinsic]
    public static ref T NullRef<T>()
        where T : allows ref struct => ref AsRef<T>(null);

    [Intrinsic]
    public static bool IsNullRef<T>(ref readonly T source)
        where T : allows ref struct => AsPointer(in source) == null;

    [Intrinsic]
    public static void SkipInit<T>(out T value)
        where T : allows ref struct => SkipInit(out value);

    [Intrinsic]
    public static T Read<T>(void* source)
        where T : allows ref struct => *(T*)source;

    [Intrinsic]
    public static void Write<T>(void* destination, T value)
        where T : allows ref struct => *(T*)destination = value;

    [Intrinsic]
    public static T ReadUnaligned<T>(void* source)
        where T : allows ref struct => *(T*)source;

    [Intrinsic]
    public static T ReadUnaligned<T>(scoped ref readonly byte source)
        where T : allows ref struct => *(T*)AsPointer(in source);

    [Intrinsic]
    public static void WriteUnaligned<T>(void* destination, T value)
        where T : allows ref struct => *(T*)destination = value;

    [Intrinsic]
    public static void WriteUnaligned<T>(ref byte destination, T value)
        where T : allows ref struct => *(T*)AsPointer(ref destination) = value;

    [Intrinsic]
    public static TTo BitCast<TFrom, TTo>(TFrom source)
        where TFrom : allows ref struct
        where TTo : allows ref struct => *(TTo*)&source;

    [Intrinsic]
    public static void CopyBlock(void* destination, void* source, uint byteCount) =>
        Memory.memmove((byte*)destination, (byte*)source, byteCount);

    [Intrinsic]
    public static void CopyBlock(ref byte destination, ref readonly byte source, uint byteCount) =>
        Memory.memmove((byte*)AsPointer(ref destination), (byte*)AsPointer(in source), byteCount);

    [Intrinsic]
    public static void CopyBlockUnaligned(void* destination, void* source, uint byteCount) =>
        Memory.memmove((byte*)destination, (byte*)source, byteCount);

    [Intrinsic]
    public static void InitBlock(void* startAddress, byte value, uint byteCount) => Memory.memset((byte*)startAddress, value, byteCount);

    [Intrinsic]
    public static void InitBlock(ref byte startAddress, byte value, uint byteCount) =>
        Memory.memset((byte*)AsPointer(ref startAddress), value, byteCount);

    [Intrinsic]
    public static void InitBlockUnaligned(void* startAddress, byte value, uint byteCount) =>
        Memory.memset((byte*)startAddress, value, byteCount);

    /// <summary>An unboxed view of a boxed value, without a check of its type.</summary>
    internal static ref T UnboxUnchecked<T>(object box)
        where T : struct => ref As<byte, T>(ref box.GetRawData());

    /// <summary>The address of the object, which never changes.</summary>
    internal static nint AddressOf(object? o) => *(nint*)&o;

    /// <summary>The object at an address.</summary>
    internal static object ObjectAt(void* address) => *(object*)&address;
}
