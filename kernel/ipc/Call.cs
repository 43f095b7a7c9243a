using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// ipc_call: a message to the local thread behind a portal, on the caller's time (specification, section 5.2.1). RDI: portal selector
/// and flags, RSI: message transfer descriptor.
/// </summary>
public static unsafe class Call
{
    /// <summary>
    /// The straight path: no flags, the callee waits and has no window open, one word. It keeps nothing across a call, so the compiler
    /// needs no stack frame: that is a tenth of its length.
    /// </summary>
    [RuntimeExport("hypercall_ipc_call")]
    public static void Enter(ExecutionContext* ec, Cpu* cpu)
    {
        Capability capability = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift);
        if (!capability.Is(ObjectType.Portal, (uint)PtPermissions.CALL))
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        Portal* portal = (Portal*)capability.Object;
        ExecutionContext* callee = portal->Context;
        if (callee->CpuNumber != ec->CpuNumber)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CPU;
            return;
        }

        if (callee->StateAndFlags != ExecutionContext.ReadyForPlainMessage)
        {
            Unusual(ec, callee, portal);
            return;
        }

        uint mtd = (uint)ec->Registers.Rsi;
        Connect(cpu, ec, callee, portal, mtd);
        if ((mtd & RegularMtd.WordsMinusOneMask) != 0)
        {
            FinishLong(ec, cpu, callee);
            return;
        }

        *callee->Utcb = *ec->Utcb;
        Cpu.Resume(cpu, callee);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FinishLong(ExecutionContext* ec, Cpu* cpu, ExecutionContext* callee)
    {
        Message.Transfer(ec, callee, (uint)callee->Registers.Rsi);
        Cpu.Resume(cpu, callee);
    }

    /// <summary>A call with any flag set.</summary>
    [RuntimeExport("hypercall_ipc_call_flags")]
    public static void EnterWithFlags(ExecutionContext* ec)
    {
        Capability capability = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift);
        if (!capability.Is(ObjectType.Portal, (uint)PtPermissions.CALL))
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        Portal* portal = (Portal*)capability.Object;
        if (portal->Context->CpuNumber != ec->CpuNumber)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CPU;
            return;
        }

        Unusual(ec, portal->Context, portal);
    }

    /// <summary>
    /// Links caller and callee and lets the callee start at the portal. The caller will find SUCCESS, if nothing else befalls it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Connect(Cpu* cpu, ExecutionContext* ec, ExecutionContext* callee, Portal* portal, uint mtd)
    {
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
        ec->Callee = callee;
        callee->Caller = ec;
        callee->Donor = cpu->CurrentSc->Serial;
        callee->State = EcState.Running;
        callee->Registers.Rdi = portal->Id;
        callee->Registers.Rsi = mtd;
        callee->Registers.Rip = portal->Ip;
    }

    /// <summary>Flags, windows, or a callee that cannot take the message now: then fail, or help it and try again.</summary>
    private static void Unusual(ExecutionContext* ec, ExecutionContext* callee, Portal* portal)
    {
        if (callee->State == EcState.Waiting)
        {
            Items.Call(ec, callee, portal);
        }
        else if (callee->State == EcState.Dead)
        {
            ec->Registers.Rdi = (ulong)Status.ABORTED;
        }
        else if ((ec->Registers.Rdi & (IpcCallFlags.Timeout << HypercallRegister.FlagsShift)) != 0)
        {
            ec->Registers.Rdi = (ulong)Status.TIMEOUT;
        }
        else if (!Chain.TryHelp(ec, callee))
        {
            ec->Registers.Rdi = (ulong)Status.ABORTED;
        }
        else
        {
            ec->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Retry;
            Helping.Run(Cpu.This);
        }
    }

    /// <summary>Continuation of a caller that has helped.</summary>
    private static void Retry(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        EnterWithFlags(ec);
    }
}
