// Last in, first out.
using System.Diagnostics.CodeAnalysis;

namespace System.Collections.Generic;

public class Stack<T> : IReadOnlyCollection<T>
{
    private readonly List<T> _items;

    // Counts changes, so that an enumerator notices them.
    private int _version;

    public Stack() => _items = new List<T>();

    public Stack(int capacity) => _items = new List<T>(capacity);

    public int Count => _items.Count;

    public void Push(T item)
    {
        _items.Add(item);
        _version++;
    }

    public T Pop()
    {
        if (!TryPop(out T? item))
            ThrowHelper.ThrowInvalidOperation("Stack empty.");
        return item;
    }

    public bool TryPop([MaybeNullWhen(false)] out T result)
    {
        if (!TryPeek(out result))
            return false;
        _items.RemoveAt(_items.Count - 1);
        _version++;
        return true;
    }

    public T Peek()
    {
        if (!TryPeek(out T? item))
            ThrowHelper.ThrowInvalidOperation("Stack empty.");
        return item;
    }

    public bool TryPeek([MaybeNullWhen(false)] out T result)
    {
        result = _items.Count == 0 ? default : _items[_items.Count - 1];
        return _items.Count != 0;
    }

    public bool Contains(T item) => _items.Contains(item);

    public void Clear()
    {
        _items.Clear();
        _version++;
    }

    public T[] ToArray()
    {
        T[] result = _items.ToArray();
        Array.Reverse(result);
        return result;
    }

    public IEnumerator<T> GetEnumerator() => Walk(_version);

    private IEnumerator<T> Walk(int version)
    {
        for (int i = _items.Count - 1; version == _version && i >= 0; i--)
            yield return _items[i];
        if (version != _version)
            ThrowHelper.ThrowEnumerationChanged();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
