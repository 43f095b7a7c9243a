using System.Runtime;
using System.Runtime.CompilerServices;
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
        if ((ec->Registers.Rdx & HypercallRegister.OrderMask) == 0 && TryPage(ec))
        {
            ec->Registers.Rdi = (ulong)Status.SUCCESS;
            return;
        }

        ec->Cursor.Word0 = 0;
        Continue(ec);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryPage(ExecutionContext* ec)
    {
        Capability source = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift);
        Capability destination = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rsi);
        return source.Is(ObjectType.HostSpace, (uint)SpacePermissions.TAKE)
            && destination.Is(ObjectType.HostSpace, (uint)SpacePermissions.GRANT)
            && PageDelegation.TryPerform(
                (HostSpace*)source.Object,
                (HostSpace*)destination.Object,
                ec->Registers.Rdx >> HypercallRegister.BaseShift,
                ec->Registers.Rax >> HypercallRegister.BaseShift,
                (uint)(ec->Registers.Rax & HypercallRegister.PermissionMask));
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
            {
                return;
            }
        }

        ec->Registers.Rdi = (ulong)delegation.Status;
    }
}
