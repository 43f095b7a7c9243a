using System;
using System.Numerics;
using Kilonova.Blocks;
using Kilonova.Registers;

namespace Kilonova.Ahci;

// Requests on their way through the slots of the port.
public sealed partial class AhciPort<TRegisters, TMemory>
{
    private const uint MaxTrimBlocks = 0xffff;

    /// <summary>Hands a request over.</summary>
    /// <returns>Ok: its completion follows. Everything else: the request was not taken.</returns>
    public DiskStatus Submit(DiskRequest request, ulong now)
    {
        if (!_isKnown)
            return DiskStatus.Gone;

        if (!IsValid(request))
            return DiskStatus.Invalid;

        request.Failures = 0;
        _waiting.Add(request);
        if (!_isHandling)
            Schedule(now);

        return DiskStatus.Ok;
    }

    private bool IsValid(DiskRequest request)
    {
        if (request.Operation == DiskOperation.Flush)
            return request.SegmentCount == 0 && !_identity.IsPacket;

        if (request.Count == 0 || request.Count > MaxCount || request.Sector >= _identity.Sectors || request.Count > _identity.Sectors - request.Sector)
            return false;

        switch (request.Operation)
        {
            case DiskOperation.Discard:
                return request.SegmentCount == 0 && _identity.HasTrim;
            case DiskOperation.Write when _identity.IsPacket:
                return false;
            case DiskOperation.Read:
            case DiskOperation.Write:
                break;
            default:
                return false;
        }

        // A word is the smallest thing that a device moves. AHCI 1.3.1, section 4.2.3.3.
        foreach (var segment in request.Segments)
        {
            var isEven = ((segment.Address | segment.Length) & 1) == 0;
            if (!isEven || segment.Length is 0 or > DiskRequest.MaxSegment || segment.Address + segment.Length < segment.Address
                || (!_has64 && segment.Address + segment.Length > uint.MaxValue))
                return false;
        }

        return request.Length == (ulong)request.Count * _identity.SectorSize;
    }

    /// <summary>
    /// Stops the device for the sake of requests that were cancelled while it worked on them: they come back, all others are done again.
    /// </summary>
    public void Abandon(ulong now)
    {
        if (State != PortState.Ready || _outstanding == 0)
            return;

        _isHandling = true;
        CompleteDone(now);
        Suspect();
        BeginReset(now);
        _isHandling = false;
    }

    // The engine has stopped: no memory is touched any more. What was cancelled need not wait for the device to come back.
    private void DropCancelled()
    {
        var left = default(RequestQueue);
        while (!_suspects.IsEmpty)
        {
            var request = _suspects.Take();
            if (request.IsCancelled)
                Complete(request, DiskStatus.Gone);
            else
                left.Add(request);
        }

        _suspects = left;
    }

    // Gives the device what it can take now. Who submits from a completion in here is served by the same loop.
    private void Schedule(ulong now)
    {
        _isHandling = true;
        Fill(now);
        _isHandling = false;
    }

    private void Fill(ulong now)
    {
        while (State == PortState.Ready)
        {
            if (!_suspects.IsEmpty)
            {
                if (_outstanding != 0)
                    return;

                var suspect = _suspects.Take();
                if (suspect.IsCancelled)
                    Complete(suspect, DiskStatus.Gone);
                else
                    IssueAlone(suspect, now);

                continue;
            }

            if (_waiting.IsEmpty)
                return;

            if (_waiting.First!.IsCancelled)
            {
                Complete(_waiting.Take(), DiskStatus.Gone);
                continue;
            }

            var canQueue = Depth > 1 && _waiting.First.Operation is DiskOperation.Read or DiskOperation.Write && !_identity.IsPacket;
            if (_outstanding != 0 && !(canQueue && _outstandingQueued))
                return;

            if (!canQueue)
            {
                IssueAlone(_waiting.Take(), now);
                return;
            }

            var slot = BitOperations.TrailingZeroCount(~_outstanding);
            if (slot >= Depth)
                return;

            IssueQueued(slot, _waiting.Take(), now);
        }
    }

    private void IssueQueued(int slot, DiskRequest request, ulong now)
    {
        var isWrite = request.Operation == DiskOperation.Write;
        var device = (byte)(AtaCommand.DeviceLba | (isWrite && request.IsForced ? AtaCommand.DeviceFua : 0));
        var command = isWrite ? AtaCommand.WriteFpdmaQueued : AtaCommand.ReadFpdmaQueued;

        // Queued commands have their count in the features register and their tag in bits 7-3 of the count register.
        _table.Write(slot, new RegisterFis(command, (ushort)request.Count, request.Sector, (ushort)(slot << 3), device), isWrite, request.Segments);
        request.Deadline = now + CommandTime;
        Issue(slot, request, true);
    }

