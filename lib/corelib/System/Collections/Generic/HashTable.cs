// Keys in an array with one chain per bucket: the common part of Dictionary and HashSet, which keep what belongs to a key at its index.
using System.Numerics;

namespace System.Collections.Generic;

internal sealed class HashTable<TKey>
{
    private const int FirstCapacity = 4;
    private const int None = -1;

    private readonly IEqualityComparer<TKey> _comparer;

    // Index of a chain's first entry plus one; 0 is an empty chain.
    private int[] _buckets;
    private Entry[] _entries;
    private int _used;
    private int _firstFree;
    private int _freeCount;
    private int _version;

    private struct Entry
    {
        internal TKey Key;
        internal int Hash;

        /// <summary>Next of the chain or of the free list; <see cref="None"/> ends either.</summary>
        internal int Next;
        internal bool InUse;
    }

    internal HashTable(int capacity, IEqualityComparer<TKey>? comparer)
    {
        _comparer = comparer ?? EqualityComparer<TKey>.Default;
        _firstFree = None;
        _buckets = Array.Empty<int>();
        _entries = Array.Empty<Entry>();
        if (capacity > 0)
            Resize(capacity);
    }

    internal int Count => _used - _freeCount;

    /// <summary>Larger than every index that was handed out so far.</summary>
    internal int Capacity => _entries.Length;

    internal IEqualityComparer<TKey> Comparer => _comparer;

    /// <summary>The key's index, or -1.</summary>
    internal int Find(TKey key) => Find(key, Hash(key));

    internal int Find(TKey key, int hash)
    {
        if (_buckets.Length == 0)
            return None;
        int index = Bucket(hash) - 1;
        while (index >= 0 && !(_entries[index].Hash == hash && _comparer.Equals(_entries[index].Key, key)))
            index = _entries[index].Next;
        return index;
    }

    internal int Hash(TKey key)
    {
        CheckKey(key);
        return _comparer.GetHashCode(key!);
    }

    /// <summary>Adds the key unless it is there.</summary>
    internal bool TryAdd(TKey key)
    {
        int hash = Hash(key);
        if (Find(key, hash) >= 0)
            return false;
        Reserve();
        Add(key, hash);
        return true;
    }

    /// <summary>Makes room for one more key. Whoever keeps values beside the keys grows after this and before <see cref="Add"/>.</summary>
    internal void Reserve()
    {
        if (_firstFree == None && _used == _entries.Length)
            Resize(Math.Max(FirstCapacity, 2 * _entries.Length));
    }

    /// <summary>Puts in a key that is not there, into the room that <see cref="Reserve"/> made; returns its index. Throws nothing.</summary>
    internal int Add(TKey key, int hash)
    {
        int index = _firstFree;
        if (index != None)
        {
            _firstFree = _entries[index].Next;
            _freeCount--;
        }
        else
        {
            index = _used++;
        }
        ref Entry entry = ref _entries[index];
        entry.Key = key;
        entry.Hash = hash;
        entry.InUse = true;
        ref int bucket = ref Bucket(hash);
        entry.Next = bucket - 1;
        bucket = index + 1;
        _version++;
        return index;
    }

    /// <summary>The index that the key had, or -1.</summary>
    internal int Remove(TKey key)
    {
        int index = Find(key);
        if (index < 0)
            return None;
        ref Entry entry = ref _entries[index];
        ref int bucket = ref Bucket(entry.Hash);
        if (bucket == index + 1)
        {
            bucket = entry.Next + 1;
        }
        else
        {
            int previous = bucket - 1;
            while (_entries[previous].Next != index)
                previous = _entries[previous].Next;
            _entries[previous].Next = entry.Next;
        }
        entry.Key = default!;
        entry.InUse = false;
        entry.Next = _firstFree;
        _firstFree = index;
        _freeCount++;
        return index;
    }

    internal void Clear()
    {
        Array.Clear(_buckets);
        Array.Clear(_entries);
        _used = 0;
        _firstFree = None;
        _freeCount = 0;
    }

    internal void EnsureCapacity(int capacity)
    {
        if (capacity > _entries.Length)
            Resize(capacity);
    }

    private void Resize(int capacity)
    {
        Entry[] entries = _entries;
        Array.Resize(ref entries, capacity);
        _buckets = new int[(int)BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _entries = entries;
        for (int i = 0; i < _used; i++)
        {
            ref Entry entry = ref _entries[i];
            if (!entry.InUse)
                continue;
            ref int bucket = ref Bucket(entry.Hash);
            entry.Next = bucket - 1;
            bucket = i + 1;
        }
        _version++;
    }

    // The high bits of a product with an odd constant depend on all bits of the hash.
    private ref int Bucket(int hash) =>
        ref _buckets[(int)(((ulong)((uint)hash * 0x9e37_79b1u) * (uint)_buckets.Length) >> 32)];

    private static void CheckKey(TKey key)
    {
        if (key is null)
            ThrowHelper.ThrowArgumentNull(nameof(key));
    }

    /// <summary>Walks the keys by index. Removing and clearing while walking are allowed, as in .NET; adding is noticed.</summary>
    internal struct Cursor
    {
        private readonly HashTable<TKey> _table;
        private readonly int _version;
        internal int Index;

        internal Cursor(HashTable<TKey> table)
        {
            _table = table;
            _version = table._version;
            Index = None;
        }

        internal readonly TKey Key => _table._entries[Index].Key;

        internal bool MoveNext()
        {
            if (_version != _table._version)
                ThrowHelper.ThrowEnumerationChanged();
            while (Index < _table._used)
            {
                if (++Index < _table._used && _table._entries[Index].InUse)
                    return true;
            }
            return false;
        }

        internal void Reset()
        {
            if (_version != _table._version)
                ThrowHelper.ThrowEnumerationChanged();
            Index = None;
        }
    }
}
