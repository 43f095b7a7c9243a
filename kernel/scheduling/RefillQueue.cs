namespace Kilonova.Kernel;

/// <summary>
/// The replenishments of a scheduling context with reserved time: sporadic server scheduling. What was consumed at a moment comes back
/// one period after that moment, so that over any window of a period's length no more than the budget is spent.
/// </summary>
/// <remarks>
/// The queue is ordered by time; the amounts always add up to the budget. If more pieces arise than it can hold, a new piece merges with
/// the last one and comes back at the later time of the two: late, never early.
/// </remarks>
public unsafe struct RefillQueue
{
    /// <summary>Most pieces in which a budget can be scattered.</summary>
    public const int Capacity = 8;

    [InlineArray(Capacity)]
    private struct Words
    {
        private ulong _first;
    }

    private Words _times;
    private Words _amounts;
    private byte _head;
    private byte _count;

    /// <summary>When the first piece is usable, in STC ticks.</summary>
    public readonly ulong FirstTime => _times[_head];

    /// <summary>Size of the first piece in ticks.</summary>
    public readonly ulong FirstAmount => _amounts[_head];

    public readonly int Count => _count;

    /// <summary>The whole budget, usable from <paramref name="now"/> on.</summary>
    public void Reset(ulong now, ulong budget)
    {
        _head = 0;
        _count = 1;
        _times[0] = now;
        _amounts[0] = budget;
    }

    /// <summary>
    /// Takes <paramref name="used"/> ticks, consumed up to now, from the front and schedules their return. More than the first piece
    /// holds is taken from the next ones: an overrun delays its author, nobody else.
    /// </summary>
    public void Consume(ulong used, ulong period)
    {
        while (used > 0)
        {
            ulong amount = FirstAmount;
            ulong time = FirstTime;
            if (used < amount)
            {
                _amounts[_head] = amount - used;
                _times[_head] = time + used;
                Append(time + period, used);
                return;
            }

            used -= amount;
            _head = (byte)((_head + 1) % Capacity);
            _count--;
            Append(time + period, amount);
            if (used > 0 && FirstTime - time >= period)
            {
                // One whole budget was overrun; what remains is not worth the loop: push everything one period on.
                Delay(period);
                return;
            }
        }
    }

    /// <summary>Usable time that was not used in the past does not pile up: the first piece starts now at the earliest. Pieces
    /// that have become usable meanwhile join it.</summary>
    public void Advance(ulong now)
    {
        if (FirstTime < now)
            _times[_head] = now;

        while (_count > 1)
        {
            int next = (_head + 1) % Capacity;
            if (_times[next] > _times[_head])
                return;

            ulong time = _times[_head];
            ulong amount = _amounts[_head];
            _head = (byte)next;
            _count--;
            _amounts[_head] += amount;
            _times[_head] = time;
        }
    }

    private void Append(ulong time, ulong amount)
    {
        if (_count == Capacity)
        {
            int last = (_head + _count - 1) % Capacity;
            _amounts[last] += amount;
            if (time > _times[last])
                _times[last] = time;

            return;
        }

        int tail = (_head + _count) % Capacity;
        _times[tail] = time;
        _amounts[tail] = amount;
        _count++;
    }

    private void Delay(ulong ticks)
    {
        for (int i = 0; i < _count; i++)
            _times[(_head + i) % Capacity] += ticks;
    }
}
