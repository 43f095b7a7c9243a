// A set by hashing.
namespace System.Collections.Generic;

public class HashSet<T> : ICollection<T>, IReadOnlyCollection<T>
{
    private readonly HashTable<T> _table;

    public HashSet()
        : this((IEqualityComparer<T>?)null)
    {
    }

    public HashSet(IEqualityComparer<T>? comparer) => _table = new HashTable<T>(0, comparer);

    public HashSet(int capacity) => _table = new HashTable<T>(capacity, null);

    public HashSet(IEnumerable<T> collection)
        : this() => UnionWith(collection);

    public int Count => _table.Count;

    public bool IsReadOnly => false;

    public bool Add(T item) => _table.TryAdd(item);

    void ICollection<T>.Add(T item) => Add(item);

    public bool Contains(T item) => _table.Find(item) >= 0;

    public bool Remove(T item) => _table.Remove(item) >= 0;

    public void Clear() => _table.Clear();

    public void UnionWith(IEnumerable<T> other)
    {
        foreach (T item in other)
            Add(item);
    }

    public void ExceptWith(IEnumerable<T> other)
    {
        foreach (T item in other)
            Remove(item);
    }

    public void IntersectWith(IEnumerable<T> other)
    {
        HashSet<T> kept = new HashSet<T>(other);
        foreach (T item in this)
        {
            if (!kept.Contains(item))
                Remove(item);
        }
    }

    public bool SetEquals(IEnumerable<T> other)
    {
        HashSet<T> set = new HashSet<T>(other);
        return set.Count == Count && IsSubsetOf(set);
    }

    public bool IsSubsetOf(IEnumerable<T> other)
    {
        HashSet<T> set = other as HashSet<T> ?? new HashSet<T>(other);
        foreach (T item in this)
        {
            if (!set.Contains(item))
                return false;
        }
        return true;
    }

    public void CopyTo(T[] array, int arrayIndex)
    {
        foreach (T item in this)
            array[arrayIndex++] = item;
    }

    public Enumerator GetEnumerator() => new Enumerator(_table);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => new Enumerator(_table);

    IEnumerator IEnumerable.GetEnumerator() => new Enumerator(_table);

    public struct Enumerator : IEnumerator<T>
    {
        private HashTable<T>.Cursor _cursor;

        internal Enumerator(HashTable<T> table) => _cursor = new HashTable<T>.Cursor(table);

        public readonly T Current => _cursor.Key;

        readonly object? IEnumerator.Current => Current;

        public bool MoveNext() => _cursor.MoveNext();

        public void Reset() => _cursor.Reset();

        public readonly void Dispose()
        {
        }
    }
}
