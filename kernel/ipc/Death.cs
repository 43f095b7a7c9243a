namespace Kilonova.Kernel;

/// <summary>The end of an execution context: it never runs again, and everybody who waits for it is told.</summary>
public static unsafe class Death
{
    /// <summary>
    /// Kills a context of this CPU, and with it the contexts whose events it was handling. Callers get ABORTED; scheduling contexts that
    /// lead through it look for another way. If the current context may be among the dead the caller continues with Helping.Run.
    /// </summary>
    public static void Strike(Cpu* cpu, ExecutionContext* ec)
    {
        while (ec != null && ec->State != EcState.Dead)
        {
            Semaphore* sm = ec->Semaphore;
            bool wasQueued = sm != null && Semaphore.Cancel(sm, ec);
            if (ec->Timeout.IsArmed)
                cpu->Timeouts.Remove(&ec->Timeout);

            Items.Abandon(ec);
            Detach(cpu, ec);
            ec->State = EcState.Dead;

            // Here, not when its memory goes: two contexts that wait for each other would keep each other for ever.
            Operation.End(ec);
            Wakeup.ReleaseWaiters(cpu, ec);

            ExecutionContext* caller = ec->Caller;
            ec->Caller = null;
            ExecutionContext* next = null;
            if (caller != null)
            {
                caller->Callee = null;
                if ((caller->Flags & EcFlags.InEvent) != 0)
                {
                    caller->Flags &= ~EcFlags.InEvent;
                    next = caller;
                }
                else
                {
                    caller->Registers.Rdi = (ulong)Status.ABORTED;
                }
            }

            if (wasQueued)
                KernelObject.Drop(&ec->Head);

            ec = next;
        }
    }

    /// <summary>Says on the console which context ends and why.</summary>
    public static void Report(ExecutionContext* ec, uint number)
    {
        Log.Begin(LogLevel.Warning);
        Log.Write("killed: context of UTCB page $, no handler for event $ at IP $"u8, ec->UtcbPage, number, ec->Registers.Rip);
        Log.Write(" SP $ address $ error $"u8, ec->Registers.Rsp, ec->Registers.Cr2, ec->Registers.ErrorCode);
        Log.End();
    }

    /// <summary>Cuts the open call or the help of a context that ends. Time that flowed through it is redirected.</summary>
    private static void Detach(Cpu* cpu, ExecutionContext* ec)
    {
        ExecutionContext* callee = ec->Callee;
        if (callee == null)
            return;

        // Whoever waits there has come along no more than the longest chain.
        ExecutionContext* tip = callee;
        for (int length = 0; tip->Callee != null && length < Chain.LongestOfAll; length++)
            tip = tip->Callee;

        if (callee->Caller == ec)
            callee->Caller = null;

        ec->Callee = null;
        ec->Flags &= ~(EcFlags.Helping | EcFlags.InEvent);

        // Scheduling contexts that wait at the end of the chain because of this link find out when they are chosen; the others wait again.
        Wakeup.ReleaseWaiters(cpu, tip);
    }
}
