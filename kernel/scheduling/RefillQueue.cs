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

    /// <summary>A piece of the budget, and when it is usable, in STC ticks.</summary>
    private struct Refill
    {
        public ulong Time;
        public ulong Amount;
    }

    /// <summary>See <see cref="CpuSet"/> for why this is no fixed buffer.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Capacity * 16)]
    private struct Refills
    {
        public Refill First;
    }

    private uint _head;
    private uint _count;
    private Refills _refills;

    /// <summary>When the first piece is usable, in STC ticks.</summary>
    public ulong FirstTime => At(0)->Time;

    /// <summary>Size of the first piece in ticks.</summary>
    public ulong FirstAmount => At(0)->Amount;

    public readonly int Count => (int)_count;

    /// <summary>The whole budget, usable from <paramref name="now"/> on.</summary>
    public void Reset(ulong now, ulong budget)
    {
        _head = 0;
        _count = 1;
        At(0)->Time = now;
        At(0)->Amount = budget;
    }

    /// <summary>
    /// Takes <paramref name="used"/> ticks, consumed up to now, from the front and schedules their return. More than the first piece
    /// holds is taken from the next ones: an overrun delays its author, nobody else.
    /// </summary>
    public void Consume(ulong used, ulong period)
    {
        while (used > 0)
        {
            Refill* first = At(0);
            ulong amount = first->Amount;
            ulong time = first->Time;
            if (used < amount)
            {
                first->Amount = amount - used;
                first->Time = time + used;
                Append(time + period, used);
                return;
            }

            used -= amount;
            _head++;
            _count--;
            Append(time + period, amount);
            if (used > 0 && FirstTime - time >= period)
            {
                // One whole budget was overrun; what remains is not worth the loop: push everything one period on.
                for (uint i = 0; i < _count; i++)
                    At(i)->Time += period;

                return;
            }
        }
    }

    /// <summary>Usable time that was not used in the past does not pile up: the first piece starts now at the earliest. Pieces
    /// that have become usable meanwhile join it.</summary>
    public void Advance(ulong now)
    {
        Refill* first = At(0);
        if (first->Time < now)
            first->Time = now;

        while (_count > 1)
        {
            Refill* next = At(1);
            if (next->Time > first->Time)
                return;

            next->Amount += first->Amount;
            next->Time = first->Time;
            first = next;
            _head++;
            _count--;
        }
    }

    private void Append(ulong time, ulong amount)
    {
        if (_count == Capacity)
        {
            Refill* last = At(_count - 1);
            last->Amount += amount;
            if (time > last->Time)
                last->Time = time;

            return;
        }

        Refill* tail = At(_count);
        tail->Time = time;
        tail->Amount = amount;
        _count++;
    }

    /// <summary>A piece by its place behind the first. (The queue lies in memory that does not move.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Refill* At(uint index) => (Refill*)Unsafe.AsPointer(ref _refills) + ((_head + index) % (uint)Capacity);
}
