// A hash table: an array of entries, chained per bucket. Enumerates in order of insertion as long as nothing is removed, as .NET's does.
using System.Diagnostics.CodeAnalysis;

namespace System.Collections.Generic;

public class Dictionary<TKey, TValue> : IDictionary<TKey, TValue>, IReadOnlyDictionary<TKey, TValue>
    where TKey : notnull
{
    private readonly HashTable<TKey> _keys;
    private TValue[] _values;

    // Made once: nothing is ever collected.
    private KeyCollection? _keyView;
    private ValueCollection? _valueView;

    public Dictionary()
        : this(0, null)
    {
    }

    public Dictionary(int capacity)
        : this(capacity, null)
    {
    }

    public Dictionary(IEqualityComparer<TKey>? comparer)
        : this(0, comparer)
    {
    }

    public Dictionary(int capacity, IEqualityComparer<TKey>? comparer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _keys = new HashTable<TKey>(capacity, comparer);
        _values = new TValue[_keys.Capacity];
    }

    public Dictionary(IEnumerable<KeyValuePair<TKey, TValue>> collection)
        : this()
    {
        foreach (KeyValuePair<TKey, TValue> pair in collection)
            Add(pair.Key, pair.Value);
    }

    public int Count => _keys.Count;

    public bool IsReadOnly => false;

    public IEqualityComparer<TKey> Comparer => _keys.Comparer;

    public TValue this[TKey key]
    {
        get
        {
            int index = _keys.Find(key);
            if (index < 0)
                ThrowHelper.ThrowKeyNotFound();
            return _values[index];
        }

        set => Insert(key, value, replace: true);
    }

    public KeyCollection Keys => _keyView ??= new KeyCollection(this);

    public ValueCollection Values => _valueView ??= new ValueCollection(this);

    ICollection<TKey> IDictionary<TKey, TValue>.Keys => Keys;

    ICollection<TValue> IDictionary<TKey, TValue>.Values => Values;

    IEnumerable<TKey> IReadOnlyDictionary<TKey, TValue>.Keys => Keys;

    IEnumerable<TValue> IReadOnlyDictionary<TKey, TValue>.Values => Values;

    public void Add(TKey key, TValue value)
    {
        if (!Insert(key, value, replace: false))
            ThrowHelper.ThrowArgument("An item with the same key has already been added.");
    }

    public bool TryAdd(TKey key, TValue value) => Insert(key, value, replace: false);

    void ICollection<KeyValuePair<TKey, TValue>>.Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    public bool ContainsKey(TKey key) => _keys.Find(key) >= 0;

    public bool ContainsValue(TValue value)
    {
        foreach (KeyValuePair<TKey, TValue> pair in this)
        {
            if (EqualityComparer<TValue>.Default.Equals(pair.Value, value))
                return true;
        }
        return false;
    }

    bool ICollection<KeyValuePair<TKey, TValue>>.Contains(KeyValuePair<TKey, TValue> item) =>
        TryGetValue(item.Key, out TValue? value) && EqualityComparer<TValue>.Default.Equals(value, item.Value);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        int index = _keys.Find(key);
        value = index < 0 ? default : _values[index];
        return index >= 0;
    }

    public TValue? GetValueOrDefault(TKey key) => TryGetValue(key, out TValue? value) ? value : default;

    public bool Remove(TKey key) => Remove(key, out _);

    public bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        int index = _keys.Remove(key);
        value = index < 0 ? default : _values[index];
        if (index >= 0)
            _values[index] = default!;
        return index >= 0;
    }

    bool ICollection<KeyValuePair<TKey, TValue>>.Remove(KeyValuePair<TKey, TValue> item) =>
        ((ICollection<KeyValuePair<TKey, TValue>>)this).Contains(item) && Remove(item.Key);

    public void Clear()
    {
        _keys.Clear();
        Array.Clear(_values);
    }

    public int EnsureCapacity(int capacity)
    {
        _keys.EnsureCapacity(capacity);
        if (_values.Length < _keys.Capacity)
            Array.Resize(ref _values, _keys.Capacity);
        return _keys.Capacity;
    }

    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex)
    {
        foreach (KeyValuePair<TKey, TValue> pair in this)
            array[arrayIndex++] = pair;
    }

    public Enumerator GetEnumerator() => new Enumerator(this);

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => new Enumerator(this);

    IEnumerator IEnumerable.GetEnumerator() => new Enumerator(this);

    private bool Insert(TKey key, TValue value, bool replace)
    {
        int hash = _keys.Hash(key);
        int index = _keys.Find(key, hash);
        if (index >= 0)
        {
            if (replace)
                _values[index] = value;
            return replace;
        }

        // Room first: a key without a value must not be left behind when memory runs out.
        _keys.Reserve();
        if (_values.Length < _keys.Capacity)
            Array.Resize(ref _values, _keys.Capacity);
        _values[_keys.Add(key, hash)] = value;
        return true;
    }

    public struct Enumerator : IEnumerator<KeyValuePair<TKey, TValue>>
    {
        private readonly Dictionary<TKey, TValue> _dictionary;
        private HashTable<TKey>.Cursor _cursor;

        internal Enumerator(Dictionary<TKey, TValue> dictionary)
        {
            _dictionary = dictionary;
            _cursor = new HashTable<TKey>.Cursor(dictionary._keys);
        }

        public readonly KeyValuePair<TKey, TValue> Current =>
            new KeyValuePair<TKey, TValue>(_cursor.Key, _dictionary._values[_cursor.Index]);

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => _cursor.MoveNext();

        public void Reset() => _cursor.Reset();

        public readonly void Dispose()
        {
        }
    }

    public sealed class KeyCollection : ReadOnlyView<TKey>
    {
        private readonly Dictionary<TKey, TValue> _dictionary;

        internal KeyCollection(Dictionary<TKey, TValue> dictionary) => _dictionary = dictionary;

        public override int Count => _dictionary.Count;

        public override bool Contains(TKey item) => _dictionary.ContainsKey(item);

        /// <summary>What foreach uses: it allocates nothing.</summary>
        public Enumerator GetEnumerator() => new Enumerator(_dictionary);

        private protected override IEnumerator<TKey> GetBoxedEnumerator() => new Enumerator(_dictionary);

        public struct Enumerator : IEnumerator<TKey>
        {
            private Dictionary<TKey, TValue>.Enumerator _pairs;

            internal Enumerator(Dictionary<TKey, TValue> dictionary) => _pairs = new Dictionary<TKey, TValue>.Enumerator(dictionary);

            public readonly TKey Current => _pairs.Current.Key;

            readonly object? IEnumerator.Current => Current;

            public bool MoveNext() => _pairs.MoveNext();

            public void Reset() => _pairs.Reset();

            public readonly void Dispose()
            {
            }
        }
    }

    public sealed class ValueCollection : ReadOnlyView<TValue>
    {
        private readonly Dictionary<TKey, TValue> _dictionary;

        internal ValueCollection(Dictionary<TKey, TValue> dictionary) => _dictionary = dictionary;

        public override int Count => _dictionary.Count;

        public override bool Contains(TValue item) => _dictionary.ContainsValue(item);

        /// <summary>What foreach uses: it allocates nothing.</summary>
        public Enumerator GetEnumerator() => new Enumerator(_dictionary);

        private protected override IEnumerator<TValue> GetBoxedEnumerator() => new Enumerator(_dictionary);

        public struct Enumerator : IEnumerator<TValue>
        {
            private Dictionary<TKey, TValue>.Enumerator _pairs;

            internal Enumerator(Dictionary<TKey, TValue> dictionary) => _pairs = new Dictionary<TKey, TValue>.Enumerator(dictionary);

            public readonly TValue Current => _pairs.Current.Value;

            readonly object? IEnumerator.Current => Current;

            public bool MoveNext() => _pairs.MoveNext();

            public void Reset() => _pairs.Reset();

            public readonly void Dispose()
            {
            }
        }
    }
}

/// <summary>A collection that shows a part of another one.</summary>
public abstract class ReadOnlyView<T> : ICollection<T>, IReadOnlyCollection<T>
{
    private protected ReadOnlyView()
    {
    }

    public abstract int Count { get; }

    public bool IsReadOnly => true;

    public abstract bool Contains(T item);

    private protected abstract IEnumerator<T> GetBoxedEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetBoxedEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetBoxedEnumerator();

    public void CopyTo(T[] array, int arrayIndex)
    {
        foreach (T item in (IEnumerable<T>)this)
            array[arrayIndex++] = item;
    }

    void ICollection<T>.Add(T item) => ThrowHelper.ThrowNotSupported("The collection is read-only.");

    void ICollection<T>.Clear() => ThrowHelper.ThrowNotSupported("The collection is read-only.");

    bool ICollection<T>.Remove(T item) => throw new NotSupportedException("The collection is read-only.");
}
