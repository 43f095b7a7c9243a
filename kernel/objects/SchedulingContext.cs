namespace Kilonova.Kernel;

/// <summary>Where a scheduling context is. Changed on its own CPU only.</summary>
public enum ScState : byte
{
    /// <summary>Created, not yet started on its CPU.</summary>
    New,

    /// <summary>In the ready queue.</summary>
    Ready,

    /// <summary>Its time is being spent.</summary>
    Running,

    /// <summary>In the <see cref="ExecutionContext.Waiters"/> of a blocked context.</summary>
    Waiting,

    /// <summary>Reserved time is used up until the next replenishment (a timeout).</summary>
    Depleted,

    /// <summary>Its last capability is gone, or the context it would run is dead.</summary>
    Stopped,
}

/// <summary>
/// The scheduling context (specification, section 2.3): priority and budget, bound to a CPU and a global thread. Everything but the head
/// and <see cref="Request"/> is touched on its own CPU only.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SchedulingContext
{
    /// <summary>Number of priorities; 0 is the idle context's own.</summary>
    public const int Priorities = 128;

    public KernelObject Head;

    /// <summary>Never given to another scheduling context, unlike the address: tells whether a message came with this one's time.</summary>
    public ulong Serial;

    public uint CpuNumber;

    public byte Priority;

    public ScState State;

    /// <summary>The global thread that the time is for. The scheduling context holds a reference.</summary>
    public ExecutionContext* Context;

    /// <summary>Neighbours in the ready queue or in a context's <see cref="ExecutionContext.Waiters"/>.</summary>
    public SchedulingContext* Next;

    public SchedulingContext* Previous;

    /// <summary>What is left of the slice, or of the usable refill, in ticks.</summary>
    public ulong Left;

    /// <summary>Slice length, or reserved budget per period, in ticks.</summary>
    public ulong Budget;

    /// <summary>Length of the period in ticks; 0 for round robin.</summary>
    public ulong Period;

    /// <summary>Total time consumed, in ticks of the STC (ctrl_sc). Read by other CPUs.</summary>
    public ulong Used;

    /// <summary>The blocked context whose <see cref="ExecutionContext.Waiters"/> hold this one, in state <see cref="ScState.Waiting"/>.</summary>
    public ExecutionContext* WaitsFor;

    /// <summary>Reserved time: pending replenishments.</summary>
    public RefillQueue Refills;

    /// <summary>Wakes a depleted context.</summary>
    public Timeout Timeout;

    /// <summary>Start and stop requests from other CPUs.</summary>
    public RemoteRequest Request;

    public readonly bool IsReserved => Period != 0;
}

/// <summary>A queue of scheduling contexts in order of arrival, linked through the contexts themselves.</summary>
public unsafe struct ScQueue
{
    public SchedulingContext* First;
    public SchedulingContext* Last;

    public void Append(SchedulingContext* sc)
    {
        sc->Next = null;
        sc->Previous = Last;
        if (Last != null)
            Last->Next = sc;
        else
            First = sc;

        Last = sc;
    }

    public void Prepend(SchedulingContext* sc)
    {
        sc->Previous = null;
        sc->Next = First;
        if (First != null)
            First->Previous = sc;
        else
            Last = sc;

        First = sc;
    }

    /// <summary>Takes the first one of a queue that is not empty.</summary>
    public SchedulingContext* Take()
    {
        SchedulingContext* sc = First;
        SchedulingContext* next = sc->Next;
        First = next;
        if (next != null)
            next->Previous = null;
        else
            Last = null;

        return sc;
    }

    public void Remove(SchedulingContext* sc)
    {
        if (sc->Previous != null)
            sc->Previous->Next = sc->Next;
        else
            First = sc->Next;

        if (sc->Next != null)
            sc->Next->Previous = sc->Previous;
        else
            Last = sc->Previous;
    }
}
