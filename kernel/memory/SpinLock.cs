namespace Kilonova.Kernel;

/// <summary>
/// A lock for short sections with interrupts off: 0 free, 1 held. Waiters read until it looks free, so a held lock's cache line is not
/// bounced, and pause, which under emulation gives the holder its turn.
/// </summary>
public struct SpinLock
{
    /// <summary>1 if somebody holds the lock. Its holder gives it back by <see cref="Release"/> or, where that would weigh, by storing 0.</summary>
    public volatile uint Held;

    /// <summary>Whether somebody holds the lock; for assertions.</summary>
    public readonly bool IsHeld => Held != 0;

    /// <summary>Waits for the lock and takes it. A full memory barrier.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Acquire() => AcquireInline();

    /// <summary>The same where a call would weigh.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AcquireInline()
    {
        if (Interlocked.Exchange(ref Held, 1) != 0)
            Wait();
    }

    /// <summary>Takes the lock if it is free. For callers that hold a lock that comes later in the order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAcquire() => Held == 0 && Interlocked.Exchange(ref Held, 1) == 0;

    /// <summary>Gives the lock back. Stores before it are visible to the next holder.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release()
    {
        Invariant.That(Held != 0, "released lock is held");
        Held = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Wait()
    {
        do
        {
            while (Held != 0)
                Tlb.Pause();
        }
        while (Interlocked.Exchange(ref Held, 1) != 0);
    }
}
