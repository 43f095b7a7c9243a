namespace Kilonova.Kernel;

/// <summary>
/// The semaphore (specification, section 2.5): a counter and, when it is zero, a FIFO queue of blocked contexts of any CPU.
/// </summary>
/// <remarks>
/// <see cref="Lock"/> guards counter and queue, and each queued context's <see cref="ExecutionContext.Semaphore"/> and links. Whoever
/// unlinks a context under the lock owns the decision how its operation ends; everybody else finds the context unlinked. A blocked
/// context holds a reference to itself, not to the semaphore: when the last capability goes, the waiters are released with ABORTED.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 0x80)]
public unsafe partial struct Semaphore
{
    [FieldOffset(0x00)] public KernelObject Head;

    [FieldOffset(0x40)] public SpinLock Lock;

    /// <summary>The lock's word, for those who only try.</summary>
    [FieldOffset(0x40)] public uint Held;

    /// <summary>For interrupt semaphores, the number of the interrupt plus 1; else 0. Constant.</summary>
    [FieldOffset(0x44)] public uint InterruptPlusOne;

    [FieldOffset(0x48)] private ulong _counter;
    [FieldOffset(0x50)] private ExecutionContext* _first;
    [FieldOffset(0x58)] private ExecutionContext* _last;

    public static void Initialize(Semaphore* sm, ulong counter, uint interruptPlusOne)
    {
        sm->_counter = counter;
        sm->InterruptPlusOne = interruptPlusOne;
    }

    /// <summary>Releases the context that has waited longest, or counts. OVRFLOW if the counter cannot grow.</summary>
    public static Status Up(Semaphore* sm)
    {
        sm->Lock.Acquire();
        ulong next = sm->_counter + 1;
        if (sm->_first != null)
        {
            Release(sm, Cpu.This);
            return Status.SUCCESS;
        }

        sm->_counter = next != 0 ? next : ulong.MaxValue;
        sm->Lock.Release();
        return next != 0 ? Status.SUCCESS : Status.OVRFLOW;
    }

    /// <summary>Does the same for a hypercall of <paramref name="ec"/>, which has taken the lock and gets the status. Lets it go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UpLocked(Semaphore* sm, ExecutionContext* ec, Cpu* cpu)
    {
        ulong next = sm->_counter + 1;
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
        if (sm->_first != null)
        {
            Release(sm, cpu);
            return;
        }

        if (next == 0)
        {
            ec->Registers.Rdi = (ulong)Status.OVRFLOW;
            next--;
        }

        sm->_counter = next;
        sm->Lock.Release();
    }

    /// <summary>
    /// Takes one (or, with <paramref name="zero"/>, all) of the counter for a hypercall of <paramref name="ec"/>, which has taken the
    /// lock. If it was zero the context is queued and gives up the CPU.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DownLocked(Semaphore* sm, ExecutionContext* ec, Cpu* cpu, ulong zero)
    {
        // Stands unless whoever ends the wait writes another status: that can happen on another CPU as soon as the context is queued.
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
        ulong counter = sm->_counter;
        if (counter == 0)
        {
            Block(sm, ec, cpu);
            return;
        }

        sm->_counter = zero != 0 ? 0 : counter - 1;
        sm->Lock.Release();
    }

    /// <summary>
    /// Ends a wait early (timeout, death of the context). True if the context was still in the queue: then the caller wakes it.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Cancel(Semaphore* sm, ExecutionContext* ec)
    {
        sm->Lock.Acquire();
        bool queued = ec->Semaphore == sm;
        if (queued)
            Unlink(sm, ec);

        sm->Lock.Release();
        return queued;
    }

    /// <summary>
    /// Releases up to <paramref name="most"/> waiters of a vanished semaphore with ABORTED. True when there was none: the semaphore may go.
    /// After a release it must stay for another grace period, since the waiter's CPU may be about to take the lock (<see cref="Cancel"/>).
    /// </summary>
    public static bool Abandon(Semaphore* sm, int most)
    {
        for (int i = 0; i < most; i++)
        {
            sm->Lock.Acquire();
            ExecutionContext* ec = sm->_first;
            if (ec == null)
            {
                sm->Lock.Release();
                return i == 0;
            }

            ec->Registers.Rdi = (ulong)Status.ABORTED;
            Unlink(sm, ec);
            sm->Lock.Release();
            Wakeup.Release(Cpu.This, ec);
        }

        return false;
    }

    /// <summary>Queues the current context and turns the CPU to something else. Lets the lock go.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Block(Semaphore* sm, ExecutionContext* ec, Cpu* cpu)
    {
        ExecutionContext* last = sm->_last;
        ec->Semaphore = sm;
        ec->State = EcState.Blocked;
        ec->NextBlocked = null;
        ec->PreviousBlocked = last;
        *(last != null ? &last->NextBlocked : &sm->_first) = ec;
        sm->_last = ec;
        Interlocked.Increment(ref ec->Head.References);
        sm->Lock.Release();

        ulong deadline = ec->Registers.Rsi;
        if (deadline != 0)
            cpu->Timeouts.Insert(&ec->Timeout, deadline);

        Scheduler.WaitFor(cpu, ec);
    }

    /// <summary>Lets the first of the queue go on. Lets the lock go.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Release(Semaphore* sm, Cpu* cpu)
    {
        ExecutionContext* ec = sm->_first;
        Unlink(sm, ec);
        sm->Lock.Release();
        Wakeup.Release(cpu, ec);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unlink(Semaphore* sm, ExecutionContext* ec)
    {
        ExecutionContext* next = ec->NextBlocked;
        ExecutionContext* previous = ec->PreviousBlocked;
        *(previous != null ? &previous->NextBlocked : &sm->_first) = next;
        *(next != null ? &next->PreviousBlocked : &sm->_last) = previous;
        ec->Semaphore = null;
    }
}
