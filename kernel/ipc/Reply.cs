namespace Kilonova.Kernel;

/// <summary>
/// ipc_reply: answers the caller, if there is one, and waits for the next message (specification, section 5.2.2). RDI: flags, RSI:
/// message transfer descriptor.
/// </summary>
public static unsafe class Reply
{
    /// <summary>Any reply. Most of those without flags do not get here: entry.S ("ipc") does the same for them.</summary>
    [RuntimeExport("hypercall_ipc_reply")]
    public static void Enter(ExecutionContext* ec, Cpu* cpu)
    {
        if ((ec->Flags & EcFlags.Global) != 0)
        {
            // A global thread has no portals: nothing will ever arrive.
            ec->State = EcState.Waiting;
            Scheduler.Stop(cpu);
        }
        else
        {
            Items.Reply(ec);
        }
    }

    /// <summary>Ends the exchange: the callee waits again; the caller goes on, if the time that is being spent came with its call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Disconnect(Cpu* cpu, ExecutionContext* ec, ExecutionContext* caller)
    {
        caller->Callee = null;
        ec->Caller = null;
        ec->State = EcState.Waiting;
        if (ec->Donor == cpu->Serial)
            Cpu.ResumeInline(cpu, caller);
        else
            Helping.Run(cpu);
    }

    /// <summary>No words are transferred: nobody waits for them, or what waits is an event.</summary>
    public static void WithoutMessage(Cpu* cpu, ExecutionContext* ec, ExecutionContext* caller)
    {
        if (caller == null)
        {
            // The caller has vanished. Whosever time this is has its own chain.
            ec->State = EcState.Waiting;
            Helping.Run(cpu);
        }
        else if ((caller->Flags & EcFlags.Guest) != 0)
        {
            Guests.Reply(cpu, ec, caller);
        }
        else
        {
            Event.Reply(cpu, ec, caller);
        }
    }
}
