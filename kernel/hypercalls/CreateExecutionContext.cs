namespace Kilonova.Kernel;

/// <summary>create_ec (specification, section 5.3.2). RDI: new selector and flags, RSI: owner domain, RDX: UTCB page and CPU, RAX:
/// stack pointer, R8: event selector base.</summary>
public static unsafe class CreateExecutionContext
{
    [RuntimeExport("hypercall_create_ec")]
    public static void Enter(ExecutionContext* ec) => ec->Registers.Rdi = (ulong)Create(ec);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status Create(ExecutionContext* ec)
    {
        ulong identifier = ec->Registers.Rdi;
        uint flags = (uint)(identifier >> HypercallRegister.FlagsShift) & (uint)HypercallRegister.FlagsMask;
        ulong selector = identifier >> HypercallRegister.SelectorShift;
        ProtectionDomain* domain = Creation.Owner(ec, selector, ec->Registers.Rsi, PdPermissions.EC);
        if (domain == null)
            return Status.BAD_CAP;

        bool guest = (flags & CreateEcFlags.Guest) != 0;
        if (guest && Virtualization.Kind == 0)
            return Status.BAD_FTR;

        uint cpu = (uint)(ec->Registers.Rdx & HypercallRegister.CpuMask);
        if (cpu >= Machine.CpuCount)
            return Status.BAD_CPU;

        ulong page = ec->Registers.Rdx >> HypercallRegister.BaseShift;
        if ((!guest || Virtualization.IsVmx) && (page == 0 || page >= HostSpace.UserEnd >> 12))
            return Status.BAD_PAR;

        if (domain->Objects == null || domain->Host == null || (domain->Ports == null && !guest) || domain->Killed != 0)
            return Status.ABORTED;

        bool fpu = (flags & CreateEcFlags.Fpu) != 0;
        Status status;
        ExecutionContext* created = Allocation.NewExecutionContext(domain, page, fpu, guest, &status);
        if (created == null)
            return status;

        created->CpuNumber = (ushort)cpu;
        created->Registers.Rsp = ec->Registers.Rax;
        created->EventBase = ec->Registers.R8;
        if (guest)
            Guests.Initialize(created, (flags & CreateEcFlags.Time) != 0);
        else if ((flags & CreateEcFlags.Time) != 0)
        {
            created->Flags = EcFlags.Global;
            created->State = EcState.Running;
            created->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Startup;
        }
        else
        {
            created->State = EcState.Waiting;
        }

        if (!Membership.TryJoin(domain, created))
        {
            KernelObject.Drop(&created->Head);
            return Status.ABORTED;
        }

        return Creation.Publish(ec, selector, &created->Head, (uint)EcPermissions.All);
    }

    /// <summary>A global thread's first moment: it asks its handler what to be.</summary>
    private static void Startup(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromInterrupt;
        Event.Send(Cpu.This, ec, HostEvent.Count + MicrohypervisorEvent.Startup);
    }
}
