namespace Kilonova.Kernel;

/// <summary>The link by which something waits for a grace period. Embedded in what is to be freed.</summary>
public unsafe struct RcuHead
{
    public RcuHead* Next;

    /// <summary>Called with this head once no CPU can hold a pointer from before the call to <see cref="Rcu.Call"/>.</summary>
    public delegate*<RcuHead*, void> Free;
}

/// <summary>
/// Read-copy-update. The kernel runs with interrupts off, so whatever it found in a table without a lock stays valid until it leaves for
/// user mode, passes a preemption point or sleeps. Memory that was reachable that way is freed after every CPU has done one of these.
/// </summary>
/// <remarks>
/// Grace periods are numbered. Starting one marks the hazard word of every busy CPU (no interrupt is sent: a CPU reports on its next
/// way out) and reports in place of those that sleep. The last report ends it. A CPU collects callbacks in Next, moves them to Waiting
/// when it asks for a grace period, and to Done when that one has ended; they run on the CPU that queued them, a few at a time.
/// A callback queued while period n runs waits for n + 1: n may have begun before its object became unreachable.
/// s_lock guards start and end of grace periods. s_remaining and RcuReported change by atomic operations.
/// Sleeping is a store of RcuIdle, a barrier and a look at the hazard word; marking is a store to the hazard word, a barrier and a look
/// at RcuIdle: one of the two sees the other.
/// </remarks>
public static unsafe partial class Rcu
{
    /// <summary>Callbacks that run at once.</summary>
    private const int RunAtOnce = 32;

    /// <summary>Lazy callbacks that start a grace period.</summary>
    private const ulong Batch = 32;

    /// <summary>Callbacks of one CPU beyond which it sends interrupts to those CPUs that have not reported.</summary>
    private const ulong Pressure = 4096;

    private static SpinLock s_lock;
    private static ulong s_started;
    private static ulong s_completed;
    private static int s_remaining;

    /// <summary>Grace periods that have ended.</summary>
    public static ulong Completed => Volatile.Read(ref s_completed);

    /// <summary>Back to the state before the first grace period. For a new start of the memory rooms on the host.</summary>
    public static void Reset()
    {
        s_lock = default;
        s_started = 0;
        s_completed = 0;
        s_remaining = 0;
    }

    /// <summary>Calls <paramref name="free"/> on this CPU after a grace period, which is asked for at once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Call(RcuHead* head, delegate*<RcuHead*, void> free)
    {
        Cpu* cpu = Cpu.This;
        Enqueue(cpu, head, free);
        cpu->Memory.RcuUrgent = 1;
        if (cpu->Memory.RcuWaiting.First == null)
            Advance(cpu);
    }

    /// <summary>The same for what is only memory: a grace period is asked for when enough has come together, or the CPU sleeps.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void CallLazily(RcuHead* head, delegate*<RcuHead*, void> free)
    {
        Cpu* cpu = Cpu.This;
        Enqueue(cpu, head, free);
        if (cpu->Memory.RcuNextCount >= Batch && cpu->Memory.RcuWaiting.First == null)
            Advance(cpu);
    }

    /// <summary>
    /// The CPU holds no kernel pointer from a lookup. Called on the way to user mode when the hazard bit was set, which the caller has
    /// cleared before, and when going to sleep. Runs callbacks that are due.
    /// </summary>
    public static void Quiescent(Cpu* cpu)
    {
        Report(cpu, Volatile.Read(ref s_started));
        MemoryCpu* memory = &cpu->Memory;
        if (memory->RcuWaitsFor != 0 && Volatile.Read(ref s_completed) >= memory->RcuWaitsFor)
        {
            Append(&memory->RcuDone, &memory->RcuWaiting);
            memory->RcuWaitsFor = 0;
        }

        if (memory->RcuWaitsFor == 0 && (memory->RcuUrgent != 0 || memory->RcuNextCount >= Batch))
            Advance(cpu);

        // Whoever is about to run does not wait for callbacks: the timer resumes them, or they run when the CPU sleeps.
        if ((Volatile.Read(ref cpu->Hazard) & Hazard.Reschedule) != 0)
            return;

        for (int i = 0; i < RunAtOnce && memory->RcuDone.First != null; i++)
        {
            RcuHead* head = memory->RcuDone.First;
            memory->RcuDone.First = head->Next;
            head->Free(head);
        }

        Resume(cpu);
    }

    /// <summary>Has callbacks that are due, if there are any, run on the next way out.</summary>
    public static void Resume(Cpu* cpu)
    {
        if (cpu->Memory.RcuDone.First != null)
            Interlocked.Or(ref cpu->Hazard, Hazard.Rcu);
    }

