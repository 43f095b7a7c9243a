using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// Recursive revocation (docs/abi.md, Extensions). RDI: space, RDX: range, RAX: permissions to withdraw and whether from the range
/// itself too.
/// </summary>
public static unsafe class RevokeRange
{
    public static void Begin(ExecutionContext* ec)
    {
        ec->Cursor.Word0 = 0;
        Continue(ec);
    }

    private static void Continue(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        KernelObject* space = Spaces.Find(ec, ec->Registers.Rdi >> HypercallRegister.SelectorShift, SpacePermissions.TAKE);
        if (space == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        ulong done = ec->Cursor.Word0;
        while (true)
        {
            Status status = Revocation.Step(
                space,
                ec->Registers.Rdx >> HypercallRegister.BaseShift,
                (uint)(ec->Registers.Rdx & HypercallRegister.OrderMask),
                (uint)(ec->Registers.Rax & HypercallRegister.PermissionMask),
                (ec->Registers.Rax & RevokeFlags.Self) != 0,
                ref done);
            if (done == Delegation.Finished)
            {
                ec->Registers.Rdi = (ulong)status;
                return;
            }

            ec->Cursor.Word0 = done;
            if (Hazards.Yield(ec, &Continue))
            {
                return;
            }
        }
    }
}
