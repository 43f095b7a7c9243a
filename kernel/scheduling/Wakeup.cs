namespace Kilonova.Kernel;

/// <summary>Lets blocked execution contexts go on, on whatever CPU they live.</summary>
public static unsafe class Wakeup
{
    /// <summary>
    /// Releases a context that the caller has unlinked from what it waited for (and so is the only one to release). Takes over the
    /// reference that the queue held.
    /// </summary>
    public static void Release(Cpu* cpu, ExecutionContext* ec)
    {
        if (ec->CpuNumber == cpu->Number)
            Awaken(cpu, ec);
        else
            RemoteQueue.Post(ec, RemoteAction.Wake);
    }

    /// <summary>Continues a context of this CPU: the scheduling contexts that waited with it become ready.</summary>
    public static void Awaken(Cpu* cpu, ExecutionContext* ec)
    {
        if (ec->Timeout.IsArmed)
            cpu->Timeouts.Remove(&ec->Timeout);

        if (ec->State == EcState.Blocked)
            ec->State = EcState.Running;

        ReleaseWaiters(cpu, ec);
        KernelObject.Drop(&ec->Head);
    }

    /// <summary>Makes everything ready that waited for a context which can go on, or which is dead (so that its callers learn of it).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReleaseWaiters(Cpu* cpu, ExecutionContext* ec)
    {
        while (ec->Waiters.First != null)
        {
            SchedulingContext* sc = ec->Waiters.Take();
            sc->WaitsFor = null;
            Scheduler.MakeReady(cpu, sc);
        }
    }
}
