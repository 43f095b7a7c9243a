namespace Kilonova.Kernel;

/// <summary>The C# side of exceptions and interrupts: entry.S calls these with the registers saved.</summary>
public static unsafe class Entry
{
    /// <summary>An exception or interrupt of user mode. The context's frame is complete and it will resume by IRET.</summary>
    [RuntimeExport("entry_handle_user")]
    public static void HandleUser(Cpu* cpu, ExecutionContext* ec, uint vector)
    {
        if (vector >= Vectors.Exceptions)
            Interrupts.Handle(cpu, vector);
        else if (vector is HostEvent.PF or HostEvent.GP)
            HandleFault(cpu, ec, vector);
        else
            Event.Send(cpu, ec, vector);
    }

    private static void HandleFault(Cpu* cpu, ExecutionContext* ec, uint vector)
    {
        if (vector == HostEvent.PF)
            ec->Registers.Cr2 = Cr.ReadCr2();
        else if (IoPermissions.TryRefresh(cpu, ec))
            return;

        Event.Send(cpu, ec, vector);
    }

    /// <summary>
    /// An exception or interrupt of the kernel, or one that has a stack of its own. Nonzero if the stack is to be abandoned: an interrupt has
    /// ended the idle wait, and the CPU looks for work; or user mode's debug exception has moved to its context, to be handled like others.
    /// </summary>
    [RuntimeExport("entry_handle_kernel")]
    public static uint HandleKernel(Registers* frame)
    {
        Cpu* cpu = Cpu.This;
        if (frame->Vector == HostEvent.DB && (frame->Cs & 3) != 0)
        {
            // The register may hold another domain's address.
            frame->Cr2 = cpu->Current->Registers.Cr2;
            Memory.Copy(&cpu->Current->Registers, frame, (nuint)sizeof(Registers));
            return 1;
        }

        if (frame->Vector < Vectors.Exceptions)
        {
            Exceptions.HandleKernel(frame);
            return 0;
        }

        bool idle = cpu->Current == cpu->Idle;
        if (idle)
            Rcu.LeaveIdle(cpu);

        Interrupts.Handle(cpu, (uint)frame->Vector);
        return idle ? 1u : 0u;
    }
}
