using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Fuzz;

/// <summary>
/// What runs in a hostile component: its threads issue one hypercall after the other. The code uses no static data: it sees the program's
/// image read-only, its own stacks, and its <see cref="Control"/> page.
/// </summary>
internal static unsafe class Hostile
{
    private const ulong MostExceptions = 30;

    /// <summary>A global thread.</summary>
    internal static void Drive(nint argument)
    {
        var control = (Control*)argument;
        control->Threads++;
        Dice dice = new(control->Seed + control->Threads);
        while (control->Calls < control->Limit)
            Shoot(control, ref dice);

        // Nobody ups this one; without the capability the thread ends by an exception.
        _ = new Semaphore(Layout.Never).Down();
        *(ulong*)0 = 0;
    }

    /// <summary>A local thread that anybody calls: makes hypercalls of its own, then answers.</summary>
    internal static void Serve(ulong identifier, uint mtd)
    {
        var control = (Control*)ThreadBlock.Current->Argument;
        control->Served++;
        Dice dice = new(control->Seed + (control->Served << 20));
        for (var shots = dice.Below(4); shots != 0 && control->Calls < control->Limit; shots--)
            Shoot(control, ref dice);

        SyscallRegisters registers;
        HypercallMaker.Reply(control, ref dice, &registers, Server.Utcb);
        Count(control, Hypercall.ipc_reply);
        Syscall.IpcReply(&registers, ThreadBlock.EntryStack);
    }

    /// <summary>The local thread behind the component's event portals: threads start over, until it is enough.</summary>
    internal static void Handle(ulong identifier, uint mtd)
    {
        var control = (Control*)ThreadBlock.Current->Argument;
        var state = Server.State;
        if (identifier == HostEvent.Count + MicrohypervisorEvent.Recall)
        {
            Dice dice = new(control->Seed ^ control->Calls);
            Server.Resume(dice.OneIn(8) ? (Mtd)(uint)dice.Next() & (Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS) : 0);
        }

        if (identifier != HostEvent.Count + MicrohypervisorEvent.Startup && ++control->Exceptions > MostExceptions)
            Server.Resume(Mtd.POISON);

        var region = state->RSP & ~(StackLayout.Size - 1);
        state->RIP = (ulong)(delegate*<nint, void>)&Drive;
        state->RDI = (ulong)control;
        state->RSP = ThreadBlock.EntryStackOf(region);
        Server.Resume(Mtd.RIP | Mtd.GPR0_7);
    }

    private static void Shoot(Control* control, ref Dice dice)
    {
        SyscallRegisters registers;
        HypercallMaker.Make(control, ref dice, &registers, ThreadBlock.Current->Utcb);
        Count(control, (Hypercall)(registers.Rdi & HypercallRegister.NumberMask));
        var status = Syscall.Invoke(&registers);
        control->Statuses[status & 15]++;
    }

    private static void Count(Control* control, Hypercall number)
    {
        control->Calls++;
        control->Numbers[(uint)number]++;
    }
}
