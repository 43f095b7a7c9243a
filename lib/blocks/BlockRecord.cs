// The records of the block contract. A request is 16 words:
//
//      0   bits 63-32 the client's number, 23-16 number of pieces, 15-8 flags (1: forced), 7-0 operation
//      1   first block, counted from the beginning of what the session may see
//      2   number of blocks
//      3 on, one per piece: offset in the session's data memory in bits 63-24, length in bytes in 23-0
//
// A completion is one word: bits 63-32 the client's number, 7-0 status. Unused bits and words are zero in requests and mean nothing.
using System;
using Kilonova.Registers;

namespace Kilonova.Blocks;

/// <summary>A piece of a session's data memory.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct DataPiece(ulong Offset, uint Length);

/// <summary>Reads and writes records of the block contract.</summary>
public static class BlockRecord
{
    /// <summary>Words of a request.</summary>
    public const int RequestWords = 16;

    /// <summary>Words of a completion.</summary>
    public const int CompletionWords = 1;

    /// <summary>Records that each ring of a session holds, and so most requests under way.</summary>
    public const int Capacity = 64;

    /// <summary>Most pieces of a request.</summary>
    public const int MaxPieces = RequestWords - FirstPiece;

    private const int FirstPiece = 3;
    private const int NumberShift = 32;
    private const int PiecesShift = 16;
    private const ulong Forced = 1 << 8;
    private const ulong Defined = 0xffff_ffff_00ff_01ff;
    private const int OffsetShift = 24;
    private const ulong LengthMask = (1 << OffsetShift) - 1;

    /// <summary>Writes a request.</summary>
    /// <param name="record">16 words.</param>
    /// <param name="number">The client's number, in the completion again.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="block">First block.</param>
    /// <param name="count">Number of blocks.</param>
    /// <param name="pieces">Where the data lies; at most <see cref="MaxPieces"/>.</param>
    /// <param name="isForced">Of a write: not done before it is on the medium.</param>
    public static void Write(
        Span<ulong> record, uint number, DiskOperation operation, ulong block, uint count, ReadOnlySpan<DataPiece> pieces,
        bool isForced = false)
    {
        record[0] = (ulong)number << NumberShift | (ulong)pieces.Length << PiecesShift | (isForced ? Forced : 0) | (byte)operation;
        record[1] = block;
        record[2] = count;
        for (var i = FirstPiece; i < RequestWords; i++)
        {
            var at = i - FirstPiece;
            record[i] = at < pieces.Length ? pieces[at].Offset << OffsetShift | pieces[at].Length : 0;
        }
    }

    /// <summary>Writes a completion.</summary>
    public static ulong Completion(uint number, DiskStatus status) => (ulong)number << NumberShift | (byte)status;

    /// <summary>The client's number of a request or completion.</summary>
    public static uint Number(ulong word) => (uint)(word >> NumberShift);

    /// <summary>Status of a completion; <see cref="DiskStatus.Invalid"/> where it is none.</summary>
    public static DiskStatus Status(ulong word) => (byte)word <= (byte)DiskStatus.Gone ? (DiskStatus)(byte)word : DiskStatus.Invalid;

    /// <summary>
    /// Makes a request for a disk of a client's record: checks all of it, moves it into the session's window, and finds its memory.
    /// </summary>
    /// <param name="record">16 words, copied out of shared memory.</param>
    /// <param name="window">What the session may see.</param>
    /// <param name="memory">The session's data memory.</param>
    /// <param name="request">Gets the request.</param>
    /// <returns>False for one that must not reach the disk.</returns>
    public static bool TryRead(ReadOnlySpan<ulong> record, BlockWindow window, DeviceMemory memory, DiskRequest request)
    {
        var word = record[0];
        var operation = (DiskOperation)(byte)word;
        var pieces = (int)(byte)(word >> PiecesShift);
        var isForced = (word & Forced) != 0;
        var block = record[1];
        var count = record[2];
        var isWrite = operation is DiskOperation.Write or DiskOperation.Discard;
        if ((word & ~Defined) != 0 || operation > DiskOperation.Discard || pieces > MaxPieces
            || (isForced && operation != DiskOperation.Write)
            || (isWrite && !window.IsWritable))
            return false;

        if (operation == DiskOperation.Flush)
        {
            request.Set(operation, 0, 0);
            return block == 0 && count == 0 && pieces == 0;
        }

        if (count is 0 or > DiskRequest.MaxCount || block >= window.Count || count > window.Count - block)
            return false;

        request.Set(operation, window.First + block, (uint)count, isForced);
        if (operation == DiskOperation.Discard)
            return pieces == 0;

        for (var i = 0; i < pieces; i++)
        {
            var piece = record[FirstPiece + i];
            if (!TryAdd(piece >> OffsetShift, (uint)(piece & LengthMask), operation == DiskOperation.Read, memory, request))
                return false;
        }

        return request.Length == count * window.BlockSize;
    }

    private static bool TryAdd(ulong offset, uint length, bool isWritten, DeviceMemory memory, DiskRequest request)
    {
        do
        {
            if (!memory.TryLocate(offset, Math.Min(length, DiskRequest.MaxSegment), isWritten, out var segment) || !request.TryAdd(segment))
                return false;

            offset += segment.Length;
            length -= segment.Length;
        }
        while (length != 0);

        return true;
    }
}

/// <summary>What a session may see of a disk.</summary>
/// <param name="First">Its first block on the disk.</param>
/// <param name="Count">Number of blocks.</param>
/// <param name="BlockSize">Bytes of a block.</param>
/// <param name="IsWritable">Whether it may change them.</param>
public readonly record struct BlockWindow(ulong First, ulong Count, uint BlockSize, bool IsWritable);
