// A stretch of an array as a value.
namespace System;

public readonly struct ArraySegment<T>
{
    private readonly T[]? _array;
    private readonly int _offset;
    private readonly int _count;

    public ArraySegment(T[] array)
        : this(array, 0, array.Length)
    {
    }

    public ArraySegment(T[] array, int offset, int count)
    {
        ArgumentNullException.ThrowIfNull(array);
        if ((uint)offset > (uint)array.Length || (uint)count > (uint)(array.Length - offset))
            ThrowHelper.ThrowArgumentOutOfRange(nameof(count));
        _array = array;
        _offset = offset;
        _count = count;
    }

    public T[]? Array => _array;

    public int Offset => _offset;

    public int Count => _count;

    public T this[int index] => AsSpan()[index];

    public static implicit operator ArraySegment<T>(T[] array) => array is null ? default : new ArraySegment<T>(array);

    public static implicit operator Span<T>(ArraySegment<T> segment) => segment.AsSpan();

    public static implicit operator ReadOnlySpan<T>(ArraySegment<T> segment) => segment.AsSpan();

    private Span<T> AsSpan() => new Span<T>(_array, _offset, _count);
}
