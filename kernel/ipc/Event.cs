namespace Kilonova.Kernel;

/// <summary>
/// Events: exceptions, startup and recall reach a handler as a message with architectural state, through the portal at the affected
/// context's event selector base plus the event's number (specification, sections 4.4.2 and 8.6).
/// </summary>
public static unsafe class Event
{
    /// <summary>
    /// Sends an event of <paramref name="ec"/>, which is current and whose register frame is complete. Without a portal that can take
    /// it on this CPU the context is killed. This is the straight way, which needs no stack frame; the rest is in SendSlowly.
    /// </summary>
    public static void Send(Cpu* cpu, ExecutionContext* ec, uint number)
    {
        ulong selector = ec->EventBase + number;
        if (selector < ObjectSpace.NearSelectors)
        {
            Capability capability = ObjectSpace.LookupNear(ec->Objects, selector);
            Portal* portal = (Portal*)capability.Object;
            if (capability.Is(ObjectType.Portal, (uint)PtPermissions.EVENT) && portal->Context->Readiness == cpu->Number
                && ec->Depth != Chain.Deepest)
            {
                Deliver(cpu, ec, portal->Context, portal);
                return;
            }
        }

        SendSlowly(cpu, ec, number);
    }

    /// <summary>The long way, for host and guest contexts alike.</summary>
    public static void SendSlowly(Cpu* cpu, ExecutionContext* ec, uint number)
    {
        Capability capability = ObjectSpace.Lookup(ec->Objects, ec->EventBase + number);
        Portal* portal = (Portal*)capability.Object;
        ExecutionContext* callee = capability.Is(ObjectType.Portal, (uint)PtPermissions.EVENT) ? portal->Context : null;
        if (callee == null || callee->CpuNumber != cpu->Number || callee->State == EcState.Dead || ec->Depth == Chain.Deepest)
        {
            Die(cpu, ec, number);
        }
        else if (callee->State == EcState.Waiting)
        {
            Connect(cpu, ec, callee, portal);
            if ((ec->Flags & EcFlags.Guest) != 0)
                Guests.Deliver(cpu, ec, callee);
            else
                SaveAll(cpu, ec, callee);
        }
        else if (Chain.TryHelp(cpu->CurrentSc, ec, callee))
        {
            ec->EventNumber = number;
            ec->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Retry;
            Helping.Run(cpu);
        }
        else
        {
            Die(cpu, ec, number);
        }
    }

    /// <summary>Links the affected context with the handler and lets that start at the portal. What remains is to give it the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Connect(Cpu* cpu, ExecutionContext* ec, ExecutionContext* callee, Portal* portal)
    {
        ec->Callee = callee;
        ec->Flags |= EcFlags.InEvent;
        callee->Caller = ec;
        callee->Donor = cpu->Serial;
        callee->Position = (ushort)(ec->Position + ExecutionContext.OneDeeper);
        callee->Registers.Rdi = portal->Id;
        callee->Registers.Rsi = portal->Mtd;
        callee->Registers.Rip = portal->Ip;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Deliver(Cpu* cpu, ExecutionContext* ec, ExecutionContext* callee, Portal* portal)
    {
        uint mtd = portal->Mtd;
        Connect(cpu, ec, callee, portal);
        if (((Mtd)mtd & ArchitecturalState.General) != 0)
        {
            SaveAll(cpu, ec, callee);
            return;
        }

        ArchitecturalState.Save(&ec->Registers, callee->Utcb, (Mtd)mtd);
        Cpu.ResumeInline(cpu, callee);
    }

    /// <summary>Gives the handler, which is linked to the affected context, whatever its descriptor selects.</summary>
    private static void SaveAll(Cpu* cpu, ExecutionContext* ec, ExecutionContext* callee)
    {
        Mtd mtd = (Mtd)(uint)callee->Registers.Rsi;
        ArchitecturalState.CopyGeneral(&ec->Registers, callee->Utcb, mtd, true);
        ArchitecturalState.Save(&ec->Registers, callee->Utcb, mtd);
        Cpu.Resume(cpu, callee);
    }

    /// <summary>The handler's reply: its UTCB's state goes into the affected context, as the handler's MTD says.</summary>
    [RuntimeExport("event_reply")]
    public static void Reply(Cpu* cpu, ExecutionContext* ec, ExecutionContext* caller)
    {
        if (((Mtd)(uint)ec->Registers.Rsi & ArchitecturalState.General) != 0)
            LoadAll(cpu, ec, caller);
        else
            Finish(cpu, ec, caller);
    }

    private static void LoadAll(Cpu* cpu, ExecutionContext* ec, ExecutionContext* caller)
    {
        ArchitecturalState.CopyGeneral(&caller->Registers, ec->Utcb, (Mtd)(uint)ec->Registers.Rsi, false);
        Finish(cpu, ec, caller);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Cpu* cpu, ExecutionContext* ec, ExecutionContext* caller)
    {
        caller->Flags &= ~EcFlags.InEvent;
        caller->Continuation = ExecutionContext.ReturnFromInterrupt;
        if (ArchitecturalState.Load(&caller->Registers, ec->Utcb, (Mtd)(uint)ec->Registers.Rsi))
            Kernel.Reply.Disconnect(cpu, ec, caller);
        else
            Kill(cpu, ec, caller);
    }

    /// <summary>The handler wants the affected context, which is linked to it, to die.</summary>
    public static void Kill(Cpu* cpu, ExecutionContext* ec, ExecutionContext* caller)
    {
        caller->Callee = null;
        ec->Caller = null;
        ec->State = EcState.Waiting;
        Death.Strike(cpu, caller);
        Helping.Run(cpu);
    }

    /// <summary>Continuation of a context that has helped its event's handler.</summary>
    private static void Retry(ExecutionContext* ec)
    {
        ec->Continuation = (ec->Flags & EcFlags.Guest) == 0
            ? ExecutionContext.ReturnFromInterrupt
            : (nint)(delegate*<ExecutionContext*, void>)&Guests.Run;
        SendSlowly(Cpu.This, ec, ec->EventNumber);
    }

    private static void Die(Cpu* cpu, ExecutionContext* ec, uint number)
    {
        Death.Report(ec, number);
        Death.Strike(cpu, ec);
        Helping.Run(cpu);
    }
}
