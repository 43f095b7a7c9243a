namespace Kilonova.Kernel;

/// <summary>ctrl_sm (specification, section 5.4.5). RDI: selector and flags, RSI: absolute timeout in STC ticks, 0 for none.</summary>
public static unsafe class ControlSemaphore
{
    private const ulong Down = CtrlSmFlags.Down << HypercallRegister.FlagsShift;
    private const ulong Zero = CtrlSmFlags.Zero << HypercallRegister.FlagsShift;

    /// <summary>The straight way. It keeps nothing across a call, so the compiler needs no stack frame.</summary>
    [RuntimeExport("hypercall_ctrl_sm")]
    public static void Enter(ExecutionContext* ec, Cpu* cpu)
    {
        ulong identifier = ec->Registers.Rdi;
        ulong selector = identifier >> HypercallRegister.SelectorShift;
        if (selector < ObjectSpace.NearSelectors)
        {
            Capability capability = ObjectSpace.LookupNear(ec->Objects, selector);
            Semaphore* sm = (Semaphore*)capability.Object;
            if ((identifier & Down) == 0)
            {
                if (capability.Is(ObjectType.Semaphore, (uint)SmPermissions.CTRL_UP) && Interlocked.Exchange(ref sm->Held, 1) == 0)
                {
                    Semaphore.UpLocked(sm, ec, cpu);
                    return;
                }
            }
            else if (capability.Is(ObjectType.Semaphore, (uint)SmPermissions.CTRL_DN) && sm->InterruptPlusOne == 0
                && Interlocked.Exchange(ref sm->Held, 1) == 0)
            {
                Semaphore.DownLocked(sm, ec, cpu, identifier & Zero);
                return;
            }
        }

        EnterSlowly(ec, cpu);
    }

    private static void EnterSlowly(ExecutionContext* ec, Cpu* cpu)
    {
        ulong identifier = ec->Registers.Rdi;
        bool down = (identifier & Down) != 0;
        Semaphore* sm = (Semaphore*)ObjectSpace.FindObject(
            ec->Objects,
            identifier >> HypercallRegister.SelectorShift,
            ObjectType.Semaphore,
            (uint)(down ? SmPermissions.CTRL_DN : SmPermissions.CTRL_UP));
        if (sm == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        if (down && sm->InterruptPlusOne != 0 && !Interrupts.Acknowledge(sm->InterruptPlusOne - 1, ec->CpuNumber))
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CPU;
            return;
        }

        sm->Lock.Acquire();
        if (down)
            Semaphore.DownLocked(sm, ec, cpu, identifier & Zero);
        else
            Semaphore.UpLocked(sm, ec, cpu);
    }
}
