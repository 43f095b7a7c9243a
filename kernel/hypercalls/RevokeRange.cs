namespace Kilonova.Kernel;

/// <summary>
/// Recursive revocation (docs/abi.md, Extensions). RDI: space, RDX: range, RAX: permissions to withdraw and whether from the range
/// itself too.
/// </summary>
public static unsafe class RevokeRange
{
    public static void Begin(ExecutionContext* ec)
    {
        KernelObject* space = Spaces.Find(ec, ec->Registers.Rdi >> HypercallRegister.SelectorShift, SpacePermissions.TAKE);
        Status status = space == null
            ? Status.BAD_CAP
            : Revocation.Begin(
                &ec->Revocation,
                space,
                ec->Registers.Rdx >> HypercallRegister.BaseShift,
                (uint)(ec->Registers.Rdx & HypercallRegister.OrderMask),
                (uint)(ec->Registers.Rax & HypercallRegister.PermissionMask),
                (ec->Registers.Rax & RevokeFlags.Self) != 0);
        ec->Registers.Rdi = (ulong)status;
        if (status == Status.SUCCESS)
            Continue(ec);
    }

    private static void Continue(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        while (Revocation.Step(&ec->Revocation))
        {
            if (Hazards.MustYield())
            {
                // Marks and place stay where they are. What the caller named may be gone when its turn comes again.
                if (ec->Cursor.Object == null)
                    Operation.Hold(&ec->Cursor.Object, ec->Revocation.Space);

                Hazards.Leave(ec, &Continue);
                return;
            }
        }

        Operation.End(ec);
    }
}
