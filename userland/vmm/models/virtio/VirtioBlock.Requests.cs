// What a block device does with a request (OASIS Virtual I/O Device 1.2, section 5.2.6).
using System;

namespace Kilonova.Vmm.Models;

public sealed partial class VirtioBlock
{
    // The chain has just been taken.
    private void Start(Virtqueue queue)
    {
        VirtioBlockRequest request = _requests[_free[--_freeCount]];
        request.Begin(queue.Number, _chain.Head);
        request.Room = _chain.WritableLength - 1;
        if (request.Room < 0 || !_chain.TryLocate(request.Room, out ulong status)
            || !_chain.TryLoad(0, sizeof(uint), out ulong type) || !_chain.TryLoad(VirtioBlk.SectorField, sizeof(ulong), out ulong sector))
        {
            // Neither request nor place for an answer.
            Free(request);
            Break();
            return;
        }

        request.StatusAddress = status;
        switch ((uint)type)
        {
            case VirtioBlkType.IN:
                Move(request, BlockOperation.Read, sector, request.Room);
                break;
            case VirtioBlkType.OUT:
                Move(request, BlockOperation.Write, sector, _chain.ReadableLength - VirtioBlk.HeaderSize);
                break;
            case VirtioBlkType.FLUSH:
                request.Prepare(BlockOperation.Flush, 0, 0, 0);
                Submit(request);
                break;
            case VirtioBlkType.GET_ID:
                request.Filled = Math.Min(request.Room, NameLength);
                _chain.CopyTo(0, new ReadOnlySpan<byte>(_name, 0, request.Filled));
                Finish(request, VirtioBlkStatus.OK);
                break;
            case VirtioBlkType.DISCARD when Has(VirtioBlk.F_DISCARD):
                StartRanges(request, BlockOperation.Discard);
                break;
            case VirtioBlkType.WRITE_ZEROES when Has(VirtioBlk.F_WRITE_ZEROES):
                StartRanges(request, BlockOperation.WriteZeroes);
                break;
            default:
                Fail(request, VirtioBlkStatus.UNSUPP);
                break;
        }
    }

    private void Move(VirtioBlockRequest request, BlockOperation operation, ulong sector, int length)
    {
        bool read = operation == BlockOperation.Read;
        var count = (uint)(length / IBlockDisk.SectorSize);
        if (length == 0 || length % IBlockDisk.SectorSize != 0 || !IsInside(sector, count) || (!read && _disk.IsReadOnly))
        {
            Fail(request, VirtioBlkStatus.IOERR);
            return;
        }

        request.Filled = read ? length : 0;
        int segments = _chain.Cut(read, read ? 0 : VirtioBlk.HeaderSize, length, request.Request.Segments);
        // Section 5.2.5: to a driver that cannot flush, a write that has ended is durable.
        request.Prepare(operation, sector, count, segments, forceUnitAccess: !read && !Has(VirtioBlk.F_FLUSH));
        Submit(request);
    }

    private void StartRanges(VirtioBlockRequest request, BlockOperation operation)
    {
        byte status = ReadRanges(request, operation);
        if (status != VirtioBlkStatus.OK)
        {
            Fail(request, status);
            return;
        }

        request.Request.Operation = operation;
        if (request.HasRange)
            SubmitRange(request);
        else
            Finish(request, VirtioBlkStatus.OK);
    }

    // One after another: only one can be at the disk.
    private void SubmitRange(VirtioBlockRequest request)
    {
        request.PrepareRange();
        Submit(request);
    }

    // All are checked before the first is done.
    private byte ReadRanges(VirtioBlockRequest request, BlockOperation operation)
    {
        int length = _chain.ReadableLength - VirtioBlk.HeaderSize;
        if (length % VirtioBlk.RangeSize != 0 || length / VirtioBlk.RangeSize is 0 or > MaximumRanges)
            return VirtioBlkStatus.IOERR;
        uint allowed = operation == BlockOperation.WriteZeroes ? VirtioBlk.RangeUnmap : 0;
        for (int at = VirtioBlk.HeaderSize; at < _chain.ReadableLength; at += VirtioBlk.RangeSize)
        {
            if (!_chain.TryLoad(at, sizeof(ulong), out ulong sector) || !_chain.TryLoad(at + sizeof(ulong), sizeof(ulong), out ulong rest))
                return VirtioBlkStatus.IOERR;
            var count = (uint)rest;
            if (((uint)(rest >> 32) & ~allowed) != 0)
                return VirtioBlkStatus.UNSUPP;
            if (count > MaximumRangeSectors || !IsInside(sector, count))
                return VirtioBlkStatus.IOERR;
            if (count != 0)
                request.AddRange(sector, count);
        }

        return VirtioBlkStatus.OK;
    }

    private bool IsInside(ulong sector, uint count) => sector <= _disk.SectorCount && count <= _disk.SectorCount - sector;
}
