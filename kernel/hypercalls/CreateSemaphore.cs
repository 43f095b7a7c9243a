namespace Kilonova.Kernel;

/// <summary>create_sm (specification, section 5.3.5). RDI: new selector, RSI: owner domain, RDX: initial counter.</summary>
public static unsafe class CreateSemaphore
{
    [RuntimeExport("hypercall_create_sm")]
    public static void Enter(ExecutionContext* ec) => ec->Registers.Rdi = (ulong)Create(ec);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status Create(ExecutionContext* ec)
    {
        ulong selector = ec->Registers.Rdi >> HypercallRegister.SelectorShift;
        ProtectionDomain* domain = Creation.Owner(ec, selector, ec->Registers.Rsi, PdPermissions.SM);
        if (domain == null)
            return Status.BAD_CAP;

        Semaphore* sm = Allocation.NewSemaphore(domain->Account);
        if (sm == null)
            return Status.MEM_OBJ;

        Semaphore.Initialize(sm, ec->Registers.Rdx, 0);
        return Creation.Publish(ec, selector, &sm->Head, (uint)(SmPermissions.CTRL_UP | SmPermissions.CTRL_DN));
    }
}
