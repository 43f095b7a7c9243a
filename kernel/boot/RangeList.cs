namespace Kilonova.Kernel;

/// <summary>
/// Physical address ranges, sorted and disjoint, neighbours joined. A fixed capacity: operations that would exceed it change nothing and
/// return false.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RangeList
{
    /// <summary>Most ranges that a list can hold.</summary>
    public const int Capacity = 256;

    private int _count;
    private fixed ulong _starts[Capacity];
    private fixed ulong _ends[Capacity];

    /// <summary>Number of ranges.</summary>
    public readonly int Count => _count;

    /// <summary>First address of a range, which exists.</summary>
    public readonly ulong Start(int index) => _starts[index];

    /// <summary>First address behind a range, which exists.</summary>
    public readonly ulong End(int index) => _ends[index];

    /// <summary>Forgets all ranges.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds addresses from start up to, not including, end. What is in the list already stays.</summary>
    public bool Add(ulong start, ulong end)
    {
        if (start >= end)
            return true;

        int first = 0;
        while (first < _count && _ends[first] < start)
            first++;

        int behind = first;
        while (behind < _count && _starts[behind] <= end)
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
        return true;
    }

    /// <summary>Removes addresses from start up to, not including, end.</summary>
    public bool Remove(ulong start, ulong end)
    {
        if (start >= end)
            return true;

        int index = 0;
        while (index < _count)
        {
            if (_ends[index] <= start || _starts[index] >= end)
            {
                index++;
            }
            else if (_starts[index] < start && _ends[index] > end)
            {
                if (!MakeRoom(index + 1))
                    return false;

                _starts[index + 1] = end;
                _ends[index + 1] = _ends[index];
                _ends[index] = start;
                return true;
            }
            else if (_starts[index] < start)
            {
                _ends[index] = start;
                index++;
            }
            else if (_ends[index] > end)
            {
                _starts[index] = end;
                index++;
            }
            else
            {
                Close(index, index + 1);
            }
        }

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
        for (int i = 0; i < _count; i++)
        {
            if (_starts[i] <= address && address < _ends[i])
                return i;
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MakeRoom(int index)
    {
        if (_count == Capacity)
            return false;

        for (int i = _count; i > index; i--)
        {
            _starts[i] = _starts[i - 1];
            _ends[i] = _ends[i - 1];
        }

        _count++;
        return true;
    }

    /// <summary>Takes out the ranges from the first number up to, not including, the second.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Close(int first, int behind)
    {
        int gone = behind - first;
        for (int i = behind; i < _count; i++)
        {
            _starts[i - gone] = _starts[i];
            _ends[i - gone] = _ends[i];
        }

        _count -= gone;
    }
}
