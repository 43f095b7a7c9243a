// The records of the net contract. A request is 4 words:
//
//      0   bits 63-32 the client's number, 15-8 number of pieces, 7-0 operation: 0 send, 1 post
//      1   first piece: offset in the session's data memory in bits 63-24, length in bytes in 23-0
//      2   second piece, of a packet to be sent
//      3   checksum to be put in: bits 7-0 start, 15-8 offset, 23-16 IP header, 24 IPv4; 0 for none
//
// A completion is 2 words: bits 63-32 the client's number, 15-8 flags of a received packet, 7-0 what became of it; and the length.
using System;
using Kilonova.Registers;

namespace Kilonova.Net;

/// <summary>What a request wants.</summary>
public enum NetOperation : byte
{
    /// <summary>Send a packet.</summary>
    Send = 0,

    /// <summary>Fill a buffer with the next packet that comes.</summary>
    Post = 1,
}

/// <summary>What became of a request.</summary>
public enum NetOutcome : byte
{
    /// <summary>The packet was sent, or lost where packets get lost: its memory is the client's again.</summary>
    Sent = 0,

    /// <summary>The buffer holds a packet.</summary>
    Received = 1,

    /// <summary>The buffer comes back without one: what came was damaged.</summary>
    Returned = 2,

    /// <summary>The request breaks the contract.</summary>
    Refused = 3,
}

/// <summary>A piece of a packet.</summary>
/// <param name="Offset">Where it begins in the session's data memory.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct NetPiece(ulong Offset, uint Length);

/// <summary>Reads and writes records of the net contract.</summary>
public static class NetRecord
{
    /// <summary>Words of a request.</summary>
    public const int RequestWords = 4;

    /// <summary>Words of a completion.</summary>
    public const int CompletionWords = 2;

    /// <summary>Records that each ring holds, and so most requests under way.</summary>
    public const int Capacity = 256;

    /// <summary>Bytes of a buffer.</summary>
    public const uint BufferSize = 2048;

    /// <summary>A number that no request may have.</summary>
    public const uint NoNumber = uint.MaxValue;

    /// <summary>Most pieces of a packet.</summary>
    public const int MaxPieces = 2;

    private const int NumberShift = 32;
    private const int PiecesShift = 8;
    private const int OffsetShift = 24;
    private const ulong LengthMask = (1 << OffsetShift) - 1;
    private const ulong Defined = 0xffff_ffff_0000_ffff;
    private const ulong ChecksumDefined = 0x1ff_ffff;
    private const int ChecksumOffsetShift = 8;
    private const int ChecksumNetworkShift = 16;
    private const ulong ChecksumIpv4 = 1 << 24;

    /// <summary>Writes a request to send a packet of one piece.</summary>
    public static void Send(Span<ulong> record, uint number, ulong offset, uint length, ChecksumRequest checksum = default) =>
        Send(record, number, [new NetPiece(offset, length)], checksum);

    /// <summary>Writes a request to send a packet.</summary>
    /// <param name="record">4 words.</param>
    /// <param name="number">The client's number.</param>
    /// <param name="pieces">Where it lies, in order: 1 to <see cref="MaxPieces"/>.</param>
    /// <param name="checksum">What is to be put in.</param>
    public static void Send(Span<ulong> record, uint number, ReadOnlySpan<NetPiece> pieces, ChecksumRequest checksum = default)
    {
        record[0] = (ulong)number << NumberShift | (ulong)pieces.Length << PiecesShift | (byte)NetOperation.Send;
        for (var i = 0; i < MaxPieces; i++)
            record[1 + i] = i < pieces.Length ? pieces[i].Offset << OffsetShift | pieces[i].Length : 0;

        record[3] = checksum.Start | (ulong)checksum.Offset << ChecksumOffsetShift | (ulong)checksum.NetworkHeader << ChecksumNetworkShift
            | (checksum.IsIpv4 ? ChecksumIpv4 : 0);
    }

    /// <summary>Writes a request to fill a buffer.</summary>
    public static void Post(Span<ulong> record, uint number, ulong offset)
    {
        record[0] = (ulong)number << NumberShift | 1 << PiecesShift | (byte)NetOperation.Post;
        record[1] = offset << OffsetShift | BufferSize;
        record[2] = record[3] = 0;
    }

    /// <summary>The client's number of a request or completion.</summary>
    public static uint Number(ulong word) => (uint)(word >> NumberShift);

    /// <summary>What a request wants.</summary>
    public static NetOperation Operation(ulong word) => (NetOperation)(byte)word;

    /// <summary>The first word of a completion.</summary>
    public static ulong Completion(uint number, NetOutcome outcome, ReceiveFlags flags = ReceiveFlags.None) =>
        (ulong)number << NumberShift | (ulong)flags << PiecesShift | (byte)outcome;

    /// <summary>What became of a request.</summary>
    public static NetOutcome Outcome(ulong word) => (byte)word <= (byte)NetOutcome.Refused ? (NetOutcome)(byte)word : NetOutcome.Refused;

    /// <summary>What the device found about a received packet.</summary>
    public static ReceiveFlags Flags(ulong word) => (ReceiveFlags)(byte)(word >> PiecesShift);

    /// <summary>Finds the memory of a request.</summary>
    /// <param name="record">4 words, copied out of shared memory.</param>
    /// <param name="memory">The session's data memory.</param>
    /// <param name="segments">Room for the pieces as the device sees them.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="checksum">What is to be put in.</param>
    /// <returns>False for a request that breaks the contract.</returns>
    public static bool TryRead(
        ReadOnlySpan<ulong> record, DeviceMemory memory, Span<DmaSegment> segments, out int count, out ChecksumRequest checksum)
    {
        count = 0;
        var pieces = (int)(byte)(record[0] >> PiecesShift);
        var sums = record[3];
        checksum = new ChecksumRequest(
            (byte)sums, (byte)(sums >> ChecksumOffsetShift), (byte)(sums >> ChecksumNetworkShift), (sums & ChecksumIpv4) != 0);
        var isPost = Operation(record[0]) == NetOperation.Post;
        if ((record[0] & ~Defined) != 0 || Number(record[0]) == NoNumber || Operation(record[0]) > NetOperation.Post
            || pieces is 0 or > MaxPieces || (sums & ~ChecksumDefined) != 0 || (isPost && (pieces != 1 || sums != 0 || (uint)(record[1] & LengthMask) != BufferSize)))
            return false;

        for (var i = 0; i < pieces; i++)
        {
            var offset = record[1 + i] >> OffsetShift;
            var length = (uint)(record[1 + i] & LengthMask);
            do
            {
                if (count == segments.Length || !memory.TryLocate(offset, length, isPost, out segments[count]))
                    return false;

                offset += segments[count].Length;
                length -= segments[count++].Length;
            }
            while (length != 0);
        }

        // A device fills a buffer that is one piece.
        return !isPost || count == 1;
    }
}
