namespace Kilonova.Kernel;

/// <summary>create_sc (specification, section 5.3.3; reserved time: docs/abi.md). RDI: new selector, RSI: owner domain, RDX: context,
/// RAX: scheduling context descriptor.</summary>
public static unsafe class CreateSchedulingContext
{
    [RuntimeExport("hypercall_create_sc")]
    public static void Enter(ExecutionContext* ec) => ec->Registers.Rdi = (ulong)Create(ec);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status Create(ExecutionContext* ec)
    {
        ulong selector = ec->Registers.Rdi >> HypercallRegister.SelectorShift;
        ProtectionDomain* domain = Creation.Owner(ec, selector, ec->Registers.Rsi, PdPermissions.SC);
        ExecutionContext* context = (ExecutionContext*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rdx, ObjectType.ExecutionContext, (uint)EcPermissions.BIND_SC);
        if (domain == null || context == null || (context->Flags & EcFlags.Global) == 0)
            return Status.BAD_CAP;

        ulong descriptor = ec->Registers.Rax;
        uint budget = (uint)(descriptor & Scd.BudgetMask);
        uint priority = (uint)((descriptor >> Scd.PriorityShift) & Scd.PriorityMask);
        bool reserved = (descriptor & Scd.Reserved) != 0;
        uint period = reserved ? (uint)((descriptor >> Scd.PeriodShift) & Scd.PeriodMask) : 0;
        if (budget == 0 || priority == 0 || ((descriptor >> Scd.ClassOfServiceShift) & Scd.ClassOfServiceMask) != 0
            || (reserved && period < budget))
        {
            return Status.BAD_PAR;
        }

        if (context->State == EcState.Dead)
            return Status.ABORTED;

        SchedulingContext* sc = Allocation.NewSchedulingContext(domain->Account);
        if (sc == null)
            return Status.MEM_OBJ;

        Initialize(sc, context, (byte)priority);
        sc->Budget = reserved ? Machine.MicrosecondsToTicks(budget) : Machine.MillisecondsToTicks(budget);
        sc->Left = sc->Budget;
        sc->Period = Machine.MicrosecondsToTicks(period);

        // Its own reference carries it to its CPU, whatever happens to the capability meanwhile.
        KernelObject.Hold(&sc->Head);
        Status status = Creation.Publish(ec, selector, &sc->Head, (uint)ScPermissions.CTRL);
        if (status == Status.SUCCESS)
        {
            Cpu* cpu = Cpu.This;
            if (sc->CpuNumber == cpu->Number)
                Lifecycle.Start(cpu, sc);
            else
                RemoteQueue.Post(sc, RemoteAction.Start);
        }

        KernelObject.Drop(&sc->Head);
        return status;
    }

    /// <summary>Binds a new scheduling context, zeroed but for its head, to a context. Takes a reference to the context.</summary>
    public static void Initialize(SchedulingContext* sc, ExecutionContext* context, byte priority)
    {
        KernelObject.Hold(&context->Head);
        sc->Context = context;
        sc->CpuNumber = context->CpuNumber;
        sc->Priority = priority;
        sc->Serial = (ulong)System.Threading.Interlocked.Increment(ref s_serial);
        sc->State = ScState.New;
        sc->Request.Target = &sc->Head;
        sc->Timeout.Owner = &sc->Head;
        sc->Timeout.Kind = TimeoutKind.Replenishment;
    }

    private static long s_serial;
}
