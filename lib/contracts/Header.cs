// Word 0 of a call. The reply's word 0 is a ContractStatus.
//
//      bits 63-32  protocol        31-16  client's version        15-0  operation, 0 = which version do you speak?
using System;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Contracts;

/// <summary>For generated code: the first word of calls, and what else calls and replies have in common.</summary>
public static class Header
{
    private const int ProtocolShift = 32;
    private const int VersionShift = 16;

    /// <summary>Words of the reply to operation 0: the status, and the server's version.</summary>
    public const uint VersionReplyWords = 2;

    /// <summary>
    /// Decides about a call whose peer is not exactly the server's version. Anybody may ask for the version.
    /// </summary>
    /// <returns><see cref="ContractStatus.Ok"/> where the client's version is old but still spoken.</returns>
    public static ContractStatus CheckPeer(ulong header, uint protocol, ushort oldest, ushort version)
    {
        if ((uint)(header >> ProtocolShift) != protocol)
            return ContractStatus.WrongProtocol;
        ushort client = (ushort)(header >> VersionShift);
        bool spoken = (client >= oldest && client <= version) || (ushort)header == 0;
        return spoken ? ContractStatus.Ok : ContractStatus.WrongVersion;
    }

    /// <summary>Answers operation 0.</summary>
    public static MessageSize AnswerVersion(Span<ulong> message, MessageSize arrived, ushort version)
    {
        if (arrived.Raw != MessageSize.OfWords(1).Raw)
            return Refuse(message, ContractStatus.BadMessage);
        message[1] = version;
        message[0] = (ulong)ContractStatus.Ok;
        return MessageSize.OfWords(VersionReplyWords);
    }

    /// <summary>A reply that consists of a status.</summary>
    public static MessageSize Refuse(Span<ulong> message, ContractStatus status)
    {
        message[0] = (uint)status;
        return MessageSize.OfWords(1);
    }

    /// <summary>
    /// Off the fast path: what a call came to whose result is not exactly success with a good reply of the expected size. Never inlined, so that
    /// it costs the fast path nothing.
    /// </summary>
    /// <returns><see cref="ContractStatus.Ok"/> where the reply is a success after all: the size may have meaningless bits.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ContractStatus Explain(CallResult result, ulong first, uint leastWords, uint items, bool exactly)
    {
        if (result.Status != Status.SUCCESS)
            return ContractStatuses.FromKernel(result.Status);
        if (first != 0)
            return StatusOf(first);
        MessageSize reply = result.Reply;
        bool fits = (exactly ? reply.Words == leastWords : reply.Words >= leastWords) && reply.Items == items;
        return fits ? ContractStatus.Ok : ContractStatus.BadReply;
    }

    // Not for success.
    private static ContractStatus StatusOf(ulong word) => word <= uint.MaxValue ? (ContractStatus)(uint)word : ContractStatus.BadReply;
}
