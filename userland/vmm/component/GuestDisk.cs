// The guest's disks: each is a disk or partition of a service, reached by a session whose data memory is the guest's own.
using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Blocks;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;
using Kilonova.Vmm.Models;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Vmm.Monitors;

/// <summary>
/// A session with the server of a disk, and the thread that hears of its answers. While the server is away requests are kept, and go in
/// again when it is back: the guest sees a slow disk.
/// </summary>
internal sealed class GuestDisk : IDiskQueue, IWorker, IGuestDevice
{
    /// <summary>Most disks of a guest.</summary>
    internal const int MaxDisks = 4;

    private const int BufferSize = 4096;
    private const int MaxPartSectors = 4096;

    // Reads, bytes read, writes, bytes written, flushes, failures.
    private const int Figures = 6;

    private static int s_count;

    private readonly BlockClient _client;
    private readonly DataPiece[] _pieces = new DataPiece[BlockRecord.MaxPieces];
    private readonly Semaphore _work = MachineLock.NewSemaphore();
    private readonly ulong _buffers;

    // A bit per part that has no answer yet. Set by who puts in, taken by the thread.
    private ulong _underWay;

    // Numbers of its counters, in the order of Figures.
    private readonly int[] _counters = new int[Figures];

    // The server will not come back.
    private int _isGone;

    private GuestDisk(int number, ReadOnlySpan<byte> service)
    {
        _client = new BlockClient(service);
        _buffers = GuestTail.Disks + (ulong)(number * BufferSize * BlockRecord.Capacity);
    }

    public int Capacity => BlockRecord.Capacity;

    public int MaxPieces => BlockRecord.MaxPieces;

    public uint MaxSectors => MaxPartSectors;

    public bool CanDiscard { get; private set; }

    /// <summary>What the models see.</summary>
    internal RemoteDisk Disk { get; private set; } = null!;

    /// <summary>What it is called in the machine's arguments.</summary>
    internal string Name { get; private init; } = "";

    /// <summary>Opens the disk that a word of the arguments names, waiting for its server; says why when it cannot.</summary>
    /// <returns>Null when there is no such disk for this component.</returns>
    internal static GuestDisk? TryOpen(in DeviceWord word, GuestMemory memory)
    {
        var isReadOnly = word.Options.SequenceEqual("ro"u8);
        if (!word.IsValid || (!isReadOnly && !word.Options.IsEmpty) || s_count == MaxDisks)
        {
            Log.Write(LogLevel.Error, $"{word.Text}: not disk=SERVICE:DISK[.PARTITION][,ro], or more than {MaxDisks} disks");
            return null;
        }

        var disk = new GuestDisk(s_count, word.Service) { Name = NameOf(word) };
        var status = disk.Open(word.Number, word.Part, !isReadOnly);
        if (status != ContractStatus.Ok || disk._client.BlockSize != IBlockDisk.SectorSize)
        {
            Log.Write(LogLevel.Error, $"{word.Text}: contract status {(uint)status}, {disk._client.BlockSize} bytes a block; this monitor knows 512");
            return null;
        }

        disk.Disk = new RemoteDisk(disk._client.Blocks, isReadOnly, memory, disk, new MachineLock());
        Log.Write($"{word.Text}: {disk._client.Blocks} sectors");
        s_count++;
        GuestDevices.Add(disk);
        return disk;
    }

    /// <inheritdoc/>
    /// <remarks>On the first CPU, where its server answers calls, if it does anywhere.</remarks>
    public void Start(SchedulingDescriptor descriptor) => _ = ComponentThreads.Start(this, Component.Information.Cpu, "disk"u8, descriptor);

    /// <inheritdoc/>
    public void AddCounters()
    {
        string[] figures = [" reads", " bytes read", " writes", " bytes written", " flushes", " failures"];
        for (var figure = 0; figure < Figures; figure++)
            _counters[figure] = Component.Counters.Add(System.Text.Encoding.ASCII.GetBytes(Name + figures[figure]));
    }

    /// <inheritdoc/>
    public void SetCounters()
    {
        for (var figure = 0; figure < Figures; figure++)
            Component.Counters.Set(_counters[figure], Figure(figure));
    }

