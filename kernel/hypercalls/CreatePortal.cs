namespace Kilonova.Kernel;

/// <summary>create_pt (specification, section 5.3.4). RDI: new selector, RSI: owner domain, RDX: context, RAX: entry point.</summary>
public static unsafe class CreatePortal
{
    [RuntimeExport("hypercall_create_pt")]
    public static void Enter(ExecutionContext* ec) => ec->Registers.Rdi = (ulong)Create(ec);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status Create(ExecutionContext* ec)
    {
        ulong selector = ec->Registers.Rdi >> HypercallRegister.SelectorShift;
        ProtectionDomain* domain = Creation.Owner(ec, selector, ec->Registers.Rsi, PdPermissions.PT);
        ExecutionContext* context = (ExecutionContext*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rdx, ObjectType.ExecutionContext, (uint)EcPermissions.BIND_PT);
        if (domain == null || context == null || (context->Flags & (EcFlags.Global | EcFlags.Guest)) != 0)
            return Status.BAD_CAP;

        // Not in the specification's list: an entry point outside user space would fault in the kernel when the portal is called.
        ulong ip = ec->Registers.Rax;
        if (ip >= HostSpace.UserEnd)
            return Status.BAD_PAR;

        if (context->State == EcState.Dead)
            return Status.ABORTED;

        Portal* portal = Allocation.NewPortal(domain->Account);
        if (portal == null)
            return Status.MEM_OBJ;

        KernelObject.Hold(&context->Head);
        portal->Context = context;
        portal->Ip = ip;
        return Creation.Publish(ec, selector, &portal->Head, (uint)PtPermissions.All);
    }
}
