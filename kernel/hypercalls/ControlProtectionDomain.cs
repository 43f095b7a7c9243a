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
        // One object capability and one page, the most frequent cases, need no place to go on from.
        ObjectSpace* objects = ec->Objects;
        Capability source = ObjectSpace.LookupInline(objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift);
        Capability destination = ObjectSpace.LookupInline(objects, ec->Registers.Rsi);
        if (source.Is(ObjectType.ObjectSpace, (uint)SpacePermissions.TAKE)
            && destination.Is(ObjectType.ObjectSpace, (uint)SpacePermissions.GRANT)
            && (ec->Registers.Rdx & HypercallRegister.OrderMask) == 0)
        {
            ObjectDelegation.Delegate(
                (ObjectSpace*)source.Object,
                ec->Registers.Rdx >> HypercallRegister.BaseShift,
                (ObjectSpace*)destination.Object,
                ec->Registers.Rax >> HypercallRegister.BaseShift,
                ec->Registers.Rax | ~HypercallRegister.PermissionMask,
                &ec->Registers.Rdi);
            return;
        }

        EnterRange(ec, source, destination);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void EnterRange(ExecutionContext* ec, Capability source, Capability destination)
    {
        if ((ec->Registers.Rdx & HypercallRegister.OrderMask) == 0
            && source.Is(ObjectType.HostSpace, (uint)SpacePermissions.TAKE)
            && (destination.Is(ObjectType.HostSpace, (uint)SpacePermissions.GRANT)
                || destination.Is(ObjectType.GuestSpace, (uint)SpacePermissions.GRANT))
            && PageDelegation.TryPerform(
                (HostSpace*)source.Object,
                (HostSpace*)destination.Object,
                ec->Registers.Rdx >> HypercallRegister.BaseShift,
                ec->Registers.Rax >> HypercallRegister.BaseShift,
                (uint)(ec->Registers.Rax & HypercallRegister.PermissionMask)))
        {
            ec->Registers.Rdi = (ulong)Status.SUCCESS;
            return;
        }

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

        Delegation delegation;
        Status status = Delegation.Begin(
            &delegation,
            source,
            destination,
            ec->Registers.Rdx >> HypercallRegister.BaseShift,
            ec->Registers.Rax >> HypercallRegister.BaseShift,
            (uint)(ec->Registers.Rdx & HypercallRegister.OrderMask),
            (uint)(ec->Registers.Rax & HypercallRegister.PermissionMask),
            (uint)ec->Registers.R8);
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
                return;
        }

        ec->Registers.Rdi = (ulong)delegation.Status;
    }
}
