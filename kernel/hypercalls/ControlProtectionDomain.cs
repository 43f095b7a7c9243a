using System.Runtime;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// ctrl_pd (specification, section 5.4.1). RDI: source space, RSI: destination space, RDX: source base and order, RAX: destination base
/// and permissions, R8: memory attributes.
/// </summary>
/// <remarks>Large ranges go in bounded steps with a preemption point between; the number of selectors done is the whole state.</remarks>
public static unsafe class ControlProtectionDomain
{
    [RuntimeExport("hypercall_ctrl_pd")]
    public static void Enter(ExecutionContext* ec)
    {
        ec->Cursor.Word0 = 0;
        Continue(ec);
    }

    private static void Continue(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        KernelObject* source = Spaces.Find(ec, ec->Registers.Rdi >> HypercallRegister.SelectorShift, SpacePermissions.TAKE);
        KernelObject* destination = Spaces.Find(ec, ec->Registers.Rsi, SpacePermissions.GRANT);
        if (source == null || destination == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        ulong from = ec->Registers.Rdx >> HypercallRegister.BaseShift;
        ulong to = ec->Registers.Rax >> HypercallRegister.BaseShift;
        uint order = (uint)(ec->Registers.Rdx & HypercallRegister.OrderMask);
        uint mask = (uint)(ec->Registers.Rax & HypercallRegister.PermissionMask);
        if (order == 0 && PageDelegation.TryPerform(source, destination, from, to, mask))
        {
            ec->Registers.Rdi = (ulong)Status.SUCCESS;
            return;
        }

        Resume(ec, source, destination, from, to, order, mask);
    }

    private static void Resume(
        ExecutionContext* ec, KernelObject* source, KernelObject* destination, ulong from, ulong to, uint order, uint mask)
    {
        Delegation delegation;
        Status status = Delegation.Begin(&delegation, source, destination, from, to, order, mask, (uint)ec->Registers.R8);
        if (status != Status.SUCCESS)
        {
            ec->Registers.Rdi = (ulong)status;
            return;
        }

        delegation.Done = ec->Cursor.Word0;
        while (Delegation.Step(&delegation))
        {
            ec->Cursor.Word0 = delegation.Done;
            if (Hazards.Yield(ec, &Continue))
            {
                return;
            }
        }

        ec->Registers.Rdi = (ulong)delegation.Status;
    }
}
