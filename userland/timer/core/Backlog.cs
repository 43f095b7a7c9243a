namespace Kilonova.Timer;

/// <summary>Queues of timeouts that have come and could not be told yet, one per owner, from one pool. One thread at a time.</summary>
public sealed class Backlog
{
    private const int None = -1;

    private readonly Entry[] _entries;
    private readonly Queue[] _queues;
    private int _free;

    private struct Entry
    {
        internal ulong Token;
        internal ulong Deadline;
        internal int Next;
    }

    private struct Queue
    {
        internal int First;
        internal int Last;
        internal int Count;
    }

    /// <summary>Empty queues.</summary>
    /// <param name="capacity">Most entries of all together.</param>
    /// <param name="owners">Number of owners.</param>
    public Backlog(int capacity, int owners)
    {
        _entries = new Entry[capacity];
        _queues = new Queue[owners];
        for (var i = 0; i < capacity; i++)
            _entries[i].Next = i + 1 < capacity ? i + 1 : None;
    }

    /// <summary>Entries of an owner.</summary>
    public int CountOf(int owner) => _queues[owner].Count;

    /// <summary>Adds one at the end; false when the pool is empty.</summary>
    public bool Add(int owner, ulong token, ulong deadline)
    {
        if (_free == None)
            return false;

        var entry = _free;
        _free = _entries[entry].Next;
        _entries[entry] = new Entry { Token = token, Deadline = deadline, Next = None };
        ref var queue = ref _queues[owner];
        if (queue.Count++ == 0)
            queue.First = entry;
        else
            _entries[queue.Last].Next = entry;

        queue.Last = entry;
        return true;
    }

    /// <summary>Looks at the first.</summary>
    public bool TryPeek(int owner, out ulong token, out ulong deadline)
    {
        token = deadline = 0;
        if (_queues[owner].Count == 0)
            return false;

        token = _entries[_queues[owner].First].Token;
        deadline = _entries[_queues[owner].First].Deadline;
        return true;
    }

    /// <summary>Takes the first away, which there is.</summary>
    public void Drop(int owner)
    {
        ref var queue = ref _queues[owner];
        var entry = queue.First;
        queue.First = _entries[entry].Next;
        queue.Count--;
        _entries[entry].Next = _free;
        _free = entry;
    }

    /// <summary>Takes all away.</summary>
    public void Clear(int owner)
    {
        while (_queues[owner].Count != 0)
            Drop(owner);
    }
}
