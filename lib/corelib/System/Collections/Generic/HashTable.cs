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
    internal int Find(TKey key)
    {
        CheckKey(key);
        if (_buckets.Length == 0)
            return None;
        int hash = _comparer.GetHashCode(key!);
        int index = Bucket(hash) - 1;
        while (index >= 0 && !(_entries[index].Hash == hash && _comparer.Equals(_entries[index].Key, key)))
            index = _entries[index].Next;
        return index;
    }

    /// <summary>False if the key is there already; its index either way.</summary>
    internal bool TryAdd(TKey key, out int index)
    {
        index = Find(key);
        if (index >= 0)
            return false;
        if (_firstFree == None && _used == _entries.Length)
            Resize(Math.Max(FirstCapacity, 2 * _entries.Length));
        if (_firstFree != None)
        {
            index = _firstFree;
            _firstFree = _entries[index].Next;
            _freeCount--;
        }
        else
        {
            index = _used++;
        }
        ref Entry entry = ref _entries[index];
        entry.Key = key;
        entry.Hash = _comparer.GetHashCode(key!);
        entry.InUse = true;
        ref int bucket = ref Bucket(entry.Hash);
        entry.Next = bucket - 1;
        bucket = index + 1;
        _version++;
        return true;
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
        _version++;
    }

    internal void EnsureCapacity(int capacity)
    {
        if (capacity > _entries.Length)
            Resize(capacity);
    }

    private void Resize(int capacity)
    {
        Array.Resize(ref _entries, capacity);
        _buckets = new int[(int)BitOperations.RoundUpToPowerOf2((uint)capacity)];
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

    /// <summary>Walks the keys by index. Removing while walking is allowed, as in .NET; adding is noticed.</summary>
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

        internal void Reset() => Index = None;
    }
}
