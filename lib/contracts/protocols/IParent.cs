// What every component may ask of its parent, through the portal that it is born with on each of its CPUs. docs/components.md.
using System;

namespace Kilonova.Contracts;

/// <summary>What a dataspace must be.</summary>
[Flags]
public enum DataspaceKinds : uint
{
    /// <summary>Memory, in as many physical pieces as it takes.</summary>
    None = 0,

    /// <summary>One physical piece.</summary>
    Contiguous = 1,

    /// <summary>Below 4 GiB, for devices that reach no further.</summary>
    Low = 2,
}

/// <summary>The parent's portal. Selectors and pages are the caller's own; whatever costs memory is charged to the caller.</summary>
[Protocol(0x7061_7265, version: 4)]
public interface IParent
{
    /// <summary>Maps fresh zeroed memory: readable and writable.</summary>
    /// <param name="page">First page number; nothing of the caller's lies there.</param>
    /// <param name="pages">Number of pages.</param>
    /// <returns>Exhausted: over the account, or no memory.</returns>
    [Operation(1)]
    ContractStatus Map(ulong page, uint pages);

    /// <summary>Gives memory of <see cref="Map"/> back, whole.</summary>
    [Operation(2)]
    ContractStatus Unmap(ulong page);

    /// <summary>
    /// Opens a session with a service by the name that the manifest line of the caller uses for it. For each CPU on which both have
    /// threads a portal appears at <paramref name="selector"/> plus the number of the CPU; where there is none, rings still work.
    /// </summary>
    /// <param name="name">Name of the service.</param>
    /// <param name="selector">First of 64 empty selectors.</param>
    /// <param name="bell">A semaphore that is upped when the session breaks, and that the server may up; 0 for none.</param>
    /// <param name="session">Number by which the caller closes it.</param>
    /// <returns>
    /// Denied: the line does not use it. Busy: nobody offers it now. Exhausted: too many sessions. InvalidArgument: no such semaphore.
    /// </returns>
    [Operation(3)]
    ContractStatus Open([MaxLength(32)] ReadOnlySpan<byte> name, ulong selector, ulong bell, out ulong session);

    /// <summary>Closes a session of the caller's; or, for a server that does not want its client any more, breaks it.</summary>
    [Operation(4)]
    ContractStatus Close(ulong session);

    /// <summary>
    /// Offers a service: from now on sessions can be opened. The parent makes their portals; a portal's identifier is the session's number,
    /// unique in the life of the server.
    /// </summary>
    /// <param name="name">Name of the service, which the manifest line of the caller offers.</param>
    /// <param name="entry">Address that portals enter.</param>
    /// <param name="threads">First of 64 selectors: local threads that answer, at the number of their CPU.</param>
    /// <param name="bell">A semaphore that is upped when a session has ended, and that clients may up; 0 for none.</param>
    [Operation(5)]
    ContractStatus Offer([MaxLength(32)] ReadOnlySpan<byte> name, ulong entry, ulong threads, ulong bell);

    /// <summary>Says whose a session is, for the server of the session only.</summary>
    /// <param name="session">The identifier of the portal.</param>
    /// <param name="name">The client's name.</param>
    /// <param name="length">Bytes of it.</param>
    /// <returns>NotFound: there is no such session of this server's, or not any more.</returns>
    [Operation(6)]
    ContractStatus Client(ulong session, [MaxLength(32)] Span<byte> name, out int length);

    /// <summary>The next session of the caller's services that has ended; NotFound when there is no more.</summary>
    [Operation(7)]
    ContractStatus TakeClosed(out ulong session);

    /// <summary>Ends the caller: it did what it was started for (0), or not. Does not return.</summary>
    [Operation(8)]
    ContractStatus Exit(uint code);

    /// <summary>
    /// Gives one end of a session the right to up the bell of the other end, until the session ends: then the capability vanishes, and the
    /// caller's own bell is upped.
    /// </summary>
    /// <param name="session">A session of the caller's, or one with a service of its.</param>
    /// <param name="selector">An empty selector.</param>
    /// <returns>NotFound: no such session, or the other end has no bell.</returns>
    [Operation(9)]
    ContractStatus TakeBell(ulong session, ulong selector);

    /// <summary>Makes memory that the caller can share, and charges it. Nobody sees it before it is prepared and attached.</summary>
    /// <param name="pages">Its size.</param>
    /// <param name="alignment">
    /// Order of pages, at most 18, of which the physical address of each piece is a multiple: 9 lets 2 MiB be mapped as one.
    /// </param>
    /// <param name="kinds">What it must be.</param>
    /// <param name="dataspace">Its number.</param>
    /// <returns>Exhausted: over the account, no such memory, or too many dataspaces.</returns>
    [Operation(10)]
    ContractStatus CreateDataspace(uint pages, uint alignment, DataspaceKinds kinds, out ulong dataspace);

    /// <summary>Fills a dataspace of the caller's with zeros, a bounded piece per call. Busy: call again.</summary>
    [Operation(11)]
    ContractStatus PrepareDataspace(ulong dataspace);

