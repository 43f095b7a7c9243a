namespace Kilonova.Kernel;

/// <summary>ctrl_pt (specification, section 5.4.4). RDI: selector, RSI: portal identifier, RDX: message transfer descriptor.</summary>
public static unsafe class ControlPortal
{
    [RuntimeExport("hypercall_ctrl_pt")]
    public static void Enter(ExecutionContext* ec)
    {
        Portal* portal = (Portal*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift, ObjectType.Portal, (uint)PtPermissions.CTRL);
        if (portal == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        portal->Id = ec->Registers.Rsi;
        portal->Mtd = (uint)ec->Registers.Rdx;
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
    }
}
