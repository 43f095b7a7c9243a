namespace Kilonova.Sigma0;

/// <summary>Where a thread stands that needs time.</summary>
public enum TimeState
{
    /// <summary>An unused entry.</summary>
    Free,

    /// <summary>Asked for, and not taken by admission yet.</summary>
    Wanted,

    /// <summary>Taken: admission decides.</summary>
    Taken,

    /// <summary>Given: the thread runs.</summary>
    Given,

    /// <summary>Its component has ended; admission has not been told yet.</summary>
    Returned,
}

/// <summary>The time of one thread, as the root task knows it.</summary>
public sealed class ThreadTime
{
    /// <summary>Its number, never used again.</summary>
    public ulong Number { get; internal set; }

    /// <summary>Number of the component whose thread it is.</summary>
    public int Component { get; internal set; }

    /// <summary>The thread's CPU.</summary>
    public uint Cpu { get; internal set; }

    /// <summary>Priority asked for.</summary>
    public uint Priority { get; internal set; }

    /// <summary>Milliseconds of a turn.</summary>
    public uint Slice { get; internal set; }

    /// <summary>Where it stands.</summary>
    public TimeState State { get; internal set; }

    /// <summary>The component's own selector of the thread; 0 for time that admission gave by a session.</summary>
    public ulong Selector { get; set; }

    /// <summary>Whether admission gave it by a session of its own; the root task only looks what was used of it.</summary>
    public bool IsBySession { get; internal set; }

    /// <summary>The root task's selector of the thread; the entry keeps it. 0 until it is needed.</summary>
    public ulong Thread { get; set; }

    /// <summary>The root task's selector of the scheduling context; the entry keeps it. 0 until it is needed.</summary>
    public ulong Time { get; set; }
}

/// <summary>
/// Threads of components and their time. The root task creates no scheduling context for them: it hands the threads to admission in the
/// order in which they were asked for, and tells admission which have ended. All entries exist from the start; one thread changes them.
/// </summary>
public sealed class TimeTable
{
    /// <summary>Most threads with time.</summary>
    public const int Capacity = 512;

    /// <summary>Most of one component.</summary>
    public const int CapacityOfComponent = 128;

    private readonly ThreadTime[] _entries = new ThreadTime[Capacity];
    private ulong _lastNumber;

    /// <summary>An empty table.</summary>
    public TimeTable()
    {
        for (var i = 0; i < Capacity; i++)
            _entries[i] = new ThreadTime();
    }

    /// <summary>Entries, used or not.</summary>
    public System.ReadOnlySpan<ThreadTime> Entries => _entries;

    /// <summary>A thread wants time, or <paramref name="isBySession"/> has got it from admission.</summary>
    /// <returns>Null when there are too many, in all or of the component.</returns>
    public ThreadTime? Add(int component, uint cpu, uint priority, uint slice, bool isBySession = false)
    {
        ThreadTime? unused = null;
        var ofComponent = 0;
        foreach (var entry in _entries)
        {
            if (entry.State == TimeState.Free)
                unused ??= entry;
            else if (entry.Component == component && entry.State != TimeState.Returned)
                ofComponent++;
        }

        if (unused == null || ofComponent == CapacityOfComponent)
            return null;

        unused.Number = ++_lastNumber;
        unused.Component = component;
        unused.Cpu = cpu;
        unused.Priority = priority;
        unused.Slice = slice;
        unused.IsBySession = isBySession;
        unused.Selector = 0;
        unused.State = isBySession ? TimeState.Given : TimeState.Wanted;
        return unused;
    }

    /// <summary>The entry of a number.</summary>
    public ThreadTime? Find(ulong number)
    {
        foreach (var entry in _entries)
        {
            if (entry.State != TimeState.Free && entry.Number == number)
                return entry;
        }

        return null;
    }

    /// <summary>Takes the thread that has waited longest; null when none waits.</summary>
    public ThreadTime? TakeWanted()
    {
        ThreadTime? first = null;
        foreach (var entry in _entries)
        {
            if (entry.State == TimeState.Wanted && (first == null || entry.Number < first.Number))
                first = entry;
        }

        if (first != null)
            first.State = TimeState.Taken;

        return first;
    }

    /// <summary>Takes a thread that has ended after it was taken; its entry is free from then on.</summary>
    public bool TryTakeReturned(out ulong number)
    {
        foreach (var entry in _entries)
        {
            if (entry.State != TimeState.Returned)
                continue;

            number = entry.Number;
            entry.State = TimeState.Free;
            return true;
        }

        number = 0;
        return false;
    }

    /// <summary>Admission has decided about a thread that it took.</summary>
    /// <returns>False for any other number, and when the component has ended meanwhile: then the time goes back.</returns>
    public bool TryDecide(ulong number, bool isGiven, out ThreadTime entry)
    {
        entry = null!;
        var found = Find(number);
        if (found is not { State: TimeState.Taken })
            return false;

        found.State = isGiven ? TimeState.Given : TimeState.Free;
        entry = found;
        return true;
    }

    /// <summary>An entry is not needed any more; admission knows nothing of it, or knows that it is gone.</summary>
    public void Forget(ThreadTime entry) => entry.State = TimeState.Free;

    /// <summary>A component has ended.</summary>
    public void EndComponent(int component)
    {
        foreach (var entry in _entries)
        {
            if (entry.Component != component)
                continue;

            if (entry.State == TimeState.Wanted || entry.IsBySession)
                entry.State = TimeState.Free;
            else if (entry.State is TimeState.Taken or TimeState.Given)
                entry.State = TimeState.Returned;
        }
    }

    /// <summary>Admission has ended, and all that it gave with it: its next life is asked for the same again, in the same order.</summary>
    public void EndAdmission()
    {
        foreach (var entry in _entries)
        {
            if (entry.State == TimeState.Returned || entry.IsBySession)
                entry.State = TimeState.Free;
            else if (entry.State is TimeState.Taken or TimeState.Given)
                entry.State = TimeState.Wanted;
        }
    }
}
