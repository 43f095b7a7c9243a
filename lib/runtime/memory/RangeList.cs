using System;

namespace Kilonova.Runtime;

/// <summary>
/// Free ranges of page numbers, sorted and merged, in an array that the owner provides. Not safe for several threads at once.
/// Operations cost time linear in the number of ranges.
/// </summary>
public unsafe struct RangeList
{
    /// <summary>One free range.</summary>
    public struct PageRange
    {
        /// <summary>First page.</summary>
        public ulong First;

        /// <summary>First page behind it.</summary>
        public ulong End;
    }

    private readonly PageRange* _ranges;
    private readonly int _capacity;
    private int _count;

    /// <summary>An empty list that keeps its ranges in memory of the caller.</summary>
    public RangeList(PageRange* storage, int capacity)
    {
        _ranges = storage;
        _capacity = capacity;
        _count = 0;
    }

    /// <summary>Number of separate ranges.</summary>
    public readonly int Count => _count;

    /// <summary>Number of free pages.</summary>
    public readonly ulong Pages
    {
        get
        {
            ulong pages = 0;
            for (var i = 0; i < _count; i++)
                pages += _ranges[i].End - _ranges[i].First;

            return pages;
        }
    }

    /// <summary>A range by its place.</summary>
    public readonly PageRange this[int index] => _ranges[index];

    /// <summary>Adds pages, which may touch but, apart from those already free, belong to nobody. False when the list is full.</summary>
    public bool Add(ulong first, ulong end)
    {
        if (first >= end)
            return true;

        // [from, to) are the ranges that touch or overlap the new one; they become one.
        var from = 0;
        while (from < _count && _ranges[from].End < first)
            from++;

        var to = from;
        while (to < _count && _ranges[to].First <= end)
        {
            first = Math.Min(first, _ranges[to].First);
            end = Math.Max(end, _ranges[to].End);
            to++;
        }

        if (!Resize(from, to, 1))
            return false;

        _ranges[from].First = first;
        _ranges[from].End = end;
        return true;
    }

    /// <summary>Takes pages out, free or not. False when splitting a range needs more room than the list has; then nothing changed.</summary>
    public bool Remove(ulong first, ulong end)
    {
        if (first >= end)
            return true;

        var from = 0;
        while (from < _count && _ranges[from].End <= first)
            from++;

        var to = from;
        while (to < _count && _ranges[to].First < end)
            to++;

        if (from == to)
            return true;

        var left = _ranges[from].First;
        var right = _ranges[to - 1].End;
        var keepLeft = left < first;
        var keepRight = right > end;
        if (!Resize(from, to, (keepLeft ? 1 : 0) + (keepRight ? 1 : 0)))
            return false;

        if (keepLeft)
        {
            _ranges[from].First = left;
            _ranges[from++].End = first;
        }

        if (keepRight)
        {
            _ranges[from].First = end;
            _ranges[from].End = right;
        }

        return true;
    }

    /// <summary>Takes pages from the lowest range that has them.</summary>
    /// <param name="pages">Number of pages, at least 1.</param>
    /// <param name="alignment">A power of two; the first page is a multiple of it.</param>
    /// <param name="first">The first page.</param>
    /// <returns>False when no range is large enough.</returns>
    public bool TryTake(ulong pages, ulong alignment, out ulong first)
    {
        for (var i = 0; i < _count; i++)
        {
            first = (_ranges[i].First + alignment - 1) & ~(alignment - 1);
            if (first >= _ranges[i].First && first < _ranges[i].End && _ranges[i].End - first >= pages && Remove(first, first + pages))
                return true;
        }

        first = 0;
        return false;
    }

    // Replaces the ranges [from, to) by so many uninitialised ones.
    private bool Resize(int from, int to, int replacement)
    {
        var shift = replacement - (to - from);
        if (_count + shift > _capacity)
            return false;

        if (shift < 0)
        {
            for (var i = to; i < _count; i++)
                _ranges[i + shift] = _ranges[i];
        }
        else if (shift > 0)
        {
            for (var i = _count - 1; i >= to; i--)
                _ranges[i + shift] = _ranges[i];
        }

        _count += shift;
        return true;
    }
}
