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
        ulong identifier = ec->Registers.Rdi;
        KernelObject* space = Spaces.Find(ec, identifier >> HypercallRegister.SelectorShift, SpacePermissions.TAKE);
        if (space == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        Revocation revocation;
        Status status = Revocation.Begin(
            &revocation,
            space,
            ec->Registers.Rdx >> HypercallRegister.BaseShift,
            (uint)(ec->Registers.Rdx & HypercallRegister.OrderMask),
            (uint)(ec->Registers.Rax & HypercallRegister.PermissionMask),
            (ec->Registers.Rax & RevokeFlags.Self) != 0);
        if (status != Status.SUCCESS)
        {
            ec->Registers.Rdi = (ulong)status;
            return;
        }

        if (ec->Cursor.Word0 != 0)
            revocation.Next = ec->Cursor.Word0;

        ec->Registers.Rdi = (ulong)Status.SUCCESS;
        while (Revocation.Step(&revocation))
        {
            if (Hazards.MustYield(ec))
            {
                Revocation.Suspend(&revocation);
                ec->Cursor.Word0 = revocation.Next;
                ec->Registers.Rdi = identifier;
                Hazards.Leave(ec, &Continue);
                return;
            }
        }
    }
}