    /// <inheritdoc/>
    public void Report() => Log.Write(
        $"{Name}: {Figure(0)} reads of {Figure(1) >> 10} KiB, {Figure(2)} writes of {Figure(3) >> 10} KiB, "
        + $"{Figure(4)} flushes, {Figure(5)} failures, {Disk.Copies} copies, {_client.Openings} openings");

    private ulong Figure(int figure) => figure switch
    {
        0 => Disk.Requests[(int)BlockOperation.Read],
        1 => Disk.Bytes[(int)BlockOperation.Read],
        2 => Disk.Requests[(int)BlockOperation.Write],
        3 => Disk.Bytes[(int)BlockOperation.Write],
        4 => Disk.Requests[(int)BlockOperation.Flush],
        _ => Disk.Failures,
    };

    // SERVICE:DISK or SERVICE:DISK.PARTITION, without options.
    private static string NameOf(in DeviceWord word)
    {
        var name = System.Text.Encoding.ASCII.GetString(word.Service) + ":" + word.Number.ToString();
        return word.Part == 0 ? name : name + "." + word.Part.ToString();
    }

    public Span<byte> Buffer(int number) => GuestImages.Memory(_buffers + (ulong)(number * BufferSize), BufferSize);

    public void Submit(int number, BlockOperation operation, ulong sector, uint count, ReadOnlySpan<GuestSegment> pieces, bool isForced)
    {
        var used = pieces.Length;
        for (var i = 0; i < used; i++)
            _pieces[i] = new DataPiece(GuestLayout.OffsetOf(pieces[i].Address), (uint)pieces[i].Length);

        if (used == 0 && operation is BlockOperation.Read or BlockOperation.Write)
            _pieces[used++] = new DataPiece(_buffers + (ulong)(number * BufferSize), count * IBlockDisk.SectorSize);

        _ = Interlocked.Or(ref _underWay, 1ul << number);
        _client.Submit((uint)number, OperationOf(operation), sector, count, _pieces.AsSpan(0, used), isForced);
    }

    public void Publish()
    {
        _client.Publish();
        if (Volatile.Read(ref _isGone) != 0)
            _ = _work.Up();
    }

    private ContractStatus Open(uint number, uint partition, bool isWritable)
    {
        var status = _client.Open(number, partition, isWritable, Dataspace.OfGuest());
        if (status != ContractStatus.Ok)
            return status;

        Span<byte> model = stackalloc byte[40];
        status = _client.Disks.Describe(number, out var found, out _, out _, out var features, model, out _);
        CanDiscard = status == ContractStatus.Ok && found == number && (features & DiskFeatures.Discard) != 0;
        return ContractStatus.Ok;
    }

    /// <summary>The thread's life.</summary>
    public void Run()
    {
        while (_client.TryComplete(out var number, out var status))
            Complete((int)number, StatusOf(status));

        Log.Write(LogLevel.Error, $"{Name} is gone, and does not come back");
        Volatile.Write(ref _isGone, 1);
        while (true)
        {
            for (var left = Interlocked.Exchange(ref _underWay, 0); left != 0; left &= left - 1)
                Disk.Completed(System.Numerics.BitOperations.TrailingZeroCount(left), BlockStatus.Unavailable);

            _ = _work.DownToZero();
        }
    }

    private void Complete(int number, BlockStatus status)
    {
        _ = Interlocked.And(ref _underWay, ~(1ul << number));
        Disk.Completed(number, status);
    }

    private static DiskOperation OperationOf(BlockOperation operation) => operation switch
    {
        BlockOperation.Read => DiskOperation.Read,
        BlockOperation.Write => DiskOperation.Write,
        BlockOperation.Discard => DiskOperation.Discard,
        _ => DiskOperation.Flush,
    };

    private static BlockStatus StatusOf(DiskStatus status) => status switch
    {
        DiskStatus.Ok => BlockStatus.Success,
        DiskStatus.MediaError or DiskStatus.TimedOut => BlockStatus.MediumError,
        _ => BlockStatus.Unavailable,
    };
}
