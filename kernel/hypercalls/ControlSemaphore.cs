using System.Runtime;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>ctrl_sm (specification, section 5.4.5). RDI: selector and flags, RSI: absolute timeout in STC ticks, 0 for none.</summary>
public static unsafe class ControlSemaphore
{
    [RuntimeExport("hypercall_ctrl_sm")]
    public static void Enter(ExecutionContext* ec)
    {
        ulong identifier = ec->Registers.Rdi;
        Capability capability = ObjectSpace.Lookup(ec->Objects, identifier >> HypercallRegister.SelectorShift);
        if ((identifier & (CtrlSmFlags.Down << HypercallRegister.FlagsShift)) == 0)
        {
            ec->Registers.Rdi = capability.Is(ObjectType.Semaphore, (uint)SmPermissions.CTRL_UP)
                ? (ulong)Semaphore.Up((Semaphore*)capability.Object)
                : (ulong)Status.BAD_CAP;
            return;
        }

        if (!capability.Is(ObjectType.Semaphore, (uint)SmPermissions.CTRL_DN))
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        Down(ec, (Semaphore*)capability.Object, (identifier & (CtrlSmFlags.Zero << HypercallRegister.FlagsShift)) != 0);
    }

    private static void Down(ExecutionContext* ec, Semaphore* sm, bool zero)
    {
        if (sm->InterruptPlusOne != 0 && !Interrupts.Acknowledge(sm->InterruptPlusOne - 1, ec->CpuNumber))
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CPU;
            return;
        }

        // Stands unless whoever ends the wait writes another status: that can happen on another CPU as soon as the context is queued.
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
        if (Semaphore.TryDown(sm, ec, zero))
        {
            return;
        }

        Cpu* cpu = Cpu.This;
        ulong deadline = ec->Registers.Rsi;
        if (deadline != 0)
        {
            cpu->Timeouts.Insert(&ec->Timeout, deadline);
        }

        Scheduler.WaitFor(cpu, ec);
    }
}
