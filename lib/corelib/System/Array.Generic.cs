// ilc takes the interfaces and the virtual methods of T[] from this type. `this` really is a T[].
using System.Collections;
using System.Collections.Generic;

namespace System;

internal sealed class Array<T> : Array, IList<T>, IReadOnlyList<T>, IList
{
    private const string FixedSize = "Collection was of a fixed size.";

    private T[] Elements => Unsafe.As<T[]>(this);

    public int Count => Length;

    public bool IsReadOnly => true;

    bool IList.IsReadOnly => false;

    public bool IsFixedSize => true;

    public bool IsSynchronized => false;

    public object SyncRoot => this;

    public T this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Length)
                ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
            return Elements[index];
        }

        set
        {
            if ((uint)index >= (uint)Length)
                ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
            Elements[index] = value;
        }
    }

    object? IList.this[int index]
    {
        get => this[index];
        set => this[index] = (T)value!;
    }

    public IEnumerator<T> GetEnumerator() => new ArrayEnumerator<T>(Elements);

    IEnumerator IEnumerable.GetEnumerator() => new ArrayEnumerator<T>(Elements);

    public int IndexOf(T item) => IndexOf(Elements, item);

    int IList.IndexOf(object? value) => value is T item ? IndexOf(Elements, item) : -1;

    public bool Contains(T item) => IndexOf(Elements, item) >= 0;

    bool IList.Contains(object? value) => value is T item && Contains(item);

    public void CopyTo(T[] array, int arrayIndex) => Copy(this, 0, array, arrayIndex, Length);

    public void Add(T item) => ThrowHelper.ThrowNotSupported(FixedSize);

    int IList.Add(object? value) => throw new NotSupportedException(FixedSize);

    public void Clear() => ThrowHelper.ThrowNotSupported(FixedSize);

    void IList.Clear() => Clear(this);

    public void Insert(int index, T item) => ThrowHelper.ThrowNotSupported(FixedSize);

    void IList.Insert(int index, object? value) => ThrowHelper.ThrowNotSupported(FixedSize);

    public bool Remove(T item) => throw new NotSupportedException(FixedSize);

    void IList.Remove(object? value) => ThrowHelper.ThrowNotSupported(FixedSize);

    public void RemoveAt(int index) => ThrowHelper.ThrowNotSupported(FixedSize);
}

internal sealed class ArrayEnumerator<T> : IEnumerator<T>
{
    private readonly T[] _array;
    private int _index = -1;

    internal ArrayEnumerator(T[] array) => _array = array;

    public T Current
    {
        get
        {
            if ((uint)_index >= (uint)_array.Length)
                ThrowHelper.ThrowInvalidOperation("Enumeration has either not started or has already finished.");
            return _array[_index];
        }
    }

    object? IEnumerator.Current => Current;

    public bool MoveNext()
    {
        if (_index < _array.Length)
            _index++;
        return _index < _array.Length;
    }

    public void Reset() => _index = -1;

    public void Dispose()
    {
    }
}
