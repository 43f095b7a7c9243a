namespace Kilonova.Kernel;

/// <summary>What a CPU does before it returns to user mode when a mark says that the straight way out is not allowed.</summary>
public static unsafe class Hazards
{
    /// <summary>Called by the exit path with the current context, whose register frame is complete but for Complete().</summary>
    [RuntimeExport("hazards_handle")]
    public static void Handle(ExecutionContext* ec)
    {
        Cpu* cpu = Cpu.This;
        uint hazard = cpu->Hazard;
        if ((hazard & Hazard.Remote) != 0)
        {
            Interlocked.And(ref cpu->Hazard, ~Hazard.Remote);
            RemoteQueue.Drain(cpu);
        }

        if ((hazard & Hazard.Rcu) != 0)
        {
            Interlocked.And(ref cpu->Hazard, ~Hazard.Rcu);
            Rcu.Quiescent(cpu);
        }

        if ((cpu->Hazard & Hazard.Reschedule) != 0)
        {
            Scheduler.Preempt(cpu);
            return;
        }

        if (cpu->Current != ec)
            return;

        if (ec->Hazard != 0 && (nuint)ec->Continuation <= (nuint)ExecutionContext.ReturnFromInterrupt)
        {
            // Only on the way out: a continuation in the kernel finishes its operation first.
            ec->Hazard = 0;
            ArchitecturalState.Complete(ec);
            Event.Send(cpu, ec, HostEvent.Count + MicrohypervisorEvent.Recall);
        }
    }

    /// <summary>
    /// A preemption point of a long operation of <paramref name="ec"/>: lets interrupts in, and if somebody else should run now, makes
    /// <paramref name="continuation"/> the way back and gives up the CPU. True if so: the caller returns at once and holds no pointer.
    /// </summary>
    public static bool Yield(ExecutionContext* ec, delegate*<ExecutionContext*, void> continuation)
    {
        if (!MustYield())
            return false;

        Leave(ec, continuation);
        return true;
    }

    /// <summary>The first half of <see cref="Yield"/>: lets interrupts in and says whether the CPU must be given up.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool MustYield()
    {
        Assembly.InterruptWindow();
        return Volatile.Read(ref Cpu.This->Hazard) != 0;
    }

    /// <summary>The second half: nothing may be held.</summary>
    public static void Leave(ExecutionContext* ec, delegate*<ExecutionContext*, void> continuation)
    {
        ec->Continuation = (nint)continuation;
        Handle(ec);
    }
}
