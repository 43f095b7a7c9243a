using System;

namespace Kilonova.Sigma0;

/// <summary>
/// The machine's free pages as sorted, merged ranges in arrays of fixed size. It takes from the smallest range that is large enough. Time is
/// linear in the number of ranges; one thread at a time.
/// </summary>
public sealed class PageAllocator
{
    private readonly ulong[] _first;
    private readonly ulong[] _end;
    private int _count;

    /// <summary>An allocator without pages.</summary>
    /// <param name="capacity">Most ranges: those that are added, and one more for each allocation that is out at a time.</param>
    public PageAllocator(int capacity)
    {
        _first = new ulong[capacity];
        _end = new ulong[capacity];
    }

    /// <summary>Free pages.</summary>
    public ulong Free { get; private set; }

    /// <summary>Number of separate ranges.</summary>
    public int Ranges => _count;

    /// <summary>Adds pages, at the beginning or back from an allocation.</summary>
    /// <exception cref="InvalidOperationException">Some are free already, or there are more ranges than were announced.</exception>
    public void Add(ulong first, ulong pages)
    {
        if (pages == 0)
            return;

        var end = first + pages;
        var at = 0;
        while (at < _count && _first[at] < first)
            at++;

        if ((at > 0 && _end[at - 1] > first) || (at < _count && _first[at] < end))
            throw new InvalidOperationException("pages are free twice");

        var joinsBefore = at > 0 && _end[at - 1] == first;
        var joinsBehind = at < _count && _first[at] == end;
        if (joinsBefore && joinsBehind)
        {
            _end[at - 1] = _end[at];
            RemoveRange(at);
        }
        else if (joinsBefore)
        {
            _end[at - 1] = end;
        }
        else if (joinsBehind)
        {
            _first[at] = first;
        }
        else
        {
            InsertRange(at, first, end);
        }

        Free += pages;
    }

    /// <summary>Forgets all pages.</summary>
    public void Clear()
    {
        _count = 0;
        Free = 0;
    }

    /// <summary>Takes contiguous pages.</summary>
    /// <param name="pages">How many, at least 1.</param>
    /// <param name="alignment">A power of two; the first page is a multiple of it.</param>
    /// <param name="first">The first page.</param>
    /// <param name="limit">No page is this one or lies behind it.</param>
    /// <returns>False when no range is large enough.</returns>
    public bool TryTake(ulong pages, ulong alignment, out ulong first, ulong limit = ulong.MaxValue)
    {
        var best = -1;
        for (var i = 0; i < _count; i++)
        {
            var fits = Fitting(i, alignment, limit) >= pages;
            if (fits && (best < 0 || _end[i] - _first[i] < _end[best] - _first[best]))
                best = i;
        }

        first = 0;
        if (best < 0 || pages == 0)
            return false;

        var low = _first[best];
        var high = _end[best];
        first = Align(low, alignment);
        if (first > low && first + pages < high && _count == _first.Length)
            return false;

        RemoveRange(best);
        if (first + pages < high)
            InsertRange(best, first + pages, high);

        if (first > low)
            InsertRange(best, low, first);

        Free -= pages;
        return true;
    }

    /// <summary>Takes the largest piece that there is, up to a size: a multiple of the alignment, unless it is all that was wanted.</summary>
    /// <param name="wanted">Most pages, at least 1.</param>
    /// <param name="alignment">A power of two; the first page is a multiple of it.</param>
    /// <param name="first">The first page.</param>
    /// <param name="pages">Pages of the piece.</param>
    /// <param name="limit">No page is this one or lies behind it.</param>
    /// <returns>False when there is none.</returns>
    public bool TryTakePiece(ulong wanted, ulong alignment, out ulong first, out ulong pages, ulong limit = ulong.MaxValue)
    {
        pages = wanted;
        if (TryTake(wanted, alignment, out first, limit))
            return true;

        pages = 0;
        for (var i = 0; i < _count; i++)
            pages = Math.Max(pages, Fitting(i, alignment, limit));

        pages = Math.Min(pages, wanted) & ~(alignment - 1);
        return TryTake(pages, alignment, out first, limit);
    }

    // Pages of a range from its first aligned one to the limit.
    private ulong Fitting(int range, ulong alignment, ulong limit)
    {
        var start = Align(_first[range], alignment);
        var end = Math.Min(_end[range], limit);
        return start >= _first[range] && start < end ? end - start : 0;
    }

    private static ulong Align(ulong page, ulong alignment) => (page + alignment - 1) & ~(alignment - 1);

    private void InsertRange(int at, ulong first, ulong end)
    {
        if (_count == _first.Length)
            throw new InvalidOperationException("too many ranges");

        for (var i = _count; i > at; i--)
        {
            _first[i] = _first[i - 1];
            _end[i] = _end[i - 1];
        }

        _first[at] = first;
        _end[at] = end;
        _count++;
    }

    private void RemoveRange(int at)
    {
        _count--;
        for (var i = at; i < _count; i++)
        {
            _first[i] = _first[i + 1];
            _end[i] = _end[i + 1];
        }
    }
}
