namespace Kilonova.Kernel;

/// <summary>
/// A lock for short sections with interrupts off: 0 free, 1 held. Waiters read until it looks free, so a held lock's cache line is not
/// bounced, and pause, which under emulation gives the holder its turn.
/// </summary>
public struct SpinLock
{
    private uint _held;

    /// <summary>Whether somebody holds the lock; for assertions.</summary>
    public readonly bool IsHeld => _held != 0;

    /// <summary>Waits for the lock and takes it. A full memory barrier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Acquire()
    {
        if (Interlocked.Exchange(ref _held, 1) != 0)
            Wait();
    }

    /// <summary>Takes the lock if it is free. For callers that hold a lock that comes later in the order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAcquire() => _held == 0 && Interlocked.Exchange(ref _held, 1) == 0;

    /// <summary>Gives the lock back. Stores before it are visible to the next holder.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release()
    {
        Invariant.That(_held != 0, "released lock is held");
        Volatile.Write(ref _held, 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Wait()
    {
        do
        {
            while (Volatile.Read(ref _held) != 0)
                Tlb.Pause();
        }
        while (Interlocked.Exchange(ref _held, 1) != 0);
    }
}
