using System;
using Kilonova.Contracts;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Blocks;

/// <summary>
/// A client's session with a disk: it numbers its requests and keeps them until they are completed, so that none is lost when the driver
/// ends and comes back. Requests under way are at most <see cref="BlockRecord.Capacity"/>. Any thread may put requests in, and never waits
/// for the driver; one thread at a time does all the rest.
/// </summary>
public sealed class BlockClient
{
    private readonly ClientSession _session;
    private readonly RecordClientChannel _channel = new(BlockContract.Shape);
    private readonly ulong[][] _kept = new ulong[BlockRecord.Capacity][];
    private readonly bool[] _isUnderWay = new bool[BlockRecord.Capacity];
    private readonly ulong[] _completion = new ulong[BlockRecord.CompletionWords];
    private Dataspace _data;
    private uint _disk;
    private uint _partition;
    private bool _isWritable;

    // Between those that put requests in and the one that opens the session again. Not read-only: its state changes in place.
    private SemaphoreLock _guard = new(Component.NewSemaphore());

    // The rings are there; while they are not, requests are only kept.
    private bool _isOpen;

    /// <summary>Prepares for a session.</summary>
    /// <param name="name">The component's name for the service.</param>
    public BlockClient(ReadOnlySpan<byte> name)
    {
        _session = new ClientSession(name);
        for (var i = 0; i < _kept.Length; i++)
            _kept[i] = new ulong[BlockRecord.RequestWords];
    }

    /// <summary>Calls to the driver, while the session is open.</summary>
    public DisksClient<PortalTransport> Disks => new(_session.Transport);

    /// <summary>Blocks that the session sees.</summary>
    public ulong Blocks { get; private set; }

    /// <summary>Bytes of a block.</summary>
    public uint BlockSize { get; private set; }

    /// <summary>How often the session was opened.</summary>
    public ulong Openings => _session.Openings;

    /// <summary>
    /// Opens the session, to look at what disks there are; again when the driver has ended since. A call that comes to
    /// <see cref="ClientSession.IsBreak"/> found the driver gone: connect once more and repeat it.
    /// </summary>
    public ContractStatus Connect() => _session.Connect();

    /// <summary>
    /// Opens a disk or partition, with memory of the client's for data, in a session that has none yet. Waits for the driver's next life when
    /// it ends meanwhile.
    /// </summary>
    /// <returns>What the driver says if it does not let the client; the session is closed then.</returns>
    public ContractStatus Open(uint disk, uint partition, bool isWritable, Dataspace data)
    {
        (_disk, _partition, _isWritable, _data) = (disk, partition, isWritable, data);
        var status = OpenDisk();
        if (status == ContractStatus.Ok)
            Repeat();

        return status;
    }

    /// <summary>Puts a request in. The driver sees it after <see cref="Publish"/>.</summary>
    /// <param name="number">A number below <see cref="BlockRecord.Capacity"/> that no request under way has.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="block">First block.</param>
    /// <param name="count">Number of blocks.</param>
    /// <param name="pieces">Where the data lies in the data memory.</param>
    /// <param name="isForced">Of a write: not done before it is on the medium.</param>
    public void Submit(
        uint number, DiskOperation operation, ulong block, uint count, ReadOnlySpan<DataPiece> pieces, bool isForced = false)
    {
        _guard.Enter();
        BlockRecord.Write(_kept[number], number, operation, block, count, pieces, isForced);
        _isUnderWay[number] = true;
        if (_isOpen)
            _ = _channel.Requests.TryWrite(_kept[number]);

        _guard.Leave();
    }

    /// <summary>Shows the driver what was put in.</summary>
    public void Publish()
    {
        _guard.Enter();
        if (_isOpen)
            _ = _channel.Requests.Publish();

        _guard.Leave();
    }

    /// <summary>
    /// Waits for the next completion. When the driver ends it opens the session again and repeats what was under way, waiting for its next
    /// life.
    /// </summary>
    /// <param name="number">The request's number.</param>
    /// <param name="status">What came of it.</param>
    /// <param name="deadline">System time at which it gives up; 0 for never.</param>
    /// <returns>False at the deadline, or when the session cannot be opened again.</returns>
    public bool TryComplete(out uint number, out DiskStatus status, ulong deadline = 0)
    {
        while (true)
        {
            var read = _channel.Completions.TryRead(_completion);
            if (read == RingStatus.Empty)
            {
                read = _channel.Completions.Wait(deadline) == RingStatus.TimedOut
                    ? RingStatus.TimedOut
                    : _channel.Completions.TryRead(_completion);
            }

            number = BlockRecord.Number(_completion[0]);
            status = BlockRecord.Status(_completion[0]);
            switch (read)
            {
                case RingStatus.Ok when number < BlockRecord.Capacity && _isUnderWay[number]:
                    _isUnderWay[number] = false;
                    return true;
                case RingStatus.TimedOut:
                    return false;
                case RingStatus.Empty:
                    if (!_channel.Completions.IsBroken && !_session.Bells.IsGone)
                        continue;

                    break;
            }

            // The driver is gone, or writes nonsense.
            Suspend();
            _session.Close();
            if (OpenDisk() != ContractStatus.Ok)
                return false;

            Repeat();
        }
    }

    /// <summary>Does one request and waits for it; nothing else is under way.</summary>
    public DiskStatus Do(DiskOperation operation, ulong block, uint count, ReadOnlySpan<DataPiece> pieces)
    {
        Submit(0, operation, block, count, pieces);
        Publish();
        return TryComplete(out _, out var status) ? status : DiskStatus.Gone;
    }

    /// <summary>
    /// Closes the session, and forgets what is under way; the data memory is the client's alone as soon as the driver has let go, at the
    /// latest when the client has been opened again.
    /// </summary>
    public void Close()
    {
        Suspend();
        Array.Clear(_isUnderWay);
        _session.Close();
    }

    private void Suspend()
    {
        _guard.Enter();
        _isOpen = false;
        _guard.Leave();
    }

    // Fresh rings: all that is under way goes in again, and with it what was kept while there were none.
    private void Repeat()
    {
        _guard.Enter();
        for (var i = 0u; i < BlockRecord.Capacity; i++)
        {
            if (_isUnderWay[i])
                _ = _channel.Requests.TryWrite(_kept[i]);
        }

        _ = _channel.Requests.Publish();
        _isOpen = true;
        _guard.Leave();
    }

    // A driver may end at every step: then all of them again with its next life.
    private ContractStatus OpenDisk()
    {
        while (true)
        {
            var status = Connect();
            if (status == ContractStatus.Ok)
                status = Bind();

            if (status == ContractStatus.Ok)
                return status;

            var isLost = ClientSession.IsBreak(status) || _session.IsGone;
            _session.Close();
            if (!isLost)
                return status;

            Component.Sleep(1);
        }
    }

    private ContractStatus Bind()
    {
        ContractStatus status;
        while ((status = Disks.Open(_disk, _partition, _isWritable, out var blocks, out var blockSize)) == ContractStatus.Busy
            || status == ContractStatus.Ok)
        {
            if (status == ContractStatus.Ok)
            {
                Blocks = blocks;
                BlockSize = blockSize;
                break;
            }

            Component.Sleep(1);
        }

        if (status == ContractStatus.Ok)
            status = _data.ShareWith(_session, isWritable: true, BlockContract.DataPurpose);

        return status == ContractStatus.Ok ? _channel.Open(_session) : status;
    }
}
