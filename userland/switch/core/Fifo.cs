namespace Kilonova.Switching;

/// <summary>A queue of so many at most; who adds has made sure of the place.</summary>
internal struct Fifo<T>
{
    private readonly T[] _items;
    private int _first;

    internal Fifo(int capacity)
    {
        _items = new T[capacity];
        _first = 0;
        Count = 0;
    }

    internal int Count { get; private set; }

    internal readonly bool IsFull => Count == _items.Length;

    // The next one; there is one.
    internal readonly T First => _items[_first];

    internal void Add(T item) => _items[(_first + Count++) % _items.Length] = item;

    internal bool TryTake(out T item)
    {
        item = _items[_first];
        if (Count == 0)
            return false;

        _first = (_first + 1) % _items.Length;
        Count--;
        return true;
    }

    internal void Clear() => Count = 0;
}
