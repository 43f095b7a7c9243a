// The block device (OASIS Virtual I/O Device 1.2, section 5.2).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A disk behind one or more queues. No data is copied: requests name the driver's memory. What finds no room at the disk waits in the queues. The lock
/// is held while requests are put together, never while data moves.
/// </summary>
public sealed partial class VirtioBlock : VirtioDevice, IBlockOwner
{
    /// <summary>Bytes of a disk's name.</summary>
    public const int NameLength = VirtioBlk.IdSize;

    private const uint ClassStorage = 0x01_8000;
    private const int QueueSize = 128;

    // A request has its header and its status in descriptors of their own.
    private const int DataSegments = QueueSize - 2;
    private const int RequestCount = 64;
    private const int MaximumRanges = 16;
    private const uint MaximumRangeSectors = 1 << 22;

    private readonly IBlockDisk _disk;
    private readonly byte[] _name = new byte[NameLength];
    private readonly DescriptorChain _chain;
    private readonly VirtioBlockRequest[] _requests = new VirtioBlockRequest[RequestCount];

    // The unused ones of _requests: the first _freeCount of it are their numbers.
    private readonly int[] _free = new int[RequestCount];
    private int _freeCount;

    // Requests that the disk had no room for, oldest first, in a ring; they go there before any other.
    private readonly int[] _waiting = new int[RequestCount];
    private int _firstWaiting;
    private int _waitingCount;

    // Queues take turns.
    private int _turn;

    /// <summary>Makes a disk.</summary>
    /// <param name="memory">The memory that its descriptors name.</param>
    /// <param name="disk">What is behind it; an <see cref="IZeroingDisk"/> is offered zeroes to write.</param>
    /// <param name="name">What GET_ID tells, at most <see cref="NameLength"/> ASCII characters.</param>
    /// <param name="queues">Queues, for as many of the driver's CPUs.</param>
    /// <param name="messages">Where its MSI-X messages go.</param>
    /// <param name="guard">Guards it.</param>
    /// <param name="hasWindow">
    /// Whether registers can be reached by configuration space too. Queues move data, so that its ports must then be served by threads with
    /// vector registers.
    /// </param>
    public VirtioBlock(
        GuestMemory memory, IBlockDisk disk, string name, int queues, IMessageSink messages, ILock guard, bool hasWindow = true)
        : base(
            new VirtioProfile
            {
                Type = VirtioType.Block,
                ClassCode = ClassStorage,
                Features = FeaturesOf(disk, queues),
                Queues = queues,
                QueueSize = QueueSize,
                ConfigurationSize = VirtioBlk.ConfigurationSize,
                HasWindow = hasWindow,
            },
            memory,
            messages,
            guard)
    {
        if (name.Length > NameLength)
            throw new ArgumentOutOfRangeException(nameof(name));
        _disk = disk;
        for (int i = 0; i < name.Length; i++)
            _name[i] = (byte)name[i];
        _chain = new DescriptorChain(memory, QueueSize);
        for (int i = 0; i < RequestCount; i++)
        {
            _requests[i] = new VirtioBlockRequest(this, i, QueueSize, MaximumRanges);
            _free[_freeCount++] = i;
        }

        Describe();
    }

    private protected override bool IsIdle => _freeCount == RequestCount;

    /// <inheritdoc/>
    public void Completed(BlockRequest request, BlockStatus status)
    {
        Enter();
        VirtioBlockRequest done = _requests[request.Tag];
        OfferWaiting();
        if (status != BlockStatus.Success)
            Fail(done, VirtioBlkStatus.IOERR);
        else if (!IsRunning || !done.HasRange)
            Finish(done, VirtioBlkStatus.OK);
        else
            SubmitRange(done);
        EndReset();
        Run();
        Leave();
    }

    private protected override void Notified(Virtqueue queue)
    {
        queue.Suppress();
        Run();
    }

    private protected override void Stop()
    {
        while (_waitingCount != 0)
            Free(_requests[NextWaiting()]);
    }

    private static ulong FeaturesOf(IBlockDisk disk, int queues) =>
        VirtioBlk.F_SEG_MAX | VirtioBlk.F_BLK_SIZE | VirtioBlk.F_FLUSH
        | (queues > 1 ? VirtioBlk.F_MQ : 0)
        | (disk.IsReadOnly ? VirtioBlk.F_RO : VirtioBlk.F_DISCARD)
        | (disk is IZeroingDisk && !disk.IsReadOnly ? VirtioBlk.F_WRITE_ZEROES : 0);

    private void Describe()
    {
        Span<byte> bytes = Configuration;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(VirtioBlk.Capacity), _disk.SectorCount);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(VirtioBlk.SegMax), DataSegments);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(VirtioBlk.BlkSize), IBlockDisk.SectorSize);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.Slice(VirtioBlk.NumQueues), (ushort)Virtqueues.Length);
        if (!_disk.IsReadOnly)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(VirtioBlk.MaxDiscardSectors), MaximumRangeSectors);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(VirtioBlk.MaxDiscardSeg), MaximumRanges);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(VirtioBlk.DiscardSectorAlignment), 1);
        }

        if (!Offers(VirtioBlk.F_WRITE_ZEROES))
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(VirtioBlk.MaxWriteZeroesSectors), MaximumRangeSectors);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(VirtioBlk.MaxWriteZeroesSeg), MaximumRanges);
    }

    // Takes requests, from each queue in turn, while there is room for them here and at the disk.
    private void Run()
    {
        bool more = true;
        while (more)
        {
            more = false;
            for (int i = 0; i < Virtqueues.Length; i++)
            {
                Virtqueue queue = Virtqueues[_turn];
                _turn = _turn + 1 == Virtqueues.Length ? 0 : _turn + 1;
                if (_freeCount == 0 || _waitingCount != 0)
                    return;
                more |= TakeOne(queue);
            }
        }
    }

    // A queue that has nothing is asked to notify. Otherwise the next completion looks at it again.
    private bool TakeOne(Virtqueue queue)
    {
        if (!queue.IsEnabled)
            return false;
        if (!TryTake(queue, _chain))
            return Await(queue);
        Start(queue);
        return true;
    }

    private void Fail(VirtioBlockRequest request, byte status)
    {
        request.Filled = 0;
        Finish(request, status);
    }

    private void Finish(VirtioBlockRequest request, byte status)
    {
        Virtqueue queue = Virtqueues[request.Queue];
        if (IsRunning)
        {
            Memory.TryStore(request.StatusAddress, 1, status);
            Return(queue, request.Head, request.Written);
            Publish(queue);
        }

        Free(request);
    }

    private void Free(VirtioBlockRequest request) => _free[_freeCount++] = request.Number;

    private void Submit(VirtioBlockRequest request)
    {
        if (_waitingCount == 0 && _disk.TrySubmit(request.Request))
            return;
        _waiting[(_firstWaiting + _waitingCount) % RequestCount] = request.Number;
        _waitingCount++;
    }

    private void OfferWaiting()
    {
        while (_waitingCount != 0 && _disk.TrySubmit(_requests[_waiting[_firstWaiting]].Request))
            NextWaiting();
    }

    private int NextWaiting()
    {
        int number = _waiting[_firstWaiting];
        _firstWaiting = (_firstWaiting + 1) % RequestCount;
        _waitingCount--;
        return number;
    }
}
