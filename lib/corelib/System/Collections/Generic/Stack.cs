// Last in, first out.
using System.Diagnostics.CodeAnalysis;

namespace System.Collections.Generic;

public class Stack<T> : IReadOnlyCollection<T>
{
    private readonly List<T> _items;

    public Stack() => _items = new List<T>();

    public Stack(int capacity) => _items = new List<T>(capacity);

    public int Count => _items.Count;

    public void Push(T item) => _items.Add(item);

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

    public void Clear() => _items.Clear();

    public T[] ToArray()
    {
        T[] result = _items.ToArray();
        Array.Reverse(result);
        return result;
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (int i = _items.Count - 1; i >= 0; i--)
            yield return _items[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