    /// <summary>Maps a dataspace: for its owner, or for the server of a session by which it is shared.</summary>
    /// <param name="dataspace">Its number.</param>
    /// <param name="session">For a server the session, for the owner 0.</param>
    /// <param name="page">First page number; nothing of the caller's lies there.</param>
    /// <param name="pages">A server says how many it expects.</param>
    /// <returns>
    /// NotFound: it is not the caller's to see. Exists: it is attached. InvalidArgument: not prepared, another size, or no place for it.
    /// Exhausted: no kernel memory.
    /// </returns>
    [Operation(12)]
    ContractStatus AttachDataspace(ulong dataspace, ulong session, ulong page, uint pages);

    /// <summary>Lets the server of a session of the caller's attach a dataspace of the caller's, and rings the server's bell.</summary>
    /// <param name="dataspace">Its number.</param>
    /// <param name="session">The session.</param>
    /// <param name="writable">Whether the server may write.</param>
    /// <param name="purpose">What it is for, as the protocol between the two says.</param>
    [Operation(13)]
    ContractStatus ShareDataspace(ulong dataspace, ulong session, bool writable, uint purpose);

    /// <summary>
    /// For servers: lets go of all that came by a session, open or ended. No device writes there any more: the memory is somebody
    /// else's from now on. Who has not let go of an ended session's a second after it was told is ended.
    /// </summary>
    [Operation(14)]
    ContractStatus Release(ulong session);

    /// <summary>Gives a dataspace of the caller's back. Busy while a server sees it: close the session, and try again.</summary>
    [Operation(15)]
    ContractStatus DestroyDataspace(ulong dataspace);

    /// <summary>
    /// Says where a dataspace lies that the caller has attached, for a device that nothing fences. Only to whom the manifest grants
    /// addresses; what such a component knew when it ended is used by nobody before <see cref="Quiet"/>.
    /// </summary>
    /// <param name="dataspace">Its number.</param>
    /// <param name="session">As in <see cref="AttachDataspace"/>.</param>
    /// <param name="offset">Which page of it.</param>
    /// <param name="physical">Its physical page number.</param>
    /// <param name="pages">Pages that lie contiguously from there on.</param>
    [Operation(16)]
    ContractStatus LocateDataspace(ulong dataspace, ulong session, uint offset, out ulong physical, out uint pages);

    /// <summary>For servers: the next dataspace that a client has shared and this has not told yet. NotFound when there is no more.</summary>
    /// <param name="session">By which session.</param>
    /// <param name="dataspace">Its number.</param>
    /// <param name="pages">Its size.</param>
    /// <param name="purpose">What the client says that it is for.</param>
    [Operation(18)]
    ContractStatus TakeShared(out ulong session, out ulong dataspace, out uint pages, out uint purpose);

    /// <summary>The caller has reset its devices: none does what the caller's former lives told it.</summary>
    [Operation(17)]
    ContractStatus Quiet();

    /// <summary>
    /// Asks for time for a thread or virtual CPU of the caller's: turns with others of its priority. It starts as soon as the component
    /// "admission" has given it; it gets it again if that one is started again.
    /// </summary>
    /// <param name="thread">Its selector, with the right to bind time to it.</param>
    /// <param name="cpu">Its CPU.</param>
    /// <param name="priority">1 to 81, what lies below all reservations; more counts as that.</param>
    /// <param name="milliseconds">Length of a turn, at most 10.</param>
    /// <returns>
    /// Denied: the line does not grant threads of the caller's own making. InvalidArgument: no such thread. Exhausted: too many.
    /// </returns>
    [Operation(19)]
    ContractStatus RequestTime(ulong thread, uint cpu, uint priority, uint milliseconds);

    /// <summary>
    /// For the component that offers "admission", and only for it, like the next three: the thread that has waited longest for time. NotFound
    /// when none waits.
    /// </summary>
    /// <param name="selector">An empty selector, where the thread appears.</param>
    /// <param name="name">Name of its component.</param>
    /// <param name="length">Bytes of name.</param>
    /// <param name="number">Number of the request, never used again.</param>
    /// <param name="cpu">The thread's CPU.</param>
    /// <param name="priority">Priority asked for.</param>
    /// <param name="milliseconds">Length of a turn.</param>
    [Operation(20)]
    ContractStatus TakeRequest(
        ulong selector, [MaxLength(32)] Span<byte> name, out int length, out ulong number, out uint cpu, out uint priority, out uint milliseconds);

    /// <summary>For admission: what became of a request.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="time">Selector of the scheduling context, of which the parent only reads what was used; 0 when it is refused.</param>
    /// <returns>NotFound: the thread is gone, as <see cref="TakeReturned"/> will tell, or is not waiting for an answer.</returns>
    [Operation(21)]
    ContractStatus AnswerRequest(ulong number, ulong time);

    /// <summary>For admission: the next request whose thread has ended. NotFound when there is no more.</summary>
    [Operation(22)]
    ContractStatus TakeReturned(out ulong number);

    /// <summary>For admission: what it gave to the client of a session, so that the parent can tell what was used of it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="time">Selector of the scheduling context.</param>
    [Operation(23)]
    ContractStatus NoteTime(ulong session, ulong time);

    /// <summary>Ticks of the system time counter that a thread or virtual CPU of the caller's has used.</summary>
    /// <param name="thread">Its selector, as <see cref="RequestTime"/> was given it.</param>
    /// <param name="ticks">What it has used; those who were called by it, on its time, included.</param>
    /// <returns>NotFound: it has no time, or not yet.</returns>
    [Operation(24)]
    ContractStatus ReadTime(ulong thread, out ulong ticks);
}
