using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// ipc_reply: answers the caller, if there is one, and waits for the next message (specification, section 5.2.2). RDI: flags, RSI:
/// message transfer descriptor.
/// </summary>
public static unsafe class Reply
{
    /// <summary>The straight path: no flags; a caller that made a plain call; one word. See <see cref="Call.Enter"/>.</summary>
    [RuntimeExport("hypercall_ipc_reply")]
    public static void Enter(ExecutionContext* ec, Cpu* cpu)
    {
        ExecutionContext* caller = ec->Caller;
        if (caller == null || (caller->Flags & (EcFlags.InEvent | EcFlags.Window)) != 0)
        {
            Unusual(ec, caller);
            return;
        }

        uint mtd = (uint)ec->Registers.Rsi;
        caller->Registers.Rsi = mtd;
        if ((mtd & RegularMtd.WordsMinusOneMask) != 0)
        {
            FinishLong(ec, cpu, caller);
            return;
        }

        *caller->Utcb = *ec->Utcb;
        Disconnect(cpu, ec, caller);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FinishLong(ExecutionContext* ec, Cpu* cpu, ExecutionContext* caller)
    {
        Message.Transfer(ec, caller, (uint)caller->Registers.Rsi);
        Disconnect(cpu, ec, caller);
    }

    /// <summary>A reply with items or windows.</summary>
    [RuntimeExport("hypercall_ipc_reply_flags")]
    public static void EnterWithFlags(ExecutionContext* ec)
    {
        if ((ec->Flags & EcFlags.Global) != 0)
        {
            WithoutMessage(ec, null);
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
        if (ec->Donor == cpu->CurrentSc->Serial)
        {
            Cpu.Resume(cpu, caller);
        }
        else
        {
            Helping.Run(cpu);
        }
    }

    private static void Unusual(ExecutionContext* ec, ExecutionContext* caller)
    {
        if (caller == null || (caller->Flags & EcFlags.InEvent) != 0)
        {
            WithoutMessage(ec, caller);
        }
        else
        {
            Items.Reply(ec);
        }
    }

    /// <summary>No words are transferred: nobody waits for them, or what waits is an event.</summary>
    public static void WithoutMessage(ExecutionContext* ec, ExecutionContext* caller)
    {
        if ((ec->Flags & EcFlags.Global) != 0)
        {
            // A global thread has no portals: nothing will ever arrive.
            ec->State = EcState.Waiting;
            Scheduler.Stop(Cpu.This);
        }
        else if (caller == null)
        {
            // The caller has vanished. Whosever time this is has its own chain.
            ec->State = EcState.Waiting;
            Helping.Run(Cpu.This);
        }
        else
        {
            Event.Reply(ec, caller);
        }
    }
}
