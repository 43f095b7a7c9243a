// A view of a stretch of memory: a reference and a length. Field order is fixed by the compiler's indexer expansion.
// Written field by field, so that no constructor or slice goes through XMM.
using System.Runtime.InteropServices;

namespace System;

public readonly ref partial struct Span<T>
{
    internal readonly ref T _reference;
    private readonly int _length;

    public Span(T[]? array)
    {
        if (array is null)
        {
            _reference = ref Unsafe.NullRef<T>();
            _length = 0;
            return;
        }
        _reference = ref MemoryMarshal.GetArrayDataReference(array);
        _length = array.Length;
    }

    public Span(T[]? array, int start, int length)
    {
        if (array is null)
        {
            if (start != 0 || length != 0)
                ThrowHelper.ThrowArgumentOutOfRange();
            _reference = ref Unsafe.NullRef<T>();
            _length = 0;
            return;
        }
        if ((uint)start > (uint)array.Length || (uint)length > (uint)(array.Length - start))
            ThrowHelper.ThrowArgumentOutOfRange();
        _reference = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), start);
        _length = length;
    }

    public unsafe Span(void* pointer, int length)
    {
        if (length < 0)
            ThrowHelper.ThrowArgumentOutOfRange();
        _reference = ref Unsafe.AsRef<T>(pointer);
        _length = length;
    }

    public Span(ref T reference)
    {
        _reference = ref reference;
        _length = 1;
    }

    internal Span(ref T reference, int length)
    {
        _reference = ref reference;
        _length = length;
    }

    public static Span<T> Empty => default;

    public int Length
    {
        [Intrinsic]
        get => _length;
    }

    public bool IsEmpty => _length == 0;

    public ref T this[int index]
    {
        [Intrinsic]
        get
        {
            if ((uint)index >= (uint)_length)
                ThrowHelper.ThrowIndexOutOfRange();
            return ref Unsafe.Add(ref _reference, index);
        }
    }

    public ref T GetPinnableReference() => ref _reference;

    public Span<T> Slice(int start)
    {
        if ((uint)start > (uint)_length)
            ThrowHelper.ThrowArgumentOutOfRange();
        return new Span<T>(ref Unsafe.Add(ref _reference, start), _length - start);
    }

    public Span<T> Slice(int start, int length)
    {
        if ((uint)start > (uint)_length || (uint)length > (uint)(_length - start))
            ThrowHelper.ThrowArgumentOutOfRange();
        return new Span<T>(ref Unsafe.Add(ref _reference, start), length);
    }

    public void Clear() => SpanHelpers.Clear(ref _reference, (nuint)_length);

    public void Fill(T value)
    {
        for (int i = 0; i < _length; i++)
            Unsafe.Add(ref _reference, i) = value;
    }

    public void CopyTo(Span<T> destination)
    {
        if ((uint)_length > (uint)destination.Length)
            ThrowHelper.ThrowArgument("Destination is too short.");
        Buffer.Memmove(ref destination._reference, ref _reference, (nuint)_length);
    }

    public bool TryCopyTo(Span<T> destination)
    {
        if ((uint)_length > (uint)destination.Length)
            return false;
        Buffer.Memmove(ref destination._reference, ref _reference, (nuint)_length);
        return true;
    }

    public Enumerator GetEnumerator() => new Enumerator(ref _reference, _length);

    public static bool operator ==(Span<T> left, Span<T> right) =>
        left._length == right._length && Unsafe.AreSame(ref left._reference, ref right._reference);

    public static bool operator !=(Span<T> left, Span<T> right) => !(left == right);

    public static implicit operator Span<T>(T[]? array) => new Span<T>(array);

    public static implicit operator ReadOnlySpan<T>(Span<T> span) => new ReadOnlySpan<T>(ref span._reference, span._length);

    public ref struct Enumerator
    {
        private readonly ref T _reference;
        private readonly int _length;
        private int _index;

        internal Enumerator(ref T reference, int length)
        {
            _reference = ref reference;
            _length = length;
            _index = -1;
        }

        public readonly ref T Current => ref Unsafe.Add(ref _reference, _index);

        public bool MoveNext() => ++_index < _length;
    }
}
