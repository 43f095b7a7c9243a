namespace Kilonova.Kernel;

/// <summary>
/// Decides which scheduling context a CPU spends time on, charges it, and finds the execution context that runs on it.
/// </summary>
/// <remarks>
/// Every CPU schedules for itself: all of this runs on the CPU whose state it changes, with interrupts off, so there are no locks.
/// At any moment the current scheduling context is in no queue; whoever stops it puts it somewhere: the ready queue, the waiters of a
/// blocked context, the timeout queue (depleted), or nowhere (stopped).
/// </remarks>
public static unsafe class Scheduler
{
    /// <summary>Shortest time, in microseconds, that is worth a context switch; less than this of a budget counts as nothing.</summary>
    public const uint ShortestSliceMicroseconds = 5;

    /// <summary>Puts a scheduling context where it can be chosen, if it has time; else lets it wait for its replenishment.</summary>
    public static void MakeReady(Cpu* cpu, SchedulingContext* sc)
    {
        if (sc->IsReserved && !HasTime(cpu, sc))
            return;

        sc->State = ScState.Ready;
        cpu->Ready.Append(sc);
        if (sc->Priority > cpu->CurrentSc->Priority)
            Interlocked.Or(ref cpu->Hazard, Hazard.Reschedule);
    }

    /// <summary>The current scheduling context stays ready but yields the CPU: to a higher priority, or because its slice has ended.</summary>
    public static void Preempt(Cpu* cpu)
    {
        SchedulingContext* sc = Charge(cpu);
        if (sc == cpu->IdleSc)
        {
            Schedule(cpu);
            return;
        }

        ulong shortest = Machine.MicrosecondsToTicks(ShortestSliceMicroseconds);
        if (sc->IsReserved)
        {
            if (sc->Left > shortest && HasTime(cpu, sc))
            {
                sc->State = ScState.Ready;
                cpu->Ready.Prepend(sc);
            }
            else if (sc->State == ScState.Running && HasTime(cpu, sc))
            {
                sc->State = ScState.Ready;
                cpu->Ready.Append(sc);
            }
        }
        else
        {
            sc->State = ScState.Ready;
            if (sc->Left > shortest)
            {
                cpu->Ready.Prepend(sc);
            }
            else
            {
                sc->Left = sc->Budget;
                cpu->Ready.Append(sc);
            }
        }

        Schedule(cpu);
    }

    /// <summary>The current scheduling context waits until <paramref name="ec"/>, which is blocked, goes on.</summary>
    public static void WaitFor(Cpu* cpu, ExecutionContext* ec)
    {
        SchedulingContext* sc = Charge(cpu);
        Panic.Assert(sc != cpu->IdleSc, "the idle context must not block"u8);

        Park(sc, ec);
        Schedule(cpu);
    }

    /// <summary>The current scheduling context ends: nobody will run on it any more.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Stop(Cpu* cpu)
    {
        SchedulingContext* sc = Charge(cpu);
        sc->State = ScState.Stopped;
        Schedule(cpu);
    }

    /// <summary>Chooses the next scheduling context and makes the execution context that it serves current.</summary>
    public static void Schedule(Cpu* cpu)
    {
        if ((cpu->Hazard & Hazard.Reschedule) != 0)
            Interlocked.And(ref cpu->Hazard, ~Hazard.Reschedule);

        while (true)
        {
            SchedulingContext* sc = cpu->Ready.Take();
            if (sc == null)
            {
                Choose(cpu, cpu->IdleSc);
                cpu->BudgetEnd = ulong.MaxValue;
                // The address space stays as it is: the next context may well be of the same one.
                cpu->Current = cpu->Idle;
                Timer.Arm(cpu);
                return;
            }

            ExecutionContext* ec = Chain.Tip(sc);
            if (ec->State == EcState.Blocked)
            {
                Park(sc, ec);
                continue;
            }

            if (ec->State is EcState.Dead or EcState.Waiting)
            {
                // Dead, or a global thread whose kernel-side continuation waits for nothing: no time can be spent here.
                sc->State = ScState.Stopped;
                continue;
            }

            Choose(cpu, sc);
            if (sc->IsReserved)
            {
                sc->Refills.Advance(cpu->ChargedFrom);
                sc->Left = sc->Refills.FirstAmount;
            }

            cpu->BudgetEnd = cpu->ChargedFrom + sc->Left;
            Cpu.ResumeInline(cpu, ec);
            Timer.Arm(cpu);
            return;
        }
    }

    /// <summary>Adds the time since the last charge to the current scheduling context and starts the next span. Returns the context.</summary>
    public static SchedulingContext* Charge(Cpu* cpu)
    {
        ulong now = Tsc.Read();
        ulong used = now - cpu->ChargedFrom;
        cpu->ChargedFrom = now;
        SchedulingContext* sc = cpu->CurrentSc;
        sc->Used += used;
        sc->Left = used < sc->Left ? sc->Left - used : 0;
        if (sc->IsReserved)
            sc->Refills.Consume(used, sc->Period);

        return sc;
    }

    /// <summary>Time consumed by a scheduling context, the running span included if it runs on this CPU.</summary>
    public static ulong TimeOf(Cpu* cpu, SchedulingContext* sc)
    {
        ulong used = System.Threading.Volatile.Read(ref sc->Used);
        return sc == cpu->CurrentSc ? used + (Tsc.Read() - cpu->ChargedFrom) : used;
    }

    /// <summary>True if a piece of reserved time is usable now; else the context is depleted until the first piece comes.</summary>
    private static bool HasTime(Cpu* cpu, SchedulingContext* sc)
    {
        ulong now = Tsc.Read();
        ulong time = sc->Refills.FirstTime;
        if (time <= now)
        {
            sc->Refills.Advance(now);
            sc->Left = sc->Refills.FirstAmount;
            return true;
        }

        sc->State = ScState.Depleted;
        cpu->Timeouts.Insert(&sc->Timeout, time);
        Timer.Arm(cpu);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Choose(Cpu* cpu, SchedulingContext* sc)
    {
        sc->State = ScState.Running;
        cpu->CurrentSc = sc;
        cpu->Serial = sc->Serial;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Park(SchedulingContext* sc, ExecutionContext* ec)
    {
        sc->State = ScState.Waiting;
        sc->WaitsFor = ec;
        ec->Waiters.Append(sc);
    }
}
