using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// Events: exceptions, startup and recall reach a handler as a message with architectural state, through the portal at the affected
/// context's event selector base plus the event's number (specification, sections 4.4.2 and 8.6).
/// </summary>
public static unsafe class Event
{
    /// <summary>
    /// Sends an event of <paramref name="ec"/>, which is current and whose register frame is complete. Without a portal that can take
    /// it on this CPU the context is killed.
    /// </summary>
    public static void Send(Cpu* cpu, ExecutionContext* ec, uint number)
    {
        Capability capability = ObjectSpace.Lookup(ec->Objects, ec->EventBase + number);
        if (!capability.Is(ObjectType.Portal, (uint)PtPermissions.EVENT))
        {
            Die(cpu, ec, number);
            return;
        }

        Portal* portal = (Portal*)capability.Object;
        ExecutionContext* callee = portal->Context;
        if (callee->CpuNumber != cpu->Number || callee->State == EcState.Dead)
        {
            Die(cpu, ec, number);
            return;
        }

        if (callee->State != EcState.Waiting)
        {
            if (!Chain.TryHelp(ec, callee))
            {
                Die(cpu, ec, number);
                return;
            }

            ec->EventNumber = number;
            ec->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Retry;
            Helping.Run(cpu);
            return;
        }

        uint mtd = portal->Mtd;
        ec->Callee = callee;
        ec->Flags |= EcFlags.InEvent;
        callee->Caller = ec;
        callee->Donor = cpu->CurrentSc->Serial;
        callee->State = EcState.Running;
        callee->Continuation = ExecutionContext.ReturnFromHypercall;
        callee->Registers.Rdi = portal->Id;
        callee->Registers.Rsi = mtd;
        callee->Registers.Rip = portal->Ip;
        ArchitecturalState.Save(&ec->Registers, callee->Utcb, (Mtd)mtd);
        Cpu.Resume(cpu, callee);
    }

    /// <summary>The handler's reply: its UTCB's state goes into the affected context, as the handler's MTD says.</summary>
    public static void Reply(ExecutionContext* ec, ExecutionContext* caller)
    {
        Mtd mtd = (Mtd)(uint)ec->Registers.Rsi;
        caller->Flags &= ~EcFlags.InEvent;
        caller->Continuation = ExecutionContext.ReturnFromInterrupt;
        bool survives = ArchitecturalState.Load(&caller->Registers, ec->Utcb, mtd);
        if (survives)
        {
            Kernel.Reply.Disconnect(Cpu.This, ec, caller);
            return;
        }

        Cpu* cpu = Cpu.This;
        caller->Callee = null;
        ec->Caller = null;
        ec->State = EcState.Waiting;
        Death.Strike(cpu, caller);
        Helping.Run(cpu);
    }

    /// <summary>Continuation of a context that has helped its event's handler.</summary>
    private static void Retry(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromInterrupt;
        Send(Cpu.This, ec, ec->EventNumber);
    }

    private static void Die(Cpu* cpu, ExecutionContext* ec, uint number)
    {
        Death.Report(ec, number);
        Death.Strike(cpu, ec);
        Helping.Run(cpu);
    }
}
