namespace Kilonova.Kernel;

/// <summary>
/// Makes and unmakes kernel objects: memory from slabs, charged to an account before it is taken, credited when it comes back.
/// </summary>
public static unsafe class Allocation
{
    public static Portal* NewPortal(Quota* quota) =>
        (Portal*)ChargedMemory.TryTakeObject(quota, ObjectType.Portal, (uint)sizeof(Portal));

    public static Semaphore* NewSemaphore(Quota* quota) =>
        (Semaphore*)ChargedMemory.TryTakeObject(quota, ObjectType.Semaphore, (uint)sizeof(Semaphore));

    public static SchedulingContext* NewSchedulingContext(Quota* quota) =>
        (SchedulingContext*)ChargedMemory.TryTakeObject(quota, ObjectType.SchedulingContext, (uint)sizeof(SchedulingContext));

    /// <summary>A domain that draws on <paramref name="quota"/> until it gets memory of its own.</summary>
    public static ProtectionDomain* NewProtectionDomain(Quota* quota)
    {
        ProtectionDomain* domain = (ProtectionDomain*)ChargedMemory.TryTakeObject(
            quota, ObjectType.ProtectionDomain, (uint)sizeof(ProtectionDomain));
        if (domain != null)
            domain->Account = quota;

        return domain;
    }

    /// <summary>A context without domain, UTCB and rights: a CPU's idle context. Its FPU state is the initial one.</summary>
    public static ExecutionContext* NewIdleContext(Quota* quota)
    {
        ExecutionContext* ec = NewContext(quota);
        if (ec != null)
            ec->FpuState = ChargedMemory.TryTakePage(quota);

        return ec == null || ec->FpuState == null ? null : ec;
    }

    /// <summary>An empty space of a kind that is supported.</summary>
    public static KernelObject* NewSpace(Quota* quota, CreatePdOperation kind) => kind switch
    {
        CreatePdOperation.ObjectSpace => (KernelObject*)ObjectSpace.Create(quota),
        CreatePdOperation.HostSpace => (KernelObject*)HostSpace.Create(quota),
        CreatePdOperation.GuestSpace => (KernelObject*)HostSpace.Create(quota, ObjectType.GuestSpace),
        CreatePdOperation.DmaSpace => (KernelObject*)HostSpace.Create(quota, ObjectType.DmaSpace),
        CreatePdOperation.PioSpace => (KernelObject*)PioSpace.Create(quota),
        _ => (KernelObject*)MsrSpace.Create(quota),
    };

    /// <summary>
    /// A context of <paramref name="domain"/> with its UTCB, or a guest's vAPIC page, at <paramref name="page"/>. Holds the domain. Null, and
    /// why: BAD_PAR if the page is taken, MEM_OBJ if there is no memory or quota.
    /// </summary>
    public static ExecutionContext* NewExecutionContext(ProtectionDomain* domain, ulong page, bool fpu, bool guest, Status* status)
    {
        Quota* quota = domain->Account;
        *status = Status.MEM_OBJ;
        ExecutionContext* ec = NewContext(quota);
        if (ec == null)
            return null;

        bool hasPage = !guest || Virtualization.IsVmx;
        ec->Utcb = hasPage ? (ulong*)ChargedMemory.TryTakePage(quota) : null;
        ec->FpuState = fpu ? ChargedMemory.TryTakePage(quota) : null;
        ec->Virtual = guest ? Guests.TryNew(quota) : null;
        Status mapped = (hasPage && ec->Utcb == null) || (fpu && ec->FpuState == null) || (guest && ec->Virtual == null)
            ? Status.MEM_OBJ
            : !hasPage ? Status.SUCCESS : HostSpace.InsertKernelPage(domain->Host, page, DirectMap.ToPhysical(ec->Utcb), writable: true);
        if (mapped != Status.SUCCESS)
        {
            *status = mapped == Status.BAD_PAR ? Status.BAD_PAR : Status.MEM_OBJ;
            FreeMemory(ec, guest);
            return null;
        }

        if (fpu)
        {
            Fpu.Reset(ec->FpuState);
            ec->FpuSelf = guest ? Fpu.SelfOfGuest(ec) : ec;
        }

        KernelObject.Hold(&domain->Head);
        ec->Domain = domain;
        ec->Objects = domain->Objects;
        ec->Host = domain->Host;
        ec->Ports = domain->Ports;
        ec->UtcbPage = page;
        ec->Registers.Cs = Selectors.UserCode;
        ec->Registers.Ss = Selectors.UserData;
        ec->Registers.Rflags = HypercallRegister.Rflags;
        ec->Request.Target = &ec->Head;
        ec->Timeout.Owner = &ec->Head;
        ec->Timeout.Kind = TimeoutKind.Semaphore;
        return ec;
    }

    /// <summary>The memory of an object that has nothing else.</summary>
    public static void Free(KernelObject* o, uint size) => ChargedMemory.Return(o->Quota, o, size);

    /// <summary>The domain's memory; its own account, if it has one, ends when nothing is charged to it any more.</summary>
    public static void Free(ProtectionDomain* domain)
    {
        if (domain->Account != domain->Head.Quota)
            Quota.Close(domain->Account);

        Free(&domain->Head, (uint)sizeof(ProtectionDomain));
    }

    /// <summary>The context's memory and its UTCB, which nobody can reach any more when this returns.</summary>
    public static void Free(ExecutionContext* ec)
    {
        if (ec->Utcb != null)
            HostSpace.RemoveKernelPage(ec->Host, ec->UtcbPage, DirectMap.ToPhysical(ec->Utcb));

        FreeMemory(ec, (ec->Flags & EcFlags.Guest) != 0);
    }

    private static void FreeMemory(ExecutionContext* ec, bool guest)
    {
        Quota* quota = ec->Head.Quota;
        if (guest && ec->Virtual != null)
            Guests.Free(quota, ec->Virtual);

        ChargedMemory.ReturnPage(quota, ec->Utcb);
        ChargedMemory.ReturnPage(quota, ec->FpuState);
        Free(&ec->Head, (uint)sizeof(ExecutionContext));
    }

    private static ExecutionContext* NewContext(Quota* quota) =>
        (ExecutionContext*)ChargedMemory.TryTakeObject(quota, ObjectType.ExecutionContext, (uint)sizeof(ExecutionContext));
}
