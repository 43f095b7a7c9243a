// A growing array.
using System.Collections.ObjectModel;

namespace System.Collections.Generic;

public class List<T> : IList<T>, IReadOnlyList<T>, IList
{
    private const int FirstCapacity = 4;

    private T[] _items;
    private int _size;

    // Counts changes, so that an enumerator notices them.
    private int _version;

    public List() => _items = Array.Empty<T>();

    public List(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _items = capacity == 0 ? Array.Empty<T>() : new T[capacity];
    }

    public List(IEnumerable<T> collection)
    {
        ArgumentNullException.ThrowIfNull(collection);
        _items = Array.Empty<T>();
        AddRange(collection);
    }

    public int Count => _size;

    public int Capacity
    {
        get => _items.Length;
        set
        {
            if (value < _size)
                ThrowHelper.ThrowArgumentOutOfRange(nameof(value));
            Array.Resize(ref _items, value);
        }
    }

    public bool IsReadOnly => false;

    public bool IsFixedSize => false;

    public bool IsSynchronized => false;

    public object SyncRoot => this;

    public T this[int index]
    {
        get
        {
            if ((uint)index >= (uint)_size)
                ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
            return _items[index];
        }

        set
        {
            if ((uint)index >= (uint)_size)
                ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
            _items[index] = value;
            _version++;
        }
    }

    object? IList.this[int index]
    {
        get => this[index];
        set => this[index] = (T)value!;
    }

    public void Add(T item)
    {
        _version++;
        if (_size == _items.Length)
            EnsureCapacity(_size + 1);
        _items[_size++] = item;
    }

    int IList.Add(object? value)
    {
        Add((T)value!);
        return _size - 1;
    }

    public void AddRange(IEnumerable<T> collection)
    {
        ArgumentNullException.ThrowIfNull(collection);
        if (collection is ICollection<T> counted)
        {
            int count = counted.Count;
            if (count == 0)
                return;
            EnsureCapacity(_size + count);
            counted.CopyTo(_items, _size);
            _size += count;
            _version++;
            return;
        }
        foreach (T item in collection)
            Add(item);
    }

    public int EnsureCapacity(int capacity)
    {
        if (capacity > _items.Length)
            Capacity = Math.Max(capacity, Math.Max(FirstCapacity, 2 * _items.Length));
        return _items.Length;
    }

    public void TrimExcess() => Capacity = _size;

    public void Insert(int index, T item)
    {
        if ((uint)index > (uint)_size)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
        EnsureCapacity(_size + 1);
        Array.Copy(_items, index, _items, index + 1, _size - index);
        _items[index] = item;
        _size++;
        _version++;
    }

    void IList.Insert(int index, object? value) => Insert(index, (T)value!);

    public void RemoveAt(int index)
    {
        if ((uint)index >= (uint)_size)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
        RemoveRange(index, 1);
    }

    public void RemoveRange(int index, int count)
    {
        if (index < 0)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
        if (count < 0)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(count));
        if (count > _size - index)
            ThrowHelper.ThrowArgument("Offset and length were out of bounds for the array.");
        if (count == 0)
            return;
        _size -= count;
        Array.Copy(_items, index + count, _items, index, _size - index);
        Array.Clear(_items, _size, count);
        _version++;
    }

    public bool Remove(T item)
    {
        int index = IndexOf(item);
        if (index < 0)
            return false;
        RemoveAt(index);
        return true;
    }

    void IList.Remove(object? value)
    {
        if (value is T item)
            Remove(item);
    }

    public int RemoveAll(Predicate<T> match)
    {
        ArgumentNullException.ThrowIfNull(match);
        int kept = 0;
        for (int i = 0; i < _size; i++)
        {
            if (!match(_items[i]))
                _items[kept++] = _items[i];
        }
        int removed = _size - kept;
        if (removed == 0)
            return 0;
        Array.Clear(_items, kept, removed);
        _size = kept;
        _version++;
        return removed;
    }

    public void Clear()
    {
        Array.Clear(_items, 0, _size);
        _size = 0;
        _version++;
    }

    public int IndexOf(T item) => Array.IndexOf(_items, item, 0, _size);

    int IList.IndexOf(object? value) => value is T item ? IndexOf(item) : -1;

    public bool Contains(T item) => IndexOf(item) >= 0;

    bool IList.Contains(object? value) => value is T item && Contains(item);

    public int FindIndex(Predicate<T> match)
    {
        for (int i = 0; i < _size; i++)
        {
            if (match(_items[i]))
                return i;
        }
        return -1;
    }

    public T? Find(Predicate<T> match)
    {
        int index = FindIndex(match);
        return index < 0 ? default : _items[index];
    }

    public bool Exists(Predicate<T> match) => FindIndex(match) >= 0;

    public void ForEach(Action<T> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        int version = _version;
        for (int i = 0; i < _size && version == _version; i++)
            action(_items[i]);
        if (version != _version)
            ThrowHelper.ThrowEnumerationChanged();
    }

    public void Reverse()
    {
        Array.Reverse(_items, 0, _size);
        _version++;
    }

    public void Sort() => Sort((IComparer<T>?)null);

    public void Sort(IComparer<T>? comparer)
    {
        Array.Sort(_items, 0, _size, comparer);
        _version++;
    }

    public void Sort(Comparison<T> comparison) => Sort(Comparer<T>.Create(comparison));

    public int BinarySearch(T item) => Array.BinarySearch(_items, 0, _size, item, null);

    public void CopyTo(T[] array) => CopyTo(array, 0);

    public void CopyTo(T[] array, int arrayIndex) => Array.Copy(_items, 0, array, arrayIndex, _size);

    void ICollection.CopyTo(Array array, int index) => Array.Copy(_items, 0, array, index, _size);

    public T[] ToArray() => new ReadOnlySpan<T>(_items, 0, _size).ToArray();

    public ReadOnlyCollection<T> AsReadOnly() => new ReadOnlyCollection<T>(this);

    /// <summary>The elements in place; a change of the list's size makes it stale.</summary>
    internal Span<T> AsSpan() => new Span<T>(_items, 0, _size);

    public Enumerator GetEnumerator() => new Enumerator(this);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => new Enumerator(this);

    IEnumerator IEnumerable.GetEnumerator() => new Enumerator(this);

    public struct Enumerator : IEnumerator<T>
    {
        private readonly List<T> _list;
        private readonly int _version;
        private int _next;
        private T? _current;

        internal Enumerator(List<T> list)
        {
            _list = list;
            _version = list._version;
        }

        public readonly T Current => _current!;

        readonly object? IEnumerator.Current
        {
            get
            {
                if (_next == 0 || _next > _list._size)
                    ThrowHelper.ThrowInvalidOperation("Enumeration has either not started or has already finished.");
                return _current;
            }
        }

        public bool MoveNext()
        {
            CheckVersion();
            if (_next < _list._size)
            {
                _current = _list._items[_next++];
                return true;
            }
            _next = _list._size + 1;
            _current = default;
            return false;
        }

        public void Reset()
        {
            CheckVersion();
            _next = 0;
            _current = default;
        }

        public readonly void Dispose()
        {
        }

        private readonly void CheckVersion()
        {
            if (_version != _list._version)
                ThrowHelper.ThrowEnumerationChanged();
        }
    }
}
