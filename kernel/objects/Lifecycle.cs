namespace Kilonova.Kernel;

/// <summary>The end of kernel objects: from the last reference over a grace period to memory given back.</summary>
/// <remarks>
/// Destructors run as RCU callbacks, on any CPU, with interrupts off. What is bound to a CPU is torn down there. Work without a bound is
/// cut into steps: a step that leaves something asks for another grace period and goes on then.
/// </remarks>
public static unsafe class Lifecycle
{
    /// <summary>Waiters released, or entries of a space dropped, per step.</summary>
    private const int Step = 32;

    /// <summary>Retires an object whose last reference is gone.</summary>
    public static void Retire(KernelObject* o) => Rcu.Call(&o->Rcu, Destructor(o->Type));

    /// <summary>Carries out what other CPUs ask for about an execution context of this CPU.</summary>
    public static void Act(Cpu* cpu, ExecutionContext* ec, uint actions)
    {
        if ((actions & RemoteAction.Wake) != 0)
            Wakeup.Awaken(cpu, ec);

        if ((actions & RemoteAction.Recall) != 0)
            ec->Hazard = Hazard.Recall;

        if ((actions & RemoteAction.Die) != 0)
            Kill(cpu, ec);

        if ((actions & RemoteAction.Destroy) != 0)
            Destroy(cpu, ec);
    }

    /// <summary>Carries out what other CPUs ask for about a scheduling context of this CPU.</summary>
    public static void Act(Cpu* cpu, SchedulingContext* sc, uint actions)
    {
        if ((actions & RemoteAction.Start) != 0)
            Start(cpu, sc);

        if ((actions & RemoteAction.Stop) != 0)
            Destroy(cpu, sc);
    }

    /// <summary>Lets a new scheduling context of this CPU compete.</summary>
    public static void Start(Cpu* cpu, SchedulingContext* sc)
    {
        if (sc->State != ScState.New)
            return;

        if (sc->IsReserved)
            sc->Refills.Reset(Tsc.Read(), sc->Budget);

        Scheduler.MakeReady(cpu, sc);
    }

    /// <summary>
    /// Ends an execution context of this CPU because its domain was killed. If the time that is being spent came through it, it goes where
    /// it came from at once: a server behind it must not go on with it.
    /// </summary>
    public static void Kill(Cpu* cpu, ExecutionContext* ec)
    {
        Death.Strike(cpu, ec);
        if (cpu->Current != Chain.Tip(cpu->CurrentSc))
            Helping.Run(cpu);
    }

    private static delegate*<RcuHead*, void> Destructor(ObjectType type) => type switch
    {
        ObjectType.ExecutionContext => &DestroyContext,
        ObjectType.SchedulingContext => &DestroySchedulingContext,
        ObjectType.Portal => &DestroyPortal,
        ObjectType.Semaphore => &DestroySemaphore,
        ObjectType.ProtectionDomain => &DestroyDomain,
        ObjectType.DeviceContext => &DestroyDevice,
        _ => &DestroySpace,
    };

    private static KernelObject* ObjectOf(RcuHead* head) => (KernelObject*)((byte*)head - KernelObject.RcuOffset);

    private static void DestroyPortal(RcuHead* head)
    {
        Portal* portal = (Portal*)ObjectOf(head);
        KernelObject.Drop(&portal->Context->Head);
        Allocation.Free(&portal->Head, (uint)sizeof(Portal));
    }

    private static void DestroySemaphore(RcuHead* head)
    {
        Semaphore* sm = (Semaphore*)ObjectOf(head);
        if (!Semaphore.Abandon(sm, Step))
        {
            Rcu.Call(head, &DestroySemaphore);
            return;
        }

        Allocation.Free(&sm->Head, (uint)sizeof(Semaphore));
    }

    private static void DestroyDomain(RcuHead* head)
    {
        ProtectionDomain* domain = (ProtectionDomain*)ObjectOf(head);
        if (domain->Objects != null)
            KernelObject.Drop((KernelObject*)domain->Objects);

        if (domain->Host != null)
            KernelObject.Drop((KernelObject*)domain->Host);

        if (domain->Ports != null)
            KernelObject.Drop((KernelObject*)domain->Ports);

        Allocation.Free(domain);
    }

    private static void DestroyDevice(RcuHead* head) => DeviceContext.Destroy((DeviceContext*)ObjectOf(head));

    private static void DestroySpace(RcuHead* head)
    {
        if (!Space.TryDestroy(ObjectOf(head), Step))
            Rcu.Call(head, &DestroySpace);
    }

    private static void DestroyContext(RcuHead* head)
    {
        ExecutionContext* ec = (ExecutionContext*)ObjectOf(head);
        Cpu* cpu = Cpu.This;
        if (ec->CpuNumber == cpu->Number)
            Destroy(cpu, ec);
        else
            RemoteQueue.Post(ec, RemoteAction.Destroy);
    }

    private static void DestroySchedulingContext(RcuHead* head)
    {
        SchedulingContext* sc = (SchedulingContext*)ObjectOf(head);
        Cpu* cpu = Cpu.This;
        if (sc->CpuNumber == cpu->Number)
            Destroy(cpu, sc);
        else
            RemoteQueue.Post(sc, RemoteAction.Stop);
    }

    private static void Destroy(Cpu* cpu, ExecutionContext* ec)
    {
        Kill(cpu, ec);
        Fpu.Forget(cpu, ec);
        if (cpu->FrameEnd == (ulong)ec + ExecutionContext.FrameEnd)
        {
            // Its callee-saved registers are still in the CPU: the next exit will store them. Later, then.
            Rcu.Call(&ec->Head.Rcu, &DestroyContext);
            return;
        }

        if ((ec->Flags & EcFlags.Guest) != 0)
            Guests.Forget(cpu, ec);

        ProtectionDomain* domain = ec->Domain;
        Membership.Leave(ec);
        Allocation.Free(ec);
        KernelObject.Drop(&domain->Head);
    }

    private static void Destroy(Cpu* cpu, SchedulingContext* sc)
    {
        switch (sc->State)
        {
            case ScState.Ready:
                cpu->Ready.Remove(sc);
                break;
            case ScState.Waiting:
                sc->WaitsFor->Waiters.Remove(sc);
                break;
            case ScState.Depleted:
                cpu->Timeouts.Remove(&sc->Timeout);
                break;
            case ScState.Running:
                Scheduler.Stop(cpu);
                break;
        }

        sc->State = ScState.Stopped;
        ExecutionContext* ec = sc->Context;
        Allocation.Free(&sc->Head, (uint)sizeof(SchedulingContext));
        KernelObject.Drop(&ec->Head);
    }
}
