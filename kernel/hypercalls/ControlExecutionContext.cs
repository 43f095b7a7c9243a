namespace Kilonova.Kernel;

/// <summary>ctrl_ec (specification, section 5.4.2): recall. RDI: selector; flag S waits until the context has been seen in the kernel.</summary>
public static unsafe class ControlExecutionContext
{
    [RuntimeExport("hypercall_ctrl_ec")]
    public static void Enter(ExecutionContext* ec)
    {
        ulong identifier = ec->Registers.Rdi;
        ExecutionContext* target = (ExecutionContext*)ObjectSpace.FindObject(
            ec->Objects, identifier >> HypercallRegister.SelectorShift, ObjectType.ExecutionContext, (uint)EcPermissions.CTRL);
        if (target == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        Cpu* cpu = Cpu.This;
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
        if (target->CpuNumber == cpu->Number)
        {
            target->Hazard = Hazard.Recall;
            return;
        }

        RemoteQueue.Post(target, RemoteAction.Recall);
        if ((identifier & (CtrlEcFlags.Strong << HypercallRegister.FlagsShift)) != 0)
        {
            Operation.Hold(&ec->Cursor.Object, &target->Head);
            AwaitRecall(ec);
        }
    }

    /// <summary>Continuation of a strong recall: the request has been observed when its mark is gone from the target's queue place.</summary>
    private static void AwaitRecall(ExecutionContext* ec)
    {
        ExecutionContext* target = (ExecutionContext*)ec->Cursor.Object;
        while ((Volatile.Read(ref target->Request.Pending) & RemoteAction.Recall) != 0)
        {
            Tlb.Pause();
            if (Hazards.Yield(ec, &AwaitRecall))
                return;
        }

        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        Operation.Drop(&ec->Cursor.Object);
    }
}
