namespace Kilonova.Kernel;

/// <summary>create_pd (specification, section 5.3.1). RDI: new selector, kind in the flags; RSI: owner domain.</summary>
public static unsafe class CreateProtectionDomain
{
    [RuntimeExport("hypercall_create_pd")]
    public static void Enter(ExecutionContext* ec) => ec->Registers.Rdi = (ulong)Create(ec);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status Create(ExecutionContext* ec)
    {
        ulong identifier = ec->Registers.Rdi;
        CreatePdOperation kind = (CreatePdOperation)((identifier >> HypercallRegister.FlagsShift) & HypercallRegister.FlagsMask);
        ulong selector = identifier >> HypercallRegister.SelectorShift;
        if (kind > CreatePdOperation.MsrSpace)
            return Status.BAD_PAR;

        ProtectionDomain* owner = Creation.Owner(ec, selector, ec->Registers.Rsi, PdPermissions.PD);
        if (owner == null)
            return Status.BAD_CAP;

        if (kind == CreatePdOperation.ProtectionDomain)
        {
            ProtectionDomain* domain = Allocation.NewProtectionDomain(owner->Account);
            if (domain == null)
                return Status.MEM_OBJ;

            uint inherited = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rsi).Permissions;
            return Creation.Publish(ec, selector, &domain->Head, inherited);
        }

        return Spaces.IsSupported(kind) ? CreateSpace(ec, selector, owner, kind) : Status.BAD_FTR;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status CreateSpace(ExecutionContext* ec, ulong selector, ProtectionDomain* owner, CreatePdOperation kind)
    {
        if (Spaces.IsTaken(owner, kind))
            return Status.ABORTED;

        KernelObject* space = Allocation.NewSpace(owner->Account, kind);
        if (space == null)
            return Status.MEM_OBJ;

        // The slot first: a space that cannot be named must not become its domain's for ever.
        KernelObject.Hold(space);
        Status status = Creation.Publish(ec, selector, space, Spaces.Permissions(kind));
        if (status == Status.SUCCESS && !Spaces.TryBind(owner, kind, space))
        {
            ObjectSpace.Remove(ec->Objects, selector, space);
            status = Status.ABORTED;
        }

        KernelObject.Drop(space);
        return status;
    }
}
