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
    /// An exception or interrupt of the kernel. Nonzero if it ended the idle wait: then the stack is abandoned and the CPU looks for work.
    /// </summary>
    [RuntimeExport("entry_handle_kernel")]
    public static uint HandleKernel(TrapFrame* frame)
    {
        if (frame->Vector < Vectors.Exceptions)
        {
            Exceptions.HandleKernel(frame);
            return 0;
        }

        Cpu* cpu = Cpu.This;
        bool idle = cpu->Current == cpu->Idle;
        if (idle)
            Rcu.LeaveIdle(cpu);

        Interrupts.Handle(cpu, (uint)frame->Vector);
        return idle ? 1u : 0u;
    }
}
