namespace Kilonova.Kernel;

/// <summary>Hypercall 0xf: what this kernel offers beyond the specification (docs/abi.md, Extensions). The flags carry the operation.</summary>
public static unsafe class Extension
{
    private const int PageShift = 12;

    [RuntimeExport("hypercall_extension")]
    public static void Enter(ExecutionContext* ec)
    {
        // What programs probe with stays a short way in and out.
        ulong operation = (ec->Registers.Rdi >> HypercallRegister.FlagsShift) & HypercallRegister.FlagsMask;
        if (operation == 0)
            ec->Registers.Rdi = (ulong)Status.BAD_HYP;
        else
            Perform(ec, (ExtensionOperation)operation);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Perform(ExecutionContext* ec, ExtensionOperation operation)
    {
        switch (operation)
        {
            case ExtensionOperation.SetWindow:
                ec->Registers.Rdi = (ulong)SetWindow(ec);
                break;
            case ExtensionOperation.Revoke:
                RevokeRange.Begin(ec);
                break;
            case ExtensionOperation.Lookup:
                ec->Registers.Rdi = (ulong)LookUp(ec);
                break;
            case ExtensionOperation.Kill:
                KillDomain.Begin(ec);
                break;
            case ExtensionOperation.Quota:
                ec->Registers.Rdi = (ulong)MoveQuota(ec);
                break;
            case ExtensionOperation.Device:
                ec->Registers.Rdi = (ulong)ControlDevice.Perform(ec);
                break;
#if KERNEL_WALK
            case Walk.Operation:
                Walk.Enter(ec);
                break;
#endif
            default:
                ec->Registers.Rdi = (ulong)Status.BAD_HYP;
                break;
        }
    }

    /// <summary>A lasting window. The context must be bound to this CPU: its windows belong to its CPU.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status SetWindow(ExecutionContext* ec)
    {
        ExecutionContext* target = (ExecutionContext*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift, ObjectType.ExecutionContext, (uint)EcPermissions.CTRL);
        if (target == null)
            return Status.BAD_CAP;

        if (target->CpuNumber != ec->CpuNumber)
            return Status.BAD_CPU;

        if ((target->Flags & EcFlags.Guest) != 0 || !Placement.IsWindow(ec->Registers.Rax) || !Placement.IsWindow(ec->Registers.R8) || !Placement.IsWindow(ec->Registers.R9))
            return Status.BAD_PAR;

        Items.Open(target, ec->Registers.Rax, ec->Registers.R8, ec->Registers.R9);
        target->Window.Lasting = 1;
        return Status.SUCCESS;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status LookUp(ExecutionContext* ec)
    {
        KernelObject* space = Spaces.Find(ec, ec->Registers.Rdi >> HypercallRegister.SelectorShift, SpacePermissions.TAKE);
        if (space == null)
            return Status.BAD_CAP;

        ulong selector = ec->Registers.Rdx >> HypercallRegister.BaseShift;
        if (selector >= Revocation.SelectorsOf(space))
            return Status.BAD_PAR;

        CapabilityInfo info;
        CapabilityInfo.Get(space, selector, &info);
        ulong first = info.Permissions != 0 ? selector & ~((1ul << (int)info.Order) - 1) : 0;
        ec->Registers.Rdx = (first << LookupResult.BaseShift) | (info.Permissions != 0 ? info.Order : 0);
        ec->Registers.Rax = info.Permissions | ((ulong)Spaces.TypeOf(space, &info) << LookupResult.TypeShift);
        ec->Registers.R8 = info.Attributes;
        return Status.SUCCESS;
    }

    /// <summary>Moves kernel memory between two domains' accounts, and tells what the giver has and uses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status MoveQuota(ExecutionContext* ec)
    {
        ProtectionDomain* from = (ProtectionDomain*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift, ObjectType.ProtectionDomain, (uint)PdPermissions.PD);
        ProtectionDomain* to = (ProtectionDomain*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rsi, ObjectType.ProtectionDomain, (uint)PdPermissions.PD);
        if (from == null || to == null)
            return Status.BAD_CAP;

        ulong pages = ec->Registers.Rdx;
        if (pages >= 1ul << (63 - PageShift))
            return Status.BAD_PAR;

        Quota* giver = from->Account;
        if (pages != 0)
        {
            Status status = Move(giver, to, (long)(pages << PageShift));
            if (status != Status.SUCCESS)
                return status;
        }

        long available = Quota.Available(giver);
        long used = Quota.Total(giver) - available;
        ec->Registers.Rdx = available > 0 ? (ulong)available >> PageShift : 0;
        ec->Registers.Rax = used > 0 ? ((ulong)used + (1 << PageShift) - 1) >> PageShift : 0;
        return Status.SUCCESS;
    }

    /// <summary>A receiver without an account of its own gets one: from then on it stands on its own feet. The root domain's is the first.</summary>
    private static Status Move(Quota* giver, ProtectionDomain* receiver, long bytes)
    {
        Quota* account = receiver->Account;
        if (account == receiver->Head.Quota && receiver != Machine.Root)
        {
            Quota* own = Quota.Create(account);
            if (own == null)
                return Status.MEM_OBJ;

            if (Interlocked.CompareExchange(ref *(nint*)&receiver->Account, (nint)own, (nint)account) == (nint)account)
            {
                account = own;
            }
            else
            {
                Quota.Close(own);
                account = receiver->Account;
            }
        }

        return giver == account || Quota.TryMove(giver, account, bytes) ? Status.SUCCESS : Status.MEM_OBJ;
    }
}
