using System;
using Kilonova.Registers;

namespace Kilonova.Net;

/// <summary>A device that sends and receives packets in memory that it is told of by address.</summary>
public interface IPacketDevice
{
    /// <summary>Gives the device a buffer of <see cref="NetRecord.BufferSize"/> bytes; false when it has enough.</summary>
    bool TryPost(ulong address, uint tag);

    /// <summary>Takes the next packet that came. Length 0: the buffer comes back without one.</summary>
    bool TryReceive(out ReceivedPacket packet);

    /// <summary>Whether the device can send such a packet at all.</summary>
    bool CanSend(ReadOnlySpan<DmaSegment> segments, ChecksumRequest checksum);

    /// <summary>Takes a packet to be sent; false when there is no space now.</summary>
    bool TrySend(ReadOnlySpan<DmaSegment> segments, uint tag, ChecksumRequest checksum = default);

    /// <summary>Gives a packet back that is done with.</summary>
    bool TryReclaim(out uint tag);

    /// <summary>Shows the device what was given.</summary>
    void Publish();

    /// <summary>Takes everything away from the device: it touches no buffer that it had, and starts anew.</summary>
    bool TryRestart();
}

/// <summary>The rings of a session as its server sees them. What the client wrote is not to be trusted.</summary>
public interface IPacketChannel
{
    /// <summary>Takes the next request out of shared memory; false when there is none, or the channel is broken.</summary>
    bool TryRead(Span<ulong> record);

    /// <summary>Puts a completion in; false while the client leaves no space.</summary>
    bool TryWrite(ReadOnlySpan<ulong> completion);

    /// <summary>Shows the client what was put in, and gives back what was taken.</summary>
    void Publish();

    /// <summary>Announces that the server sleeps; true where there is something to take or space again after all.</summary>
    bool Arm(bool wantsRequests, bool wantsSpace);
}

/// <summary>
/// The one client of a device: its buffers go to the device as they are. Bounded by the contract's capacity; a client that does not take
/// its completions gets no more packets. One thread at a time.
/// </summary>
public sealed class PacketSession
{
    private const int Quantum = 64;
    private const int MaxSegments = 4;

    private readonly IPacketDevice _device;
    private readonly ulong[] _record = new ulong[NetRecord.RequestWords];
    private readonly ulong[] _completion = new ulong[NetRecord.CompletionWords];
    private readonly ulong[] _done = new ulong[NetRecord.Capacity];
    private readonly uint[] _lengths = new uint[NetRecord.Capacity];
    private readonly DmaSegment[] _segments = new DmaSegment[MaxSegments];
    private bool _isWaiting;
    private int _doneFirst;
    private int _doneCount;
    private int _underWay;

    /// <summary>Prepares for sessions with a device, one after the other.</summary>
    public PacketSession(IPacketDevice device) => _device = device;

    /// <summary>Number of the session; 0 for none.</summary>
    public ulong Number { get; private set; }

    /// <summary>The client's data memory.</summary>
    public DeviceMemory Memory { get; } = new();

    /// <summary>The client's rings; null before they are there.</summary>
    public IPacketChannel? Channel { get; private set; }

    /// <summary>Packets sent, received and refused since the session began.</summary>
    public ulong Sent { get; private set; }

    /// <summary>Packets received since the session began.</summary>
    public ulong Received { get; private set; }

    /// <summary>Requests refused since the session began.</summary>
    public ulong Refusals { get; private set; }

    /// <summary>Begins a session; false when there is one.</summary>
    public bool TryOpen(ulong number)
    {
        if (Number != 0)
            return false;

        Number = number;
        Sent = Received = Refusals = 0;
        _doneCount = _underWay = 0;
        _isWaiting = false;
        Memory.Clear(false);
        return true;
    }

    /// <summary>Connects the session's rings.</summary>
    public void Connect(IPacketChannel channel) => Channel = channel;

    /// <summary>Ends the session: after this the device touches nothing of it.</summary>
    /// <returns>False where the device does not even answer: it must be kept from memory by other means.</returns>
    public bool TryClose()
    {
        Number = 0;
        Channel = null;
        return _underWay == 0 || _device.TryRestart();
    }

    /// <summary>Moves packets both ways.</summary>
    /// <returns>Whether there may be more to do at once.</returns>
    public bool Serve()
    {
        if (Channel == null)
            return false;

        TakeDone();
        var more = TakeRequests();
        _device.Publish();
        Answer();
        return more;
    }

    /// <summary>Hands the client what the device has done, and takes nothing.</summary>
    public void Deliver()
    {
        if (Channel == null)
            return;

        TakeDone();
        Answer();
    }

    /// <summary>Announces that the server sleeps.</summary>
    public bool Arm() => Channel != null && Channel.Arm(!_isWaiting && _underWay + _doneCount < NetRecord.Capacity, _doneCount != 0);

    private void TakeDone()
    {
        while (_doneCount < NetRecord.Capacity && _device.TryReclaim(out var sent))
        {
            Sent++;
            Finish(sent, NetOutcome.Sent, 0, ReceiveFlags.None);
        }

        while (_doneCount < NetRecord.Capacity && _device.TryReceive(out var packet))
        {
            Received += packet.Length != 0 ? 1u : 0u;
            Finish(packet.Tag, packet.Length != 0 ? NetOutcome.Received : NetOutcome.Returned, packet.Length, packet.Flags);
        }
    }

    private void Answer()
    {
        while (_doneCount != 0)
        {
            _completion[0] = _done[_doneFirst];
            _completion[1] = _lengths[_doneFirst];
            if (!Channel!.TryWrite(_completion))
                break;

            _doneFirst = (_doneFirst + 1) % NetRecord.Capacity;
            _doneCount--;
        }

        Channel!.Publish();
    }

    private bool TakeRequests()
    {
        for (var i = 0; i < Quantum; i++)
        {
            // A request needs a place for its completion; one that the device has no space for waits.
            if (!_isWaiting && (_underWay + _doneCount == NetRecord.Capacity || !Channel!.TryRead(_record)))
                return false;

            _isWaiting = !TryBegin();
            if (_isWaiting)
                return false;
        }

        return true;
    }

    // False while the device has no space.
    private bool TryBegin()
    {
        var number = NetRecord.Number(_record[0]);
        var isSound = NetRecord.TryRead(_record, Memory, _segments, out var count, out var checksum);
        var segments = _segments.AsSpan(0, count);
        var isSend = NetRecord.Operation(_record[0]) == NetOperation.Send;
        if (!isSound || (isSend && !_device.CanSend(segments, checksum)))
        {
            Refusals++;
            Put(number, NetOutcome.Refused, 0, ReceiveFlags.None);
            return true;
        }

        var taken = isSend ? _device.TrySend(segments, number, checksum) : _device.TryPost(segments[0].Address, number);
        if (taken)
            _underWay++;

        return taken;
    }

    private void Finish(uint number, NetOutcome outcome, uint length, ReceiveFlags flags)
    {
        _underWay--;
        Put(number, outcome, length, flags);
    }

    private void Put(uint number, NetOutcome outcome, uint length, ReceiveFlags flags)
    {
        var at = (_doneFirst + _doneCount++) % NetRecord.Capacity;
        _done[at] = NetRecord.Completion(number, outcome, flags);
        _lengths[at] = length;
    }
}
