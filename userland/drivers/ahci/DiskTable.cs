using System;
using System.Threading;
using Kilonova.Blocks;
using Kilonova.Contracts;
using Kilonova.Formats.Partitions;

namespace Kilonova.Ahci;

/// <summary>
/// What sessions may know of disks, handed from the driver's thread to those that answer calls, and their wishes back. No lock: a thread
/// that answers a call may stop anywhere when its caller is killed, and the driver's thread must not wait for it.
/// </summary>
internal sealed class DiskTable
{
    /// <summary>Most disks: the ports of so many controllers.</summary>
    internal const int MaxDisks = DriverThread.MaxControllers * PortsPerController;

    /// <summary>Disks of a controller, present or not.</summary>
    internal const int PortsPerController = 32;

    private const int MaxWishes = 64;
    private const int Free = 0;
    private const int Filling = 1;
    private const int Ready = 2;

    private readonly Entry[] _entries = new Entry[MaxDisks];
    private readonly Wish[] _wishes = new Wish[MaxWishes];

    // Written by the driver's thread.
    private int _isSettled;

    internal DiskTable()
    {
        for (var i = 0; i < MaxDisks; i++)
            _entries[i] = new Entry();

        for (var i = 0; i < MaxWishes; i++)
            _wishes[i] = new Wish();
    }

    /// <summary>A disk as it is published. Odd versions are being written; who reads looks at the version before and after.</summary>
    private sealed class Entry
    {
        internal int Version;
        internal bool IsPresent;
        internal ulong Blocks;
        internal uint BlockSize;
        internal DiskFeatures Features;
        internal int ModelLength;
        internal int PartitionCount;

        internal byte[] Model { get; } = new byte[40];

        internal Partition[] Partitions { get; } = new Partition[PartitionTable.MaxPartitions];
    }

    /// <summary>A session that wants a disk.</summary>
    internal sealed class Wish
    {
        internal int State;

        internal ulong Session { get; set; }

        internal uint Disk { get; set; }

        internal BlockWindow Window { get; set; }
    }

    /// <summary>Whether the disks that were there at the start are known.</summary>
    internal bool IsSettled
    {
        get => Volatile.Read(ref _isSettled) != 0;
        set => Volatile.Write(ref _isSettled, value ? 1 : 0);
    }

    /// <summary>For the driver's thread: a disk is there, with so many partitions.</summary>
    internal void Publish(int disk, DiskIdentity identity, ReadOnlySpan<Partition> partitions)
    {
        var entry = _entries[disk];
        _ = Interlocked.Increment(ref entry.Version);
        entry.IsPresent = true;
        entry.Blocks = identity.Sectors;
        entry.BlockSize = identity.SectorSize;
        entry.Features = identity.IsPacket ? DiskFeatures.Removable : DiskFeatures.Writable | (identity.HasTrim ? DiskFeatures.Discard : 0);
        identity.Model.CopyTo(entry.Model);
        entry.ModelLength = identity.Model.Length;
        partitions.CopyTo(entry.Partitions);
        entry.PartitionCount = partitions.Length;
        _ = Interlocked.Increment(ref entry.Version);
    }

    /// <summary>For the driver's thread: a disk is gone.</summary>
    internal void Remove(int disk)
    {
        var entry = _entries[disk];
        _ = Interlocked.Increment(ref entry.Version);
        entry.IsPresent = false;
        _ = Interlocked.Increment(ref entry.Version);
    }

    internal ContractStatus Describe(
        uint from, out uint disk, out ulong blocks, out uint blockSize, out DiskFeatures features, Span<byte> model, out int modelLength)
    {
        for (disk = from; disk < MaxDisks; disk++)
        {
            var entry = _entries[disk];
            var version = Volatile.Read(ref entry.Version);
            var isPresent = entry.IsPresent;
            (blocks, blockSize, features) = (entry.Blocks, entry.BlockSize, entry.Features);
            modelLength = Math.Min(entry.ModelLength, model.Length);
            entry.Model.AsSpan(0, modelLength).CopyTo(model);
            if (!IsSame(entry, version))
                return ContractStatus.Busy;

            if (isPresent)
                return ContractStatus.Ok;
        }

        disk = blockSize = 0;
        blocks = 0;
        features = DiskFeatures.None;
        modelLength = 0;
        return IsSettled ? ContractStatus.NotFound : ContractStatus.Busy;
    }

    internal ContractStatus DescribePartition(uint disk, uint index, out Partition partition)
    {
        partition = default;
        if (disk >= MaxDisks)
            return ContractStatus.NotFound;

        var entry = _entries[disk];
        var version = Volatile.Read(ref entry.Version);
        var exists = entry.IsPresent && index < (uint)entry.PartitionCount;
        if (exists)
            partition = entry.Partitions[index];

        return !IsSame(entry, version) ? ContractStatus.Busy : exists ? ContractStatus.Ok : ContractStatus.NotFound;
    }

    /// <summary>Finds what a session is to see, and leaves word for the driver's thread.</summary>
    internal ContractStatus Open(ulong session, uint disk, uint partition, bool writable, out BlockWindow window)
    {
        window = default;
        if (disk >= MaxDisks)
            return ContractStatus.NotFound;

        var entry = _entries[disk];
        var version = Volatile.Read(ref entry.Version);
        var found = entry.IsPresent && TryFindWindow(entry, partition, out window);
        if (!IsSame(entry, version))
            return ContractStatus.Busy;

        if (!found)
            return IsSettled ? ContractStatus.NotFound : ContractStatus.Busy;

        if (writable && (entry.Features & DiskFeatures.Writable) == 0)
            return ContractStatus.Denied;

        window = window with { IsWritable = writable };
        foreach (var wish in _wishes)
        {
            if (Interlocked.CompareExchange(ref wish.State, Filling, Free) != Free)
                continue;

            wish.Session = session;
            wish.Disk = disk;
            wish.Window = window;
            Volatile.Write(ref wish.State, Ready);
            return ContractStatus.Ok;
        }

        return ContractStatus.Busy;
    }

    /// <summary>For the driver's thread: the next wish.</summary>
    internal bool TryTakeWish(out ulong session, out int disk, out BlockWindow window)
    {
        foreach (var wish in _wishes)
        {
            if (Volatile.Read(ref wish.State) != Ready)
                continue;

            (session, disk, window) = (wish.Session, (int)wish.Disk, wish.Window);
            Volatile.Write(ref wish.State, Free);
            return true;
        }

        (session, disk, window) = (0, 0, default);
        return false;
    }

    /// <summary>For the driver's thread: whether a window is one that the disk has now.</summary>
    internal bool Has(int disk, BlockWindow window)
    {
        var entry = _entries[disk];
        if (!entry.IsPresent || window.BlockSize != entry.BlockSize)
            return false;

        var has = window.First == 0 && window.Count == entry.Blocks;
        for (var i = 0; i < entry.PartitionCount; i++)
            has |= window.First == entry.Partitions[i].First && window.Count == entry.Partitions[i].Count;

        return has;
    }

    private static bool TryFindWindow(Entry entry, uint partition, out BlockWindow window)
    {
        window = new BlockWindow(0, entry.Blocks, entry.BlockSize, false);
        if (partition == 0)
            return true;

        for (var i = 0; i < entry.PartitionCount; i++)
        {
            if (entry.Partitions[i].Number != partition)
                continue;

            window = new BlockWindow(entry.Partitions[i].First, entry.Partitions[i].Count, entry.BlockSize, false);
            return true;
        }

        return false;
    }

    private static bool IsSame(Entry entry, int version) => (version & 1) == 0 && Volatile.Read(ref entry.Version) == version;
}
