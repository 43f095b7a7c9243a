using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Net;

/// <summary>
/// A client's session with a network controller. When the driver ends, the session is gone with all that was under way: packets get lost,
/// and the client opens it again. One thread at a time.
/// </summary>
public sealed class NetClient
{
    private readonly ClientSession _session;
    private readonly RecordClientChannel _channel = new(NetContract.Shape);
    private readonly ulong[] _record = new ulong[NetRecord.RequestWords];
    private readonly ulong[] _completion = new ulong[NetRecord.CompletionWords];

    /// <summary>Prepares for a session.</summary>
    /// <param name="name">The component's name for the service.</param>
    public NetClient(ReadOnlySpan<byte> name) => _session = new ClientSession(name);

    /// <summary>Prepares for a session of a thread that sleeps on a bell of its own.</summary>
    public NetClient(ReadOnlySpan<byte> name, Semaphore bell) => _session = new ClientSession(name, bell);

    /// <summary>Whether there is no session, or its driver is gone or writes nonsense.</summary>
    public bool IsGone => _session.IsGone || _channel.IsBroken;

    /// <summary>Calls to the driver, while the session is open.</summary>
    public NetworksClient<PortalTransport> Networks => new(_session.Transport);

    /// <summary>Opens the session, to look at what controllers there are; again when the driver has ended since.</summary>
    public ContractStatus Connect() => _session.Connect();

    /// <summary>Opens a controller, with memory of the client's for packets.</summary>
    /// <param name="nic">The controller.</param>
    /// <param name="all">Whether packets to whomever are wanted.</param>
    /// <param name="data">The memory.</param>
    /// <returns>Busy: somebody else has it, or had it just now. <see cref="ClientSession.IsBreak"/>: the driver is gone again.</returns>
    public ContractStatus Open(uint nic, bool all, Dataspace data)
    {
        var status = Connect();
        return status == ContractStatus.Ok ? Bind(nic, all, data) : status;
    }

    /// <summary>The same, but without waiting for the driver to be there: Busy then, too.</summary>
    public ContractStatus TryOpen(uint nic, bool all, Dataspace data)
    {
        var status = _session.IsGone ? _session.TryConnect() : ContractStatus.Ok;
        return status == ContractStatus.Ok ? Bind(nic, all, data) : status;
    }

    /// <summary>Gives the controller a buffer for a packet; false when too much is under way.</summary>
    public bool TryPost(uint number, ulong offset)
    {
        NetRecord.Post(_record, number, offset);
        return _channel.Requests.TryWrite(_record) == RingStatus.Ok;
    }

    /// <summary>Sends a packet; false when too much is under way.</summary>
    public bool TrySend(uint number, ulong offset, uint length, ChecksumRequest checksum = default)
    {
        NetRecord.Send(_record, number, offset, length, checksum);
        return _channel.Requests.TryWrite(_record) == RingStatus.Ok;
    }

    /// <summary>Sends a packet of one or two pieces; false when too much is under way.</summary>
    public bool TrySend(uint number, ReadOnlySpan<NetPiece> pieces, ChecksumRequest checksum = default)
    {
        NetRecord.Send(_record, number, pieces, checksum);
        return _channel.Requests.TryWrite(_record) == RingStatus.Ok;
    }

    /// <summary>Shows the driver what was put in.</summary>
    public void Publish() => _ = _channel.Requests.Publish();

    /// <summary>Waits for the next completion.</summary>
    /// <param name="number">The request's number.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="length">Of a received packet: bytes.</param>
    /// <param name="deadline">System time at which it gives up; 0 for never.</param>
    /// <returns>False at the deadline, or when the driver is gone.</returns>
    public bool TryComplete(out uint number, out NetOutcome outcome, out uint length, ulong deadline = 0)
    {
        var status = _channel.Completions.TryRead(_completion);
        while (status == RingStatus.Empty)
        {
            if (_channel.Completions.Wait(deadline) != RingStatus.Ok)
                break;

            status = _channel.Completions.TryRead(_completion);
        }

        number = NetRecord.Number(_completion[0]);
        outcome = NetRecord.Outcome(_completion[0]);
        length = (uint)_completion[1];
        return status == RingStatus.Ok;
    }

    /// <summary>Takes a completion, if there is one.</summary>
    /// <param name="number">The request's number.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="length">Of a received packet: bytes.</param>
    /// <param name="flags">Of a received packet: what the controller found.</param>
    public bool TryTake(out uint number, out NetOutcome outcome, out uint length, out ReceiveFlags flags)
    {
        var isTaken = _channel.Completions.TryRead(_completion) == RingStatus.Ok;
        number = NetRecord.Number(_completion[0]);
        outcome = NetRecord.Outcome(_completion[0]);
        flags = NetRecord.Flags(_completion[0]);
        length = (uint)_completion[1];
        return isTaken;
    }

    /// <summary>For a thread that sleeps on several things: the bell will be rung when there is a completion.</summary>
    /// <returns>False when there is one already, or the driver writes nonsense.</returns>
    public bool Arm() => _channel.Completions.Arm() == RingStatus.Empty;

    /// <summary>Closes the session.</summary>
    public void Close() => _session.Close();

    private ContractStatus Bind(uint nic, bool all, Dataspace data)
    {
        var status = Networks.Open(nic, all);
        if (status == ContractStatus.Ok)
            status = data.ShareWith(_session, isWritable: true, NetContract.DataPurpose);

        if (status == ContractStatus.Ok)
            status = _channel.Open(_session);

        if (status is ContractStatus.Ok or ContractStatus.Busy)
            return status;

        // What is half done is not done again in the same session. The parent does not say of one that it has ended meanwhile.
        if (_session.IsGone)
            status = ContractStatus.Aborted;

        _session.Close();
        return status;
    }
}
