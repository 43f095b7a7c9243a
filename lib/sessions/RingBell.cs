// The two bells of a session as the semaphores of its rings.
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;

namespace Kilonova.Sessions;

/// <summary>
/// How one end of a session wakes the other and sleeps: it ups the other end's bell and goes down on its own. When the session ends the
/// parent first takes the other end's bell away and then rings the own one, so that who wakes up finds the other gone. Deadlines are
/// values of the system time counter.
/// </summary>
public readonly struct RingBell : ISemaphore
{
    private readonly Semaphore _own;
    private readonly Semaphore _other;
    private readonly ulong _space;

    /// <summary>Combines two bells.</summary>
    /// <param name="own">Rung by the other end and by the parent.</param>
    /// <param name="other">The other end's, as the parent gave it.</param>
    /// <param name="objectSpace">Selector of the own object space, in which the other end's bell vanishes.</param>
    public RingBell(Semaphore own, Semaphore other, ulong objectSpace)
    {
        _own = own;
        _other = other;
        _space = objectSpace;
    }

    /// <summary>Whether the other end is gone.</summary>
    public bool IsGone =>
        Extension.Lookup(_space, _other.Selector, out Mapping mapping) != Status.SUCCESS || mapping.Permissions == 0;

    /// <inheritdoc/>
    public SemaphoreStatus Up()
    {
        Status status = _other.Up();
        return status is Status.SUCCESS or Status.OVRFLOW ? SemaphoreStatus.Ok : SemaphoreStatus.Gone;
    }

    /// <inheritdoc/>
    public void Note(ulong records) => Server.CountRecords(records);

    /// <inheritdoc/>
    public SemaphoreStatus Down(ulong deadline)
    {
        // Looked at before as well: who is told once and comes back must not sleep for ever.
        if (IsGone)
            return SemaphoreStatus.Gone;
        Status status = _own.DownToZero(deadline);
        if (status == Status.TIMEOUT)
            return SemaphoreStatus.TimedOut;
        return status != Status.SUCCESS || IsGone ? SemaphoreStatus.Gone : SemaphoreStatus.Ok;
    }
}
