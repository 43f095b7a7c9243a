namespace Kilonova.Kernel;

/// <summary>
/// Requests of other CPUs: a stack that any CPU pushes to and its owner empties. Nothing is allocated, nothing can be full: a request
/// that is pending already just gains a bit.
/// </summary>
/// <remarks>
/// The pusher that turns Pending from zero owns the link until the request is in the stack; the owner reads a link before it clears
/// Pending, after which the request may be pushed again. The stack's owner never pops single entries, so there is no ABA problem.
/// </remarks>
public unsafe partial struct RemoteQueue
{
    private nint _first;

    /// <summary>Asks the CPU of an execution context for an action.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Post(ExecutionContext* ec, uint action) => Post(Cpu.Of(ec->CpuNumber), &ec->Request, action);

    /// <summary>Asks the CPU of a scheduling context for an action.</summary>
    public static void Post(SchedulingContext* sc, uint action) => Post(Cpu.Of(sc->CpuNumber), &sc->Request, action);

    private static void Post(Cpu* cpu, RemoteRequest* request, uint action)
    {
        if (Interlocked.Or(ref request->Pending, action) != 0)
            return;

        if ((action & RemoteAction.Last) == 0)
            KernelObject.Hold(request->Target);

        nint first;
        do
        {
            first = Volatile.Read(ref cpu->Remote._first);
            request->Next = (RemoteRequest*)first;
        }
        while (Interlocked.CompareExchange(ref cpu->Remote._first, (nint)request, first) != first);

        if (first == 0)
            Ipi.Send(cpu->Number, Vectors.Remote);
    }

    /// <summary>Handles all requests to this CPU, oldest first.</summary>
    public static void Drain(Cpu* cpu)
    {
        RemoteRequest* newest = (RemoteRequest*)Interlocked.Exchange(ref cpu->Remote._first, 0);
        RemoteRequest* oldest = null;
        while (newest != null)
        {
            RemoteRequest* next = newest->Next;
            newest->Next = oldest;
            oldest = newest;
            newest = next;
        }

        while (oldest != null)
        {
            RemoteRequest* request = oldest;
            oldest = request->Next;
            KernelObject* target = request->Target;
            uint actions = Interlocked.Exchange(ref request->Pending, 0);
            if (target->Type == ObjectType.ExecutionContext)
                Lifecycle.Act(cpu, (ExecutionContext*)target, actions);
            else
                Lifecycle.Act(cpu, (SchedulingContext*)target, actions);

            if ((actions & RemoteAction.Last) == 0)
                KernelObject.Drop(target);
        }
    }
}
