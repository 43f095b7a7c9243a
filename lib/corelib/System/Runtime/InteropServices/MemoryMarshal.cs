// Spans over anything and casts between spans.
namespace System.Runtime.InteropServices;

public static unsafe class MemoryMarshal
{
    [Intrinsic]
    public static ref T GetArrayDataReference<T>(T[] array) => ref Unsafe.As<byte, T>(ref Unsafe.As<RawArrayData>(array).Data);

    public static Span<T> CreateSpan<T>(scoped ref T reference, int length) => new Span<T>(ref Unsafe.AsRef(in reference), length);

    public static ReadOnlySpan<T> CreateReadOnlySpan<T>(scoped ref readonly T reference, int length) =>
        new ReadOnlySpan<T>(ref Unsafe.AsRef(in reference), length);

    /// <summary>The bytes before the first zero byte; empty for null.</summary>
    public static ReadOnlySpan<byte> CreateReadOnlySpanFromNullTerminated(byte* value)
    {
        if (value == null)
            return default;
        int length = 0;
        while (value[length] != 0)
            length++;
        return new ReadOnlySpan<byte>(value, length);
    }

    public static ref T GetReference<T>(Span<T> span) => ref span._reference;

    public static ref T GetReference<T>(ReadOnlySpan<T> span) => ref span._reference;

    public static Span<byte> AsBytes<T>(Span<T> span)
        where T : struct => new Span<byte>(ref Unsafe.As<T, byte>(ref span._reference), checked(span.Length * sizeof(T)));

    public static ReadOnlySpan<byte> AsBytes<T>(ReadOnlySpan<T> span)
        where T : struct => new ReadOnlySpan<byte>(ref Unsafe.As<T, byte>(ref span._reference), checked(span.Length * sizeof(T)));

    public static Span<TTo> Cast<TFrom, TTo>(Span<TFrom> span)
        where TFrom : struct
        where TTo : struct => new Span<TTo>(ref Unsafe.As<TFrom, TTo>(ref span._reference), CastLength(span.Length, sizeof(TFrom), sizeof(TTo)));

    public static ReadOnlySpan<TTo> Cast<TFrom, TTo>(ReadOnlySpan<TFrom> span)
        where TFrom : struct
        where TTo : struct =>
        new ReadOnlySpan<TTo>(ref Unsafe.As<TFrom, TTo>(ref span._reference), CastLength(span.Length, sizeof(TFrom), sizeof(TTo)));

    public static T Read<T>(ReadOnlySpan<byte> source)
        where T : struct
    {
        CheckLength(source.Length, sizeof(T));
        return Unsafe.ReadUnaligned<T>(ref source._reference);
    }

    public static bool TryRead<T>(ReadOnlySpan<byte> source, out T value)
        where T : struct
    {
        if (source.Length < sizeof(T))
        {
            Unsafe.SkipInit(out value);
            Memory.memset((byte*)Unsafe.AsPointer(ref value), 0, (nuint)sizeof(T));
            return false;
        }
        value = Unsafe.ReadUnaligned<T>(ref source._reference);
        return true;
    }

    public static void Write<T>(Span<byte> destination, in T value)
        where T : struct
    {
        CheckLength(destination.Length, sizeof(T));
        Unsafe.WriteUnaligned(ref destination._reference, value);
    }

    public static bool TryWrite<T>(Span<byte> destination, in T value)
        where T : struct
    {
        if (destination.Length < sizeof(T))
            return false;
        Unsafe.WriteUnaligned(ref destination._reference, value);
        return true;
    }

    public static ref T AsRef<T>(Span<byte> span)
        where T : struct
    {
        CheckLength(span.Length, sizeof(T));
        return ref Unsafe.As<byte, T>(ref span._reference);
    }

    public static ref readonly T AsRef<T>(ReadOnlySpan<byte> span)
        where T : struct
    {
        CheckLength(span.Length, sizeof(T));
        return ref Unsafe.As<byte, T>(ref span._reference);
    }

    private static void CheckLength(int length, int needed)
    {
        if (length < needed)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(length));
    }

    private static int CastLength(int length, int fromSize, int toSize) =>
        fromSize == toSize ? length : checked((int)((ulong)(uint)length * (uint)fromSize / (uint)toSize));
}
