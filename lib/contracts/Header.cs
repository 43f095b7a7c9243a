// Word 0 of a call. The reply's word 0 is a ContractStatus.
//
//      bits 63-32  protocol        31-16  client's version        15-0  operation, 0 = which version do you speak?
using System;

namespace Kilonova.Contracts;

/// <summary>For generated code: the first word of calls, and what else calls and replies have in common.</summary>
public static class Header
{
    private const int ProtocolShift = 32;
    private const int VersionShift = 16;

    /// <summary>Words of the reply to operation 0: the status, and the server's version.</summary>
    public const int VersionReplyWords = 2;

    /// <summary>Protocol and version of a header, without the operation.</summary>
    public static ulong Peer(ulong header) => header >> VersionShift;

    /// <summary>What <see cref="Peer(ulong)"/> yields for a client of this protocol and version.</summary>
    public static ulong Peer(uint protocol, ushort version) => ((ulong)protocol << (ProtocolShift - VersionShift)) | version;

    /// <summary>Operation of a header.</summary>
    public static ushort Operation(ulong header) => (ushort)header;

    /// <summary>
    /// Off the fast path: decides about a call whose peer is not exactly the server's version. Anybody may ask for the version.
    /// </summary>
    /// <returns><see cref="ContractStatus.Ok"/> where the client's version is old but still spoken.</returns>
    public static ContractStatus CheckPeer(ulong header, uint protocol, ushort oldest, ushort version)
    {
        if ((uint)(header >> ProtocolShift) != protocol)
            return ContractStatus.WrongProtocol;
        ushort client = (ushort)(header >> VersionShift);
        bool spoken = (client >= oldest && client <= version) || Operation(header) == 0;
        return spoken ? ContractStatus.Ok : ContractStatus.WrongVersion;
    }

    /// <summary>Answers operation 0.</summary>
    public static Reply AnswerVersion(Span<ulong> message, ushort version)
    {
        message[1] = version;
        message[0] = (ulong)ContractStatus.Ok;
        return new Reply(VersionReplyWords);
    }

    /// <summary>The status that a reply's first word stands for. Not for success.</summary>
    public static ContractStatus StatusOf(ulong word) => word <= uint.MaxValue ? (ContractStatus)(uint)word : ContractStatus.BadReply;
}
