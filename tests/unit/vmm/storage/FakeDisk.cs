using System;
using System.Collections.Generic;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Tests;

/// <summary>A disk in an array that completes requests when it is told to.</summary>
internal class FakeDisk : IBlockDisk
{
    private readonly GuestMemory _memory;
    private readonly byte[] _bytes;
    private readonly List<BlockRequest> _queue = [];

    public FakeDisk(GuestMemory memory, int sectors)
    {
        _memory = memory;
        _bytes = new byte[sectors * IBlockDisk.SectorSize];
    }

    public ulong SectorCount => (ulong)(_bytes.Length / IBlockDisk.SectorSize);

    public bool IsReadOnly { get; init; }

    /// <summary>Most requests that it takes at a time.</summary>
    public int Depth { get; init; } = int.MaxValue;

    /// <summary>What requests end with; they move nothing unless it is success.</summary>
    public BlockStatus Status { get; set; }

    /// <summary>Each completed request as "operation sector+count", with "!" for force unit access.</summary>
    public List<string> Log { get; } = [];

    public int Pending => _queue.Count;

    public Span<byte> Sector(int number) => _bytes.AsSpan(number * IBlockDisk.SectorSize, IBlockDisk.SectorSize);

    public bool TrySubmit(BlockRequest request)
    {
        if (_queue.Count >= Depth)
            return false;
        _queue.Add(request);
        return true;
    }

    /// <summary>Completes what is there, and what comes of it.</summary>
    public void Run()
    {
        while (_queue.Count > 0)
            Complete(0);
    }

    /// <summary>Completes what is there without moving or noting anything.</summary>
    public void Drain()
    {
        while (_queue.Count > 0)
        {
            BlockRequest request = _queue[^1];
            _queue.RemoveAt(_queue.Count - 1);
            request.Owner.Completed(request, BlockStatus.Success);
        }
    }

    /// <summary>Completes one of the waiting requests.</summary>
    public void Complete(int index)
    {
        BlockRequest request = _queue[index];
        _queue.RemoveAt(index);
        Log.Add($"{request.Operation} {request.Sector}+{request.SectorCount}{(request.ForceUnitAccess ? "!" : "")}");
        if (Status == BlockStatus.Success && request.Operation is BlockOperation.Read or BlockOperation.Write)
            Move(request);
        request.Owner.Completed(request, Status);
    }

    private void Move(BlockRequest request)
    {
        int at = (int)request.Sector * IBlockDisk.SectorSize;
        int end = at + ((int)request.SectorCount * IBlockDisk.SectorSize);
        for (int i = 0; i < request.SegmentCount; i++)
        {
            GuestSegment segment = request.Segments[i];
            Span<byte> bytes = _bytes.AsSpan(at, segment.Length);
            bool moved = request.Operation == BlockOperation.Read
                ? _memory.Write(segment.Address, bytes)
                : _memory.Read(segment.Address, bytes);
            if (!moved)
                throw new InvalidOperationException("a segment outside memory reached the disk");
            at += segment.Length;
        }

        if (at != end)
            throw new InvalidOperationException("segments and sectors of a request differ");
    }
}
