namespace Kilonova.Kernel;

/// <summary>
/// Ranges of physical addresses or other resources, sorted and disjoint, each with a value; neighbours of the same value are joined. A fixed
/// capacity: operations that would exceed it change nothing and return false.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RangeList
{
    /// <summary>Most ranges that a list can hold.</summary>
    public const int Capacity = 224;

    private int _count;
    private fixed ulong _starts[Capacity];
    private fixed ulong _ends[Capacity];
    private fixed byte _values[Capacity];

    /// <summary>Number of ranges.</summary>
    public readonly int Count => _count;

    /// <summary>First address of a range, which exists.</summary>
    public readonly ulong Start(int index) => _starts[index];

    /// <summary>First address behind a range, which exists.</summary>
    public readonly ulong End(int index) => _ends[index];

    /// <summary>The value of a range, which exists.</summary>
    public readonly byte Value(int index) => _values[index];

    /// <summary>Forgets all ranges.</summary>
    public void Clear() => _count = 0;

    /// <summary>
    /// Adds addresses from start up to, not including, end. What is in the list already stays; with another value it must not overlap.
    /// </summary>
    public bool Add(ulong start, ulong end, byte value = 0)
    {
        if (start >= end)
            return true;

        int first = start == 0 ? 0 : Behind(start - 1);
        if (first < _count && _ends[first] == start && _values[first] != value)
            first++;

        int behind = first;
        while (behind < _count && _starts[behind] <= end && _values[behind] == value)
        {
            start = _starts[behind] < start ? _starts[behind] : start;
            end = _ends[behind] > end ? _ends[behind] : end;
            behind++;
        }

        if (behind == first && !MakeRoom(first))
            return false;

        if (behind > first + 1)
            Close(first + 1, behind);

        _starts[first] = start;
        _ends[first] = end;
        _values[first] = value;
        return true;
    }

    /// <summary>Removes addresses from start up to, not including, end.</summary>
    public bool Remove(ulong start, ulong end)
    {
        if (start >= end)
            return true;

        // What ends behind the start and begins before the end; of the first something may remain before, of the last behind.
        int first = Behind(start);
        int behind = first;
        while (behind < _count && _starts[behind] < end)
            behind++;

        if (behind == first)
            return true;

        bool before = _starts[first] < start;
        bool after = _ends[behind - 1] > end;
        if (before && after && behind == first + 1)
        {
            if (!MakeRoom(first))
                return false;

            behind++;
        }

        if (before)
            _ends[first++] = start;

        if (after)
            _starts[--behind] = end;

        Close(first, behind);
        return true;
    }

    /// <summary>Whether every address from start up to, not including, end is in the list.</summary>
    public readonly bool Contains(ulong start, ulong end)
    {
        int index = Find(start);
        return start >= end || (index >= 0 && _ends[index] >= end);
    }

    /// <summary>Number of the range that contains an address, or -1.</summary>
    public readonly int Find(ulong address)
    {
        int index = Behind(address);
        return index < _count && _starts[index] <= address ? index : -1;
    }

    /// <summary>Number of the first range that ends behind an address; that of all ranges if there is none.</summary>
    public readonly int Behind(ulong address)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ends[middle] <= address)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Doubles a range, or makes room for one at the end.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MakeRoom(int index)
    {
        if (_count == Capacity)
            return false;

        for (int i = _count; i > index; i--)
            Copy(i, i - 1);

        _count++;
        return true;
    }

    /// <summary>Takes out the ranges from the first number up to, not including, the second.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Close(int first, int behind)
    {
        int gone = behind - first;
        for (int i = behind; i < _count; i++)
            Copy(i - gone, i);

        _count -= gone;
    }

    private void Copy(int to, int from)
    {
        _starts[to] = _starts[from];
        _ends[to] = _ends[from];
        _values[to] = _values[from];
    }
}
