// What a dispatcher leaves in the UTCB for the reply.
using System;

namespace Kilonova.Contracts;

/// <summary>Shape of a reply: the server's loop passes it to <c>ipc_reply</c>.</summary>
public readonly struct Reply
{
    private const int ItemsShift = 16;
    private const uint TookItemsBit = 1u << 31;
    private const uint ItemsMask = 0x7f;
    private const uint WordsMask = 0xffff;

    private readonly uint _bits;

    /// <summary>Describes a reply.</summary>
    /// <param name="words">Words, 1 to 512.</param>
    /// <param name="items">Items, 0 to 64.</param>
    /// <param name="tookItems">Whether the server keeps what the call delegated.</param>
    public Reply(int words, int items = 0, bool tookItems = false) =>
        _bits = (uint)words | ((uint)items << ItemsShift) | (tookItems ? TookItemsBit : 0);

    /// <summary>Words to send.</summary>
    public int Words => (int)(_bits & WordsMask);

    /// <summary>Items to send.</summary>
    public int Items => (int)((_bits >> ItemsShift) & ItemsMask);

    /// <summary>
    /// Whether the operation succeeded and keeps capabilities that came with the call: the loop then opens a fresh window. Otherwise it
    /// opens the same one again, and what lies in it is replaced by what comes next.
    /// </summary>
    public bool TookItems => (_bits & TookItemsBit) != 0;

    /// <summary>A reply that consists of a status.</summary>
    public static Reply Refuse(Span<ulong> message, ContractStatus status)
    {
        message[0] = (uint)status;
        return new Reply(1);
    }
}
