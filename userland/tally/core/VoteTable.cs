using System;

namespace Kilonova.Tally;

/// <summary>Votes for names. All memory is taken at the start. One thread uses it.</summary>
public sealed class VoteTable
{
    /// <summary>Longest name, in bytes.</summary>
    public const int MaxName = 16;

    private readonly Entry[] _entries;
    private int _count;

    private struct Entry
    {
        internal byte[] Name;
        internal int Length;
        internal ulong Votes;
    }

    /// <summary>An empty table.</summary>
    /// <param name="capacity">Most names.</param>
    public VoteTable(int capacity)
    {
        _entries = new Entry[capacity];
        for (var i = 0; i < capacity; i++)
            _entries[i].Name = new byte[MaxName];
    }

    /// <summary>Votes for all names.</summary>
    public ulong Sum { get; private set; }

    /// <summary>Adds a vote; false when there is no room for another name.</summary>
    public bool TryAdd(ReadOnlySpan<byte> name, out ulong votes)
    {
        votes = 0;
        var place = 0;
        while (place < _count && !name.SequenceEqual(_entries[place].Name.AsSpan(0, _entries[place].Length)))
            place++;

        if (place == _entries.Length || name.Length > MaxName)
            return false;

        ref var entry = ref _entries[place];
        if (place == _count)
        {
            name.CopyTo(entry.Name);
            entry.Length = name.Length;
            _count++;
        }

        votes = ++entry.Votes;
        Sum++;
        return true;
    }
}