    private void IssueAlone(DiskRequest request, ulong now)
    {
        request.Deadline = now + (request.Operation == DiskOperation.Flush || request.IsWritten ? FlushTime : CommandTime);
        if (_identity.IsPacket)
        {
            // READ (12): command, flags, address, count; most significant byte first.
            var address = BinaryOrder((uint)request.Sector);
            _table.WritePacket(OwnSlot, PacketCommand.Read12 | (ulong)address << 16 | (ulong)(BinaryOrder(request.Count) & 0xffff) << 48,
                BinaryOrder(request.Count) >> 16, request.Segments);
            Issue(OwnSlot, request, false);
            return;
        }

        if (request.Operation == DiskOperation.Discard)
        {
            WriteTrim(request);
            var data = _table.Data;
            _table.Write(OwnSlot, new RegisterFis(AtaCommand.DataSetManagement, AtaCommand.FeatureTrim, 0, 1, AtaCommand.DeviceLba), true,
                new ReadOnlySpan<DmaSegment>(in data));
        }
        else if (request.Operation == DiskOperation.Flush || request.IsWritten)
        {
            var command = _identity.Has48 ? AtaCommand.FlushCacheExt : AtaCommand.FlushCache;
            _table.Write(OwnSlot, new RegisterFis(command, 0, 0, 0, 0), false, default);
        }
        else
        {
            WriteTransfer(request);
        }

        Issue(OwnSlot, request, false);
    }

    private void WriteTransfer(DiskRequest request)
    {
        var isWrite = request.Operation == DiskOperation.Write;
        RegisterFis fis;
        if (_identity.Has48)
        {
            var write = request.IsForced && _identity.HasForcedUnitAccess ? AtaCommand.WriteDmaFuaExt : AtaCommand.WriteDmaExt;
            fis = new RegisterFis(isWrite ? write : AtaCommand.ReadDmaExt, 0, request.Sector, (ushort)request.Count, AtaCommand.DeviceLba);
        }
        else
        {
            // Bits 27-24 of the address are the lower half of the device register.
            var device = (byte)(AtaCommand.DeviceLba | (byte)(request.Sector >> 24 & 0xf));
            fis = new RegisterFis(
                isWrite ? AtaCommand.WriteDma : AtaCommand.ReadDma, 0, request.Sector & 0xff_ffff, (byte)request.Count, device);
        }

        _table.Write(OwnSlot, fis, isWrite, request.Segments);
    }

    // Up to 64 ranges of a block count in bits 63-48 and an address; the rest is zero.
    private void WriteTrim(DiskRequest request)
    {
        var sector = request.Sector;
        var left = request.Count;
        for (var i = 0; i < CommandTable.DataLength / sizeof(ulong); i++)
        {
            var count = Math.Min(left, MaxTrimBlocks);
            _table.WriteData(i, count == 0 ? 0 : sector | (ulong)count << 48);
            sector += count;
            left -= count;
        }
    }

    private void Issue(int slot, DiskRequest? request, bool isQueued)
    {
        var bit = 1u << slot;
        _requests[slot] = request;
        _outstanding |= bit;
        _outstandingQueued = isQueued;
        if (isQueued)
            WritePort(PortRegister.Sact, bit);

        WritePort(PortRegister.Ci, bit);
    }

    // Takes what the device has done.
    private void CompleteDone(ulong now)
    {
        var pending = ReadPort(PortRegister.Ci);
        if (_outstandingQueued)
            pending |= ReadPort(PortRegister.Sact);

        var done = _outstanding & ~pending;
        _outstanding &= pending;
        while (done != 0)
        {
            var slot = BitOperations.TrailingZeroCount(done);
            done &= done - 1;
            var request = _requests[slot];
            _requests[slot] = null;
            if (request != null)
                Succeed(request);
            else if (State == PortState.Identifying)
                Identified(now);
            else if (State == PortState.Sizing)
                Sized();
        }
    }

    private void Succeed(DiskRequest request)
    {
        _resets = 0;

        // A forced write that was not queued, on a device without such a write: written, now flushed.
        if (request.Operation == DiskOperation.Write && request.IsForced && !request.IsWritten && !_outstandingQueued
            && !_identity.HasForcedUnitAccess && _identity.HasWriteCache)
        {
            request.IsWritten = true;
            _suspects.AddFirst(request);
            return;
        }

        Complete(request, DiskStatus.Ok);
    }

    private void Complete(DiskRequest request, DiskStatus status)
    {
        request.Status = status;
        request.IsWritten = false;
        if (status == DiskStatus.Ok)
            Completions++;
        else
            Failures++;

        _events.Completed(request);
    }

    private ulong NextDeadline()
    {
        if (State is PortState.Identifying or PortState.Sizing)
            return _deadline;

        if (State != PortState.Ready)
            return 0;

        ulong next = 0;
        for (var bits = _outstanding; bits != 0; bits &= bits - 1)
        {
            var deadline = _requests[BitOperations.TrailingZeroCount(bits)]!.Deadline;
            if (next == 0 || deadline < next)
                next = deadline;
        }

        return next;
    }

    private static uint BinaryOrder(uint value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
}
