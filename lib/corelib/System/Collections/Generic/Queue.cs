// First in, first out, in a ring that grows.
using System.Diagnostics.CodeAnalysis;

namespace System.Collections.Generic;

public class Queue<T> : IReadOnlyCollection<T>
{
    private const int FirstCapacity = 4;

    private T[] _ring;
    private int _head;
    private int _size;
    private int _version;

    public Queue() => _ring = Array.Empty<T>();

    public Queue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _ring = new T[capacity];
    }

    public int Count => _size;

    public void Enqueue(T item)
    {
        if (_size == _ring.Length)
            Grow();
        _ring[Position(_size)] = item;
        _size++;
        _version++;
    }

    public T Dequeue()
    {
        if (!TryDequeue(out T? item))
            ThrowHelper.ThrowInvalidOperation("Queue empty.");
        return item;
    }

    public bool TryDequeue([MaybeNullWhen(false)] out T result)
    {
        if (!TryPeek(out result))
            return false;
        _ring[_head] = default!;
        _head = Position(1);
        _size--;
        _version++;
        return true;
    }

    public T Peek()
    {
        if (!TryPeek(out T? item))
            ThrowHelper.ThrowInvalidOperation("Queue empty.");
        return item;
    }

    public bool TryPeek([MaybeNullWhen(false)] out T result)
    {
        result = _size == 0 ? default : _ring[_head];
        return _size != 0;
    }

    public bool Contains(T item)
    {
        for (int i = 0; i < _size; i++)
        {
            if (EqualityComparer<T>.Default.Equals(_ring[Position(i)], item))
                return true;
        }
        return false;
    }

    public void Clear()
    {
        Array.Clear(_ring);
        _head = 0;
        _size = 0;
        _version++;
    }

    public T[] ToArray()
    {
        T[] result = new T[_size];
        for (int i = 0; i < _size; i++)
            result[i] = _ring[Position(i)];
        return result;
    }

    public IEnumerator<T> GetEnumerator() => Walk(_version);

    // The version is taken now, not when the walk begins.
    private IEnumerator<T> Walk(int version)
    {
        if (version != _version)
            ThrowHelper.ThrowEnumerationChanged();
        for (int i = 0; i < _size; i++)
        {
            yield return _ring[Position(i)];
            if (version != _version)
                ThrowHelper.ThrowEnumerationChanged();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Position(int offset)
    {
        int position = _head + offset;
        return position < _ring.Length ? position : position - _ring.Length;
    }

    private void Grow()
    {
        T[] larger = new T[Math.Max(FirstCapacity, 2 * _ring.Length)];
        for (int i = 0; i < _size; i++)
            larger[i] = _ring[Position(i)];
        _ring = larger;
        _head = 0;
    }
}
