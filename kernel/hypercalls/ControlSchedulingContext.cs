namespace Kilonova.Kernel;

/// <summary>ctrl_sc (specification, section 5.4.3). RDI: selector; RSI returns the consumed time in STC ticks.</summary>
public static unsafe class ControlSchedulingContext
{
    [RuntimeExport("hypercall_ctrl_sc")]
    public static void Enter(ExecutionContext* ec)
    {
        SchedulingContext* sc = (SchedulingContext*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift, ObjectType.SchedulingContext, (uint)ScPermissions.CTRL);
        if (sc == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        ec->Registers.Rsi = Scheduler.TimeOf(Cpu.This, sc);
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
    }
}
