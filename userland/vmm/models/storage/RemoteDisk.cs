// A disk whose server is somewhere else: requests of a model become parts that the server's records can hold.
using System;
using System.Numerics;

namespace Kilonova.Vmm.Models;

/// <summary>The way to the server of a disk. Called under the lock of its <see cref="RemoteDisk"/>: must not block nor call back.</summary>
public interface IDiskQueue
{
    /// <summary>Parts that may be under way, numbered from 0 on; at most 64.</summary>
    int Capacity { get; }

    /// <summary>Most pieces of memory of a part.</summary>
    int MaxPieces { get; }

    /// <summary>Most sectors of a part.</summary>
    uint MaxSectors { get; }

    /// <summary>Whether the disk takes <see cref="BlockOperation.Discard"/>.</summary>
    bool CanDiscard { get; }

    /// <summary>Memory of the part's own, whole sectors: where its data goes that lies in too many pieces of guest memory.</summary>
    Span<byte> Buffer(int number);

    /// <summary>Puts a part in; its end is told by <see cref="RemoteDisk.Completed"/>, later.</summary>
    /// <param name="number">A number that no part under way has.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="sector">First sector.</param>
    /// <param name="count">Sectors; 0 for a flush.</param>
    /// <param name="pieces">Guest memory; none for a read or write by way of <see cref="Buffer"/>.</param>
    /// <param name="isForced">Of a write: durable when it ends.</param>
    void Submit(int number, BlockOperation operation, ulong sector, uint count, ReadOnlySpan<GuestSegment> pieces, bool isForced);

    /// <summary>Shows the server what was put in.</summary>
    void Publish();
}

/// <summary>
/// A disk behind an <see cref="IDiskQueue"/>. Requests are cut into parts, of which as many are under way as the queue holds, from all
/// requests in turn; data is copied only where a sector lies in more pieces than a part may have. Allocates nothing after it is made.
/// </summary>
public sealed class RemoteDisk : IBlockDisk
{
    private readonly GuestMemory _memory;
    private readonly IDiskQueue _queue;
    private readonly ILock _lock;
    private readonly Transfer[] _transfers;
    private readonly Part[] _parts;
    private readonly GuestSegment[] _pieces;

    // A bit per transfer or part: those that are free, and transfers with something left to put in.
    private ulong _freeTransfers;
    private ulong _freeParts;
    private ulong _waiting;
    private int _turn;

    /// <summary>Makes a disk.</summary>
    /// <param name="sectors">Its size.</param>
    /// <param name="isReadOnly">Writes are refused before they come here.</param>
    /// <param name="memory">The memory that requests name.</param>
    /// <param name="queue">The way to its server.</param>
    /// <param name="guard">Guards it and the queue; a model's lock is taken before, never after.</param>
    public RemoteDisk(ulong sectors, bool isReadOnly, GuestMemory memory, IDiskQueue queue, ILock guard)
    {
        if (queue.Capacity is 0 or > 64)
            throw new ArgumentOutOfRangeException(nameof(queue));
        SectorCount = sectors;
        IsReadOnly = isReadOnly;
        _memory = memory;
        _queue = queue;
        _lock = guard;
        _transfers = new Transfer[queue.Capacity];
        _parts = new Part[queue.Capacity];
        _pieces = new GuestSegment[queue.MaxPieces];
        for (var i = 0; i < _transfers.Length; i++)
        {
            _transfers[i] = new Transfer();
            _parts[i] = new Part();
        }

        _freeTransfers = _freeParts = ulong.MaxValue >> (64 - queue.Capacity);
    }

    // A request that was taken.
    private sealed class Transfer
    {
        internal BlockRequest? Request { get; set; }

        internal SegmentCursor Cursor;

        internal ulong NextSector { get; set; }

        internal int UnderWay { get; set; }

        internal BlockStatus Status { get; set; }
    }

    // What the server works on under a number.
    private sealed class Part
    {
        internal int Transfer { get; set; }

        // Where its memory begins, and the bytes that come into it by way of the buffer.
        internal SegmentCursor Start;

        internal int Copied { get; set; }
    }

    /// <inheritdoc/>
    public ulong SectorCount { get; }

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <summary>Requests that ended well, by operation.</summary>
    public ulong[] Requests { get; } = new ulong[(int)BlockOperation.Discard + 1];

    /// <summary>Bytes that were moved, by operation.</summary>
    public ulong[] Bytes { get; } = new ulong[(int)BlockOperation.Discard + 1];

    /// <summary>Requests that failed.</summary>
    public ulong Failures { get; private set; }

    /// <summary>Parts that were copied.</summary>
    public ulong Copies { get; private set; }

    /// <inheritdoc/>
    public bool TrySubmit(BlockRequest request)
    {
        _lock.Enter();
        if (_freeTransfers == 0)
        {
            _lock.Leave();
            return false;
        }

        var number = BitOperations.TrailingZeroCount(_freeTransfers);
        _freeTransfers &= ~(1ul << number);
        _waiting |= 1ul << number;
        var transfer = _transfers[number];
        transfer.Request = request;
        transfer.Cursor.Start(request);
        transfer.NextSector = request.Sector;
        transfer.UnderWay = 0;
        transfer.Status = BlockStatus.Success;
        PutIn();
        _lock.Leave();
        return true;
    }

