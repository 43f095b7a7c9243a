using System.Threading;
using Kilonova.Abi;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Runtime;

/// <summary>
/// A lock for short sections that make no call. Free and taken without a hypercall while nobody else wants it; waiting threads sleep on a
/// semaphore with counter 0 that the owner provides.
/// </summary>
public struct SemaphoreLock
{
    private readonly Semaphore _semaphore;

    // Number of threads that hold or wait for the lock. Changed by locked instructions only: they order the section's accesses too.
    private int _users;

    /// <summary>A free lock.</summary>
    public SemaphoreLock(Semaphore semaphore)
    {
        _semaphore = semaphore;
        _users = 0;
    }

    /// <summary>Takes the lock.</summary>
    public void Enter()
    {
        if (Interlocked.Increment(ref _users) > 1)
            _ = _semaphore.Down();
    }

    /// <summary>Frees the lock; the one who waits longest gets it.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            _ = _semaphore.Up();
    }
}