    /// <summary>
    /// Announces that this CPU goes to sleep and holds no kernel pointer. False if it must not yet, because something is to be done on
    /// the way out first.
    /// </summary>
    public static bool EnterIdle(Cpu* cpu)
    {
        // What has come together so far does not wait for company any longer.
        MemoryCpu* memory = &cpu->Memory;
        if (memory->RcuNextCount != 0)
            memory->RcuUrgent = 1;

        Quiescent(cpu);
        Interlocked.Exchange(ref memory->RcuIdle, 1);

        // A callback that ran just now may have left more. With no grace period to wait for, nothing would end the sleep.
        if (Volatile.Read(ref cpu->Hazard) == 0 && (memory->RcuNextCount == 0 || memory->RcuWaitsFor != 0))
            return true;

        LeaveIdle(cpu);
        return false;
    }

    /// <summary>Ends the sleep. Before the first use of any kernel pointer; a full memory barrier.</summary>
    public static void LeaveIdle(Cpu* cpu) => Interlocked.Exchange(ref cpu->Memory.RcuIdle, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Enqueue(Cpu* cpu, RcuHead* head, delegate*<RcuHead*, void> free)
    {
        head->Next = null;
        head->Free = free;
        RcuQueue* next = &cpu->Memory.RcuNext;
        if (next->First == null)
            next->First = head;
        else
            next->Last->Next = head;

        next->Last = head;
        if (++cpu->Memory.RcuNextCount == Pressure)
            Hurry();
    }

    /// <summary>Asks for a grace period for what is in Next. Waiting is empty.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Advance(Cpu* cpu)
    {
        MemoryCpu* memory = &cpu->Memory;
        Append(&memory->RcuWaiting, &memory->RcuNext);
        memory->RcuNextCount = 0;
        memory->RcuUrgent = 0;

        // The lock is a full barrier: what has been unlinked is unlinked for everybody before the number of the period is read, so no CPU
        // can find it after it has reported for a later one.
        s_lock.Acquire();
        Volatile.Write(ref memory->RcuWaitsFor, s_started + 1);
        if (s_started == s_completed)
            Start(cpu);

        s_lock.Release();
    }

    /// <summary>Starts grace periods until one must wait for somebody, or nobody waits for more. With the lock.</summary>
    private static void Start(Cpu* cpu)
    {
        do
        {
            ulong period = s_started + 1;

            // One more than the CPUs: it cannot end while it is being started.
            Volatile.Write(ref s_remaining, (int)Machine.CpuCount + 1);
            Volatile.Write(ref s_started, period);
            for (uint i = 0; i < Machine.CpuCount; i++)
            {
                Cpu* other = Cpu.Of(i);
                if (Volatile.Read(ref other->Memory.RcuIdle) == 0)
                    Interlocked.Or(ref other->Hazard, Hazard.Rcu);

                if (Volatile.Read(ref other->Memory.RcuIdle) != 0 && Interlocked.Exchange(ref other->Memory.RcuReported, period) != period)
                    Interlocked.Decrement(ref s_remaining);
            }

            if (Interlocked.Decrement(ref s_remaining) != 0)
                return;

            Volatile.Write(ref s_completed, period);
        }
        while (Notify(cpu, s_completed));
    }

    private static void Report(Cpu* cpu, ulong period)
    {
        if (cpu->Memory.RcuReported == period || Interlocked.Exchange(ref cpu->Memory.RcuReported, period) == period)
            return;

        if (Interlocked.Decrement(ref s_remaining) != 0)
            return;

        s_lock.Acquire();
        Volatile.Write(ref s_completed, period);
        if (Notify(cpu, period))
            Start(cpu);

        s_lock.Release();
    }

    /// <summary>
    /// Tells CPUs whose callbacks waited for a period that it is over. True if somebody waits for the next. With the lock.
    /// </summary>
    private static bool Notify(Cpu* cpu, ulong period)
    {
        bool more = false;
        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            // This CPU looks for itself: it is in Quiescent.
            Cpu* other = Cpu.Of(i);
            ulong waitsFor = Volatile.Read(ref other->Memory.RcuWaitsFor);
            if (waitsFor > period)
            {
                more = true;
            }
            else if (waitsFor != 0 && other != cpu)
            {
                Interlocked.Or(ref other->Hazard, Hazard.Rcu);
                if (Volatile.Read(ref other->Memory.RcuIdle) != 0)
                    Ipi.Send(other->Number, Vectors.Remote);
            }
        }

        return more;
    }

    /// <summary>Interrupts the CPUs that keep the current grace period waiting.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Hurry()
    {
        ulong period = Volatile.Read(ref s_started);
        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            Cpu* other = Cpu.Of(i);
            if (other != Cpu.This && Volatile.Read(ref other->Memory.RcuReported) != period)
                Ipi.Send(other->Number, Vectors.Remote);
        }
    }

    private static void Append(RcuQueue* to, RcuQueue* from)
    {
        if (from->First == null)
            return;

        if (to->First == null)
            to->First = from->First;
        else
            to->Last->Next = from->First;

        to->Last = from->Last;
        from->First = null;
    }
}
