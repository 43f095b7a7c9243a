using System;
using Kilonova.Contracts;
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

    /// <summary>Calls to the driver, while the session is open.</summary>
    public NetworksClient<PortalTransport> Networks => new(_session.Transport);

    /// <summary>Opens the session, to look at what controllers there are.</summary>
    public ContractStatus Connect() => _session.Number != 0 ? ContractStatus.Ok : _session.Open();

    /// <summary>Opens a controller, with memory of the client's for packets.</summary>
    /// <param name="nic">The controller.</param>
    /// <param name="all">Whether packets to whomever are wanted.</param>
    /// <param name="data">The memory.</param>
    /// <returns>Busy: somebody else has it, or had it just now.</returns>
    public ContractStatus Open(uint nic, bool all, Dataspace data)
    {
        var status = Connect();
        if (status == ContractStatus.Ok)
            status = Networks.Open(nic, all);

        if (status == ContractStatus.Ok)
            status = data.ShareWith(_session, isWritable: true, NetContract.DataPurpose);

        return status == ContractStatus.Ok ? _channel.Open(_session) : status;
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

    /// <summary>Closes the session.</summary>
    public void Close() => _session.Close();
}
