using System;
using Kilonova.Net;
using Kilonova.Registers;

namespace Kilonova.Switching;

/// <summary>
/// A port of a component's: to its session it is a device like a controller. "Device addresses" are offsets in the client's memory. A client
/// that sends faster than it may waits, and nobody else; one that posts no buffers misses packets, and delays nobody.
/// </summary>
public sealed class ClientPort<TMemory> : SwitchPort<TMemory>, IPacketDevice
    where TMemory : struct, IPacketMemory<TMemory>
{
    private readonly byte[] _header = new byte[PacketRules.MinPacket];
    private Fifo<Buffer> _posted = new(NetRecord.Capacity);
    private Fifo<ReceivedPacket> _arrived = new(NetRecord.Capacity);
    private Fifo<uint> _sent = new(NetRecord.Capacity);

    // Packets that are sent as soon as the port's rates allow it, in their order.
    private Fifo<Waiting> _waiting = new(NetRecord.Capacity);
    private readonly DmaSegment[] _pieces = new DmaSegment[NetRecord.MaxPieces];
    private TMemory _memory;
    private bool _isOpen;
    private bool _wantsAll;

    private readonly record struct Buffer(ulong Offset, uint Tag);

    private readonly record struct Waiting(DmaSegment First, DmaSegment Second, ChecksumRequest Checksum, uint Tag)
    {
        internal uint Length => First.Length + Second.Length;
    }

    /// <summary>A port without client.</summary>
    public ClientPort(PacketSwitch<TMemory> owner, PortPolicy policy)
        : base(owner, policy)
    {
    }

    /// <inheritdoc/>
    public override bool IsOpen => _isOpen;

    /// <inheritdoc/>
    public override bool WantsAll => _wantsAll;

    /// <summary>When a packet that waits may be sent, in microseconds; 0 when none does.</summary>
    public ulong NextTime => _waiting.Count == 0 ? 0 : WhenPaid(_waiting.First.Length);

    /// <summary>A client has opened the port.</summary>
    /// <param name="all">Whether it wants packets to others and to groups.</param>
    public void Begin(bool all) => (_isOpen, _wantsAll) = (true, all);

    /// <summary>The client is gone, and with it its memory and what was behind it.</summary>
    public void End()
    {
        _isOpen = false;
        _ = TryRestart();
        _memory = default;
        Switch.Forget(this);
    }

    /// <summary>Its memory is there: offsets are in it from now on.</summary>
    public void Use(TMemory memory) => _memory = memory;

    /// <inheritdoc/>
    public bool TryPost(ulong address, uint tag)
    {
        if (_posted.IsFull)
            return false;

        _posted.Add(new Buffer(address, tag));
        return true;
    }

    /// <inheritdoc/>
    public bool TryReceive(out ReceivedPacket packet) => _arrived.TryTake(out packet);

    /// <inheritdoc/>
    public bool CanSend(ReadOnlySpan<DmaSegment> segments, ChecksumRequest checksum) =>
        segments.Length <= NetRecord.MaxPieces && PacketRules.IsSendable(segments, checksum);

    /// <inheritdoc/>
    public bool TrySend(ReadOnlySpan<DmaSegment> segments, uint tag, ChecksumRequest checksum = default)
    {
        if (_waiting.Count + _sent.Count == NetRecord.Capacity)
            return false;

        _waiting.Add(new Waiting(segments[0], segments.Length > 1 ? segments[1] : default, checksum, tag));
        Advance();
        return true;
    }

    /// <summary>Sends what has waited until now. What else the client asks for does not wait behind it.</summary>
    public void Advance()
    {
        while (_waiting.Count != 0 && TryPay(_waiting.First.Length))
        {
            _ = _waiting.TryTake(out var packet);
            _pieces[0] = packet.First;
            _pieces[1] = packet.Second;
            var pieces = _pieces.AsSpan(0, packet.Second.Length == 0 ? 1 : 2);
            Switch.Forward(this, new Frame<TMemory>(_memory, pieces, _header, packet.Checksum, ReceiveFlags.None));
            _sent.Add(packet.Tag);
        }
    }

    /// <inheritdoc/>
    public bool TryReclaim(out uint tag) => _sent.TryTake(out tag);

    /// <inheritdoc/>
    public void Publish()
    {
        // What is sent is there at once.
    }

    /// <inheritdoc/>
    public bool TryRestart()
    {
        _posted.Clear();
        _arrived.Clear();
        _sent.Clear();
        _waiting.Clear();
        return true;
    }

    // In the next buffer that was posted, as a controller would leave it: checked sums are put in, short packets are padded.
    private protected override bool TryDeliver(in Frame<TMemory> frame)
    {
        if (_arrived.IsFull || !_posted.TryTake(out var buffer))
            return false;

        frame.CopyTo(_memory, buffer.Offset);
        var flags = frame.Flags;
        if (frame.Checksum.Start != 0)
        {
            InternetChecksum.Insert(_memory, buffer.Offset, frame.Length, frame.Checksum);
            flags |= ReceiveFlags.TransportChecked;
        }

        var length = frame.Length;
        if (length < PacketRules.MinOnWire)
        {
            Span<byte> padding = stackalloc byte[PacketRules.MinOnWire];
            padding.Clear();
            _memory.Write(buffer.Offset + length, padding.Slice((int)length));
            length = PacketRules.MinOnWire;
        }

        _arrived.Add(new ReceivedPacket(buffer.Tag, length, flags));
        return true;
    }
}
