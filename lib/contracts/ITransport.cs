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
    /// <summary>All 512 message words of the calling thread's UTCB. Every call overwrites them.</summary>
    Span<ulong> Message { get; }

    /// <summary>Sends the first words and waits for the reply, which then lies in the same place.</summary>
    /// <param name="words">1 to 512.</param>
    /// <param name="replyWords">Words of the reply; at least 1 after success.</param>
    /// <returns>What the kernel says (see <see cref="ContractStatuses.FromKernel"/>), not what the server says.</returns>
    ContractStatus Call(int words, out int replyWords);

    /// <summary>Like <see cref="Call"/>, with typed items at the end of the UTCB, there and back.</summary>
    /// <param name="words">1 to 512 less two per item.</param>
    /// <param name="items">0 to 64.</param>
    /// <param name="objects">Where object capabilities of the reply may go.</param>
    /// <param name="memory">Where memory of the reply may go.</param>
    /// <param name="ports">Which ports of the reply may come.</param>
    /// <param name="replyWords">Words of the reply.</param>
    /// <param name="replyItems">Items of the reply, each with its status in the UTCB.</param>
    ContractStatus CallWithItems(int words, int items, Window objects, Window memory, Window ports, out int replyWords, out int replyItems);
}
