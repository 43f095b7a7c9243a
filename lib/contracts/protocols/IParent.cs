// What every component may ask of its parent, through the portal that it is born with on each of its CPUs. docs/components.md.
using System;

namespace Kilonova.Contracts;

/// <summary>The parent's portal. Selectors and pages are the caller's own; whatever costs memory is charged to the caller.</summary>
[Protocol(0x7061_7265, version: 1)]
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
    /// threads a portal appears at <paramref name="selector"/> plus the number of the CPU.
    /// </summary>
    /// <param name="name">Name of the service.</param>
    /// <param name="selector">First of 64 empty selectors.</param>
    /// <param name="session">Number by which the caller closes it.</param>
    /// <returns>Denied: the line does not use it. Busy: nobody offers it now. Exhausted: too many sessions.</returns>
    [Operation(3)]
    ContractStatus Open([MaxLength(32)] ReadOnlySpan<byte> name, ulong selector, out ulong session);

    /// <summary>Closes a session of the caller's.</summary>
    [Operation(4)]
    ContractStatus Close(ulong session);

    /// <summary>
    /// Offers a service: from now on sessions can be opened. The parent makes their portals; a portal's identifier is the session's number,
    /// unique in the life of the server.
    /// </summary>
    /// <param name="name">Name of the service, which the manifest line of the caller offers.</param>
    /// <param name="entry">Address that portals enter.</param>
    /// <param name="threads">First of 64 selectors: local threads that answer, at the number of their CPU.</param>
    /// <param name="closed">A semaphore that is upped when a session has ended; 0 for none.</param>
    [Operation(5)]
    ContractStatus Offer([MaxLength(32)] ReadOnlySpan<byte> name, ulong entry, ulong threads, ulong closed);

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
}
