// The way from a client to its session's portal.
using System;
using Kilonova.Nova;

namespace Kilonova.Contracts;

/// <summary>
/// Carries messages of the calling thread through one portal. A struct, so that generated clients call it directly; on the bare system
/// it is a portal selector and the thread's UTCB, in tests a fake kernel.
/// </summary>
public interface ITransport
{
    /// <summary>All 512 message words of the calling thread's UTCB, taken once for each call, which overwrites them.</summary>
    Span<ulong> Message { get; }

    /// <summary>Sends the first words and waits for the reply, which then lies in the same place.</summary>
    /// <param name="message">Words to send; no items.</param>
    /// <returns>What the kernel says, which is not what the server says, and the size of the reply: words only.</returns>
    CallResult Call(MessageSize message);

    /// <summary>Like the other, with typed items at the end of the UTCB, there and back.</summary>
    /// <param name="message">Words and items to send: words and two per item are at most 512.</param>
    /// <param name="objects">Where object capabilities of the reply may go.</param>
    /// <param name="memory">Where memory of the reply may go.</param>
    /// <param name="ports">Which ports of the reply may come.</param>
    /// <returns>What the kernel says, and the size of the reply; each of its items has its status in the UTCB.</returns>
    CallResult Call(MessageSize message, Window objects, Window memory, Window ports);
}