    /// <summary>A part has ended. Called by the one thread that hears of the server's answers, without locks.</summary>
    public void Completed(int number, BlockStatus status)
    {
        _lock.Enter();
        var part = _parts[number];
        var transfer = _transfers[part.Transfer];
        var request = transfer.Request!;
        if (status == BlockStatus.Success && part.Copied != 0 && request.Operation == BlockOperation.Read
            && !part.Start.Copy(request, _memory, _queue.Buffer(number).Slice(0, part.Copied), toGuest: true))
            status = BlockStatus.Unavailable;

        _freeParts |= 1ul << number;
        transfer.UnderWay--;
        if (status != BlockStatus.Success)
        {
            // The first failure is the request's; of what has not begun nothing is wanted any more.
            if (transfer.Status == BlockStatus.Success)
                transfer.Status = status;

            _waiting &= ~(1ul << part.Transfer);
        }

        var isOver = transfer.UnderWay == 0 && (_waiting >> part.Transfer & 1) == 0;
        status = transfer.Status;
        if (isOver)
        {
            Count(request, status);
            transfer.Request = null;
            _freeTransfers |= 1ul << part.Transfer;
        }

        PutIn();
        _lock.Leave();
        if (isOver)
            request.Owner.Completed(request, status);
    }

    private void Count(BlockRequest request, BlockStatus status)
    {
        if (status != BlockStatus.Success)
        {
            Failures++;
            return;
        }

        Requests[(int)request.Operation]++;
        Bytes[(int)request.Operation] += (ulong)request.SectorCount * IBlockDisk.SectorSize;
    }

    private void PutIn()
    {
        if (_waiting == 0 || _freeParts == 0)
            return;

        while (_waiting != 0 && _freeParts != 0)
        {
            // The next one after the one whose turn it was.
            var later = _waiting & (ulong.MaxValue << _turn);
            var number = BitOperations.TrailingZeroCount(later != 0 ? later : _waiting);
            _turn = (number + 1) % 64;
            PutIn(number, BitOperations.TrailingZeroCount(_freeParts));
        }

        _queue.Publish();
    }

    private void PutIn(int number, int at)
    {
        var transfer = _transfers[number];
        var request = transfer.Request!;
        var part = _parts[at];
        part.Transfer = number;
        part.Copied = 0;
        _freeParts &= ~(1ul << at);
        transfer.UnderWay++;
        switch (request.Operation)
        {
            case BlockOperation.Flush:
                _waiting &= ~(1ul << number);
                _queue.Submit(at, BlockOperation.Flush, 0, 0, default, isForced: false);
                break;
            case BlockOperation.Discard:
                Discard(transfer, number, at);
                break;
            default:
                Move(transfer, number, at);
                break;
        }
    }

    private void Discard(Transfer transfer, int number, int at)
    {
        if (!_queue.CanDiscard)
        {
            // It keeps what it has, which is its choice; the answer takes the way of all answers.
            _waiting &= ~(1ul << number);
            _queue.Submit(at, BlockOperation.Read, transfer.NextSector, 1, default, isForced: false);
            return;
        }

        var sectors = Math.Min(transfer.Cursor.SectorsLeft, _queue.MaxSectors);
        transfer.Cursor.Take(sectors);
        _queue.Submit(at, BlockOperation.Discard, transfer.NextSector, sectors, default, isForced: false);
        Advance(transfer, number, sectors);
    }

    private void Move(Transfer transfer, int number, int at)
    {
        var request = transfer.Request!;
        var part = _parts[at];
        part.Start = transfer.Cursor;
        var operation = request.Operation;
        var sector = transfer.NextSector;
        var sectors = transfer.Cursor.Cut(request, _pieces, _queue.MaxSectors, out var count);
        if (sectors == 0)
        {
            var buffer = _queue.Buffer(at);
            sectors = Math.Min(transfer.Cursor.SectorsLeft, (uint)(buffer.Length / IBlockDisk.SectorSize));
            part.Copied = (int)sectors * IBlockDisk.SectorSize;
            transfer.Cursor.Skip(request, sectors);
            Copies++;
            if (operation == BlockOperation.Write && !part.Start.Copy(request, _memory, buffer.Slice(0, part.Copied), toGuest: false))
            {
                // Memory that is not there: nothing may be written. The answer takes the way of all answers.
                transfer.Status = BlockStatus.Unavailable;
                part.Copied = 0;
                operation = BlockOperation.Read;
                transfer.Cursor.Take(transfer.Cursor.SectorsLeft);
            }
        }

        _queue.Submit(at, operation, sector, sectors, _pieces.AsSpan(0, count), request.ForceUnitAccess && operation == BlockOperation.Write);
        Advance(transfer, number, sectors);
    }

    private void Advance(Transfer transfer, int number, uint sectors)
    {
        transfer.NextSector += sectors;
        if (transfer.Cursor.SectorsLeft == 0)
            _waiting &= ~(1ul << number);
    }
}
