// Semaphores as rings want them.
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;

namespace Kilonova.Sessions;

/// <summary>A kernel semaphore at one end of a ring. Deadlines are values of the system time counter.</summary>
public readonly struct RingSemaphore : ISemaphore
{
    private readonly Semaphore _semaphore;

    /// <summary>Wraps a semaphore.</summary>
    public RingSemaphore(Semaphore semaphore) => _semaphore = semaphore;

    /// <inheritdoc/>
    public SemaphoreStatus Up()
    {
        Status status = _semaphore.Up();
        return status is Status.SUCCESS or Status.OVRFLOW ? SemaphoreStatus.Ok : SemaphoreStatus.Gone;
    }

    /// <inheritdoc/>
    public void Note(ulong records) => Server.CountRecords(records);

    /// <inheritdoc/>
    public SemaphoreStatus Down(ulong deadline) => _semaphore.DownToZero(deadline) switch
    {
        Status.SUCCESS => SemaphoreStatus.Ok,
        Status.TIMEOUT => SemaphoreStatus.TimedOut,
        _ => SemaphoreStatus.Gone,
    };
}
