namespace Kilonova.Kernel;

/// <summary>
/// ipc_call: a message to the local thread behind a portal, on the caller's time (specification, section 5.2.1). RDI: portal selector
/// and flags, RSI: message transfer descriptor.
/// </summary>
public static unsafe class Call
{
    /// <summary>Any call. Most of those without flags do not get here: entry.S ("ipc") does the same for them.</summary>
    [RuntimeExport("hypercall_ipc_call")]
    public static void Enter(ExecutionContext* ec)
    {
        Capability capability = ObjectSpace.LookupInline(ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift);
        Status status = Status.BAD_CAP;
        if (capability.Is(ObjectType.Portal, (uint)PtPermissions.CALL))
        {
            Portal* portal = (Portal*)capability.Object;
            ExecutionContext* callee = portal->Context;
            if (callee->CpuNumber != ec->CpuNumber)
            {
                status = Status.BAD_CPU;
            }
            else if (callee->State == EcState.Waiting && ec->Depth != Chain.Deepest)
            {
                Items.Call(ec, callee, portal);
                return;
            }
            else if (callee->State is EcState.Waiting or EcState.Dead)
            {
                status = Status.ABORTED;
            }
            else if ((ec->Registers.Rdi & (IpcCallFlags.Timeout << HypercallRegister.FlagsShift)) != 0)
            {
                status = Status.TIMEOUT;
            }
            else if (!Chain.TryHelp(Cpu.This->CurrentSc, ec, callee))
            {
                status = Status.ABORTED;
            }
            else
            {
                ec->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Retry;
                Helping.Run(Cpu.This);
                return;
            }
        }

        ec->Registers.Rdi = (ulong)status;
    }

    /// <summary>
    /// Links caller and callee and lets the callee start at the portal. What the caller will find, the reply or the callee's death decides.
    /// </summary>
    public static void Connect(Cpu* cpu, ExecutionContext* ec, ExecutionContext* callee, Portal* portal, uint mtd)
    {
        ec->Callee = callee;
        callee->Caller = ec;
        callee->Donor = cpu->Serial;
        callee->Position = (ushort)(ec->Position + ExecutionContext.OneDeeper);
        callee->Registers.Rdi = portal->Id;
        callee->Registers.Rsi = mtd;
        callee->Registers.Rip = portal->Ip;
    }

    /// <summary>Continuation of a caller that has helped.</summary>
    private static void Retry(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        Enter(ec);
    }
}
