using System.Numerics;

namespace Kilonova.Kernel;

/// <summary>The scheduling contexts of one CPU that could run: a list per priority, and a bitmap of the lists that are not empty.</summary>
public unsafe partial struct ReadyQueue
{
    [InlineArray(SchedulingContext.Priorities)]
    private struct Lists
    {
        private ScQueue _first;
    }

    private ulong _low;
    private ulong _high;
    private Lists _lists;

    /// <summary>The highest priority that is ready; 0 if none.</summary>
    public readonly int Highest => _high != 0 ? 127 - BitOperations.LeadingZeroCount(_high) : _low != 0 ? 63 - BitOperations.LeadingZeroCount(_low) : 0;

    public void Append(SchedulingContext* sc)
    {
        _lists[sc->Priority].Append(sc);
        Mark(sc->Priority);
    }

    public void Prepend(SchedulingContext* sc)
    {
        _lists[sc->Priority].Prepend(sc);
        Mark(sc->Priority);
    }

    public void Remove(SchedulingContext* sc)
    {
        ref ScQueue list = ref _lists[sc->Priority];
        list.Remove(sc);
        if (list.First == null)
            Unmark(sc->Priority);
    }

    /// <summary>Takes the context that has waited longest at the highest priority; null if none is ready.</summary>
    public SchedulingContext* Take()
    {
        int priority = Highest;
        if (priority == 0)
            return null;

        ref ScQueue list = ref _lists[priority];
        SchedulingContext* sc = list.Take();
        if (list.First == null)
            Unmark(priority);

        return sc;
    }

    private void Mark(int priority)
    {
        if (priority < 64)
            _low |= 1ul << priority;
        else
            _high |= 1ul << (priority - 64);
    }

    private void Unmark(int priority)
    {
        if (priority < 64)
            _low &= ~(1ul << priority);
        else
            _high &= ~(1ul << (priority - 64));
    }
}
