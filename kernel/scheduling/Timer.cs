namespace Kilonova.Kernel;

/// <summary>The CPU's one timer: it serves the end of the current budget and the timeout queue, whichever comes first.</summary>
public static unsafe class Timer
{
    /// <summary>Most timeouts handled at one interrupt, so that it stays short; the rest follows at once by another interrupt.</summary>
    private const int Batch = 16;

    /// <summary>
    /// Makes sure that the timer fires no later than needed. A timer that fires too early costs an interrupt, reprogramming costs on
    /// every switch: so a deadline that has become later is left alone.
    /// </summary>
    public static void Arm(Cpu* cpu)
    {
        ulong deadline = cpu->Timeouts.Earliest;
        if (cpu->BudgetEnd < deadline)
            deadline = cpu->BudgetEnd;

        if (deadline < cpu->TimerDeadline)
        {
            cpu->TimerDeadline = deadline;
            LocalApic.SetTimer(deadline);
        }
    }

    /// <summary>The timer interrupt: handles due timeouts, and marks the CPU for rescheduling when the budget has ended.</summary>
    public static void Expire(Cpu* cpu)
    {
        cpu->TimerDeadline = ulong.MaxValue;
        ulong now = Tsc.Read();
        for (int i = 0; i < Batch && cpu->Timeouts.Earliest <= now; i++)
        {
            Timeout* timeout = cpu->Timeouts.First;
            cpu->Timeouts.Remove(timeout);
            if (timeout->Kind == TimeoutKind.Replenishment)
            {
                Scheduler.MakeReady(cpu, (SchedulingContext*)timeout->Owner);
                continue;
            }

            ExecutionContext* ec = (ExecutionContext*)timeout->Owner;
            Semaphore* sm = ec->Semaphore;
            if (sm != null && Semaphore.Cancel(sm, ec))
            {
                ec->Registers.Rdi = (ulong)Status.TIMEOUT;
                Wakeup.Awaken(cpu, ec);
            }
        }

        Rcu.Resume(cpu);
        if (now >= cpu->BudgetEnd)
            Interlocked.Or(ref cpu->Hazard, Hazard.Reschedule);

        Arm(cpu);
    }
}
