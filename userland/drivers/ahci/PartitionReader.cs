using System;
using Kilonova.Blocks;
using Kilonova.Devices;
using Kilonova.Formats.Partitions;
using Kilonova.Registers;
using Kilonova.Runtime;

namespace Kilonova.Ahci;

/// <summary>
/// Reads the partition table of a disk that has just come. It drives all controllers meanwhile, so that requests under way go on; a disk
/// that does not answer has no partitions.
/// </summary>
internal sealed class PartitionReader
{
    private const int MaxBlock = 4096;
    private const ulong Patience = 5_000_000;

    private readonly DriverThread _thread;
    private readonly byte[] _block = new byte[MaxBlock];
    private readonly Partition[] _partitions = new Partition[PartitionTable.MaxPartitions];
    private readonly DiskRequest _request = new();
    private bool _isUnderWay;

    // Taken for the first disk: only who has claimed a device may know where memory is for devices.
    private MappedDmaMemory _memory;
    private bool _hasMemory;

    internal PartitionReader(DriverThread thread)
    {
        _thread = thread;
        _request.Owner = this;
    }

    /// <summary>Reads the table; the result is good until the next one.</summary>
    internal ReadOnlySpan<Partition> Read(PortDisk disk)
    {
        // A request that a disk never gave back is not used again.
        if (_isUnderWay || disk.Identity is not { } identity || identity.Sectors == 0)
            return default;

        if (!_hasMemory)
        {
            _memory = DeviceSession.Allocate(MaxBlock, true);
            _hasMemory = true;
        }

        var source = new Source(this, disk, (int)identity.SectorSize, identity.Sectors);
        var status = PartitionTable.Read(ref source, _block, _partitions, out var count);
        if (status is not (PartitionStatus.Ok or PartitionStatus.None))
            Log.Write($"its partition table is refused: {(uint)status}");

        return _partitions.AsSpan(0, count);
    }

    /// <summary>The read came back.</summary>
    internal static void Complete(DiskRequest request) => ((PartitionReader)request.Owner!)._isUnderWay = false;

    private bool TryRead(PortDisk disk, ulong block, int size, Span<byte> target)
    {
        _request.Set(DiskOperation.Read, block, 1);
        _ = _request.TryAdd(new DmaSegment(_memory.DeviceAddress, (uint)size));
        _isUnderWay = disk.Submit(_request) == DiskStatus.Ok;
        if (!_isUnderWay)
            return false;

        var clock = default(SystemClock);
        var start = clock.Now;
        while (_isUnderWay)
        {
            _ = _thread.Drive();
            if (!_request.IsCancelled && clock.Now - start > Patience)
            {
                _request.IsCancelled = true;
                disk.Abandon();
            }
        }

        if (_request.Status != DiskStatus.Ok)
            return false;

        _memory.Read(0, target.Slice(0, size));
        return true;
    }

    private readonly struct Source : IBlockReader
    {
        private readonly PartitionReader _reader;
        private readonly PortDisk _disk;

        internal Source(PartitionReader reader, PortDisk disk, int blockSize, ulong blocks)
        {
            _reader = reader;
            _disk = disk;
            BlockSize = blockSize;
            Blocks = blocks;
        }

        public int BlockSize { get; }

        public ulong Blocks { get; }

        public bool TryRead(ulong block, Span<byte> target) => _reader.TryRead(_disk, block, BlockSize, target);
    }
}
