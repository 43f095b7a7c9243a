using System;

namespace Kilonova.Timer;

/// <summary>
/// Timeouts of many owners in one heap: the next is known at once, setting, moving and cancelling one costs the logarithm of their number.
/// A timeout is named by its owner and a token of the owner's choice. Timeouts of the same time come in the order in which they were set.
/// All memory is taken at the beginning; one thread at a time.
/// </summary>
public sealed class TimeoutTable
{
    private const int None = -1;
    private const ulong Spread = 0x9e37_79b9_7f4a_7c15;
    private const int HashShift = 40;

    private readonly Node[] _nodes;
    private readonly int[] _heap;
    private readonly int[] _buckets;
    private readonly int[] _counts;
    private int _free;
    private ulong _sequence;

    private struct Node
    {
        internal ulong Deadline;
        internal ulong Sequence;
        internal ulong Token;
        internal int Owner;

        /// <summary>Place in the heap.</summary>
        internal int Place;

        /// <summary>Next of the same bucket, or of the free ones.</summary>
        internal int Next;
    }

    /// <summary>An empty table.</summary>
    /// <param name="capacity">Most timeouts.</param>
    /// <param name="owners">Number of owners.</param>
    public TimeoutTable(int capacity, int owners)
    {
        _nodes = new Node[capacity];
        _heap = new int[capacity];
        _counts = new int[owners];
        var buckets = 1;
        while (buckets < capacity)
            buckets *= 2;

        _buckets = new int[buckets];
        for (var i = 0; i < buckets; i++)
            _buckets[i] = None;

        for (var i = 0; i < capacity; i++)
            _nodes[i].Next = i + 1 < capacity ? i + 1 : None;
    }

    /// <summary>Number of timeouts.</summary>
    public int Count { get; private set; }

    /// <summary>Time of the next timeout; 0 when there is none.</summary>
    public ulong NextDeadline => Count == 0 ? 0 : Math.Max(_nodes[_heap[0]].Deadline, 1);

    /// <summary>Number of an owner's timeouts.</summary>
    public int CountOf(int owner) => _counts[owner];

    /// <summary>Sets a timeout, or moves it when it is set already. False, and nothing changed, when there are too many.</summary>
    public bool TrySet(int owner, ulong token, ulong deadline)
    {
        var node = Find(owner, token);
        if (node == None)
        {
            if (Count == _heap.Length)
                return false;

            node = _free;
            _free = _nodes[node].Next;
            ref var bucket = ref _buckets[BucketOf(owner, token)];
            _nodes[node].Owner = owner;
            _nodes[node].Token = token;
            _nodes[node].Next = bucket;
            bucket = node;
            _counts[owner]++;
            _nodes[node].Place = Count;
            _heap[Count++] = node;
        }

        _nodes[node].Deadline = deadline;
        _nodes[node].Sequence = ++_sequence;
        Rise(_nodes[node].Place);
        Sink(_nodes[node].Place);
        return true;
    }

    /// <summary>Cancels a timeout; false when it is not set.</summary>
    public bool TryCancel(int owner, ulong token)
    {
        var node = Find(owner, token);
        if (node == None)
            return false;

        Remove(node);
        return true;
    }

    /// <summary>Takes the next timeout if its time has come.</summary>
    public bool TryTake(ulong now, out int owner, out ulong token, out ulong deadline)
    {
        owner = 0;
        token = deadline = 0;
        if (Count == 0 || _nodes[_heap[0]].Deadline > now)
            return false;

        var node = _heap[0];
        owner = _nodes[node].Owner;
        token = _nodes[node].Token;
        deadline = _nodes[node].Deadline;
        Remove(node);
        return true;
    }

    /// <summary>Cancels all timeouts of an owner; costs time linear in the number of all, and a logarithm for each that goes.</summary>
    public void Clear(int owner)
    {
        for (var bucket = 0; bucket < _buckets.Length && _counts[owner] != 0; bucket++)
        {
            var node = _buckets[bucket];
            while (node != None)
            {
                var next = _nodes[node].Next;
                if (_nodes[node].Owner == owner)
                    Remove(node);

                node = next;
            }
        }
    }

    private void Remove(int node)
    {
        Unlink(node);
        var place = _nodes[node].Place;
        var last = _heap[--Count];
        if (place != Count)
        {
            _heap[place] = last;
            _nodes[last].Place = place;
            Rise(place);
            Sink(_nodes[last].Place);
        }

        _counts[_nodes[node].Owner]--;
        _nodes[node].Next = _free;
        _free = node;
    }

    private void Unlink(int node)
    {
        ref var link = ref _buckets[BucketOf(_nodes[node].Owner, _nodes[node].Token)];
        while (link != node)
            link = ref _nodes[link].Next;

        link = _nodes[node].Next;
    }

    private int Find(int owner, ulong token)
    {
        var node = _buckets[BucketOf(owner, token)];
        while (node != None && (_nodes[node].Owner != owner || _nodes[node].Token != token))
            node = _nodes[node].Next;

        return node;
    }

    private int BucketOf(int owner, ulong token) => (int)(((token + (ulong)owner * Spread) * Spread >> HashShift) & (ulong)(_buckets.Length - 1));

    private bool IsBefore(int left, int right) =>
        _nodes[left].Deadline < _nodes[right].Deadline
        || (_nodes[left].Deadline == _nodes[right].Deadline && _nodes[left].Sequence < _nodes[right].Sequence);

    private void Rise(int place)
    {
        while (place != 0 && IsBefore(_heap[place], _heap[(place - 1) / 2]))
        {
            Swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }

    private void Sink(int place)
    {
        while (true)
        {
            var child = 2 * place + 1;
            if (child >= Count)
                return;

            if (child + 1 < Count && IsBefore(_heap[child + 1], _heap[child]))
                child++;

            if (!IsBefore(_heap[child], _heap[place]))
                return;

            Swap(place, child);
            place = child;
        }
    }

    private void Swap(int one, int other)
    {
        (_heap[one], _heap[other]) = (_heap[other], _heap[one]);
        _nodes[_heap[one]].Place = one;
        _nodes[_heap[other]].Place = other;
    }
}
