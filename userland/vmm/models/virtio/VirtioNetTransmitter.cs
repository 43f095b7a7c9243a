// The transmit queue of a network device (OASIS Virtual I/O Device 1.2, sections 5.1.6.1 and 5.1.6.2).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>
/// Frames that the driver wants sent. They name guest memory; only headers that the device has to write are copied. Guarded by the device's lock.
/// </summary>
internal sealed partial class VirtioNetTransmitter
{
    /// <summary>Most bytes of headers that the device writes to.</summary>
    private const int MaximumHeader = 256;

    /// <summary>Most bytes of a frame: an IP packet of the longest kind.</summary>
    private const int MaximumFrame = PacketView.EthernetHeader + PacketView.VlanTag + ushort.MaxValue;

    private readonly VirtioNetwork _device;
    private readonly Virtqueue _queue;
    private readonly INetworkPort _network;
    private readonly DescriptorChain _chain;
    private readonly GuestSegment[] _runs;
    private readonly byte[] _header = new byte[MaximumHeader];

    // By head: frames on the wire that still need the chain's memory, and whether nothing of the chain is left to be sent.
    private readonly int[] _pending;
    private readonly bool[] _isSent;
    private int _pendingFrames;

    // The chain is being sent, or found no room; so many bytes of its payload have gone in segments.
    private bool _isHeld;
    private int _segmented;

    /// <summary>Makes one.</summary>
    /// <param name="device">The device.</param>
    /// <param name="queue">Its transmit queue.</param>
    /// <param name="network">Where frames go.</param>
    /// <param name="maximum">Most entries of the queue.</param>
    public VirtioNetTransmitter(VirtioNetwork device, Virtqueue queue, INetworkPort network, int maximum)
    {
        _device = device;
        _queue = queue;
        _network = network;
        _chain = new DescriptorChain(device.Memory, maximum);
        _runs = new GuestSegment[maximum];
        _pending = new int[maximum];
        _isSent = new bool[maximum];
    }

    /// <summary>The network needs no guest memory.</summary>
    public bool IsIdle => _pendingFrames == 0;

    /// <summary>Forgets what is to be sent. Frames under way come back by and by.</summary>
    public void Stop()
    {
        _isHeld = false;
        for (int i = 0; i < _isSent.Length; i++)
            _isSent[i] = false;
    }

    /// <summary>Sends what the queue has, while the network has room. The device runs.</summary>
    public void Run()
    {
        do
        {
            _queue.Suppress();
            while (_isHeld || TryBegin())
            {
                if (SendChain() == SendResult.NoRoom)
                {
                    _device.Publish(_queue);
                    return;
                }

                End(_chain.Head);
            }

            _device.Publish(_queue);
        }
        while (_device.Await(_queue));
    }

    /// <summary>The memory of a pending frame is free again.</summary>
    public void Completed(int head)
    {
        _pending[head]--;
        _pendingFrames--;
        if (_pending[head] != 0 || !_isSent[head])
            return;
        _isSent[head] = false;
        _device.Return(_queue, (ushort)head, 0);
        _device.Publish(_queue);
    }

    private bool TryBegin()
    {
        _isHeld = _device.TryTake(_queue, _chain);
        _segmented = 0;
        return _isHeld;
    }

    private void End(ushort head)
    {
        _isHeld = false;
        if (_pending[head] == 0)
            _device.Return(_queue, head, 0);
        else
            _isSent[head] = true;
    }

    // What makes no sense is not sent.
    private SendResult SendChain()
    {
        int length = _chain.ReadableLength - VirtioNet.HeaderSize;
        if (!_device.LinkUp || length is < PacketView.EthernetHeader or > MaximumFrame || !_chain.TryLoad(0, sizeof(ulong), out ulong word)
            || !_chain.TryLoad(sizeof(ulong), sizeof(ushort), out ulong offset))
        {
            return SendResult.Sent;
        }

        bool sums = ((uint)word & VirtioNet.HDR_F_NEEDS_CSUM) != 0;
        int kind = (byte)(word >> 8) & ~VirtioNet.GSO_ECN;
        int start = (ushort)(word >> 48);
        if (kind != VirtioNet.GSO_NONE)
            return sums ? SendSegments(length, kind, start, (int)offset, size: (ushort)(word >> 32)) : SendResult.Sent;
        if (!sums)
            return Send(0, 0, length);
        int header = start + (int)offset + sizeof(ushort);
        return TryPutChecksum(header, start, length) ? Send(header, header, length) : SendResult.Sent;
    }

    // Section 5.1.6.2: the sum of everything from the start on goes where the header copied here ends. The driver has put the pseudo header's sum there.
    private bool TryPutChecksum(int header, int start, int length)
    {
        if (header > Math.Min(length, MaximumHeader) || !_chain.CopyFrom(VirtioNet.HeaderSize, new Span<byte>(_header, 0, header)))
            return false;
        var sum = default(InternetChecksum);
        sum.Add(new ReadOnlySpan<byte>(_header, start, header - start));
        if (!TryAddGuest(ref sum, header, length))
            return false;
        PutChecksum(header - sizeof(ushort), sum.Value);
        return true;
    }

    // Zero and its complement are the same number, but in UDP zero says that there is no sum (RFC 768).
    private void PutChecksum(int at, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_header, at, sizeof(ushort)), value == 0 ? ushort.MaxValue : value);

    private bool TryAddGuest(ref InternetChecksum sum, int start, int end)
    {
        int runs = Cut(start, end);
        for (int i = 0; i < runs; i++)
        {
            if (!_device.Memory.TryGetSpan(_runs[i].Address, _runs[i].Length, false, out Span<byte> bytes))
                return false;
            sum.Add(bytes);
        }

        return true;
    }

    // The frame of so many bytes of _header and the driver's bytes from start to end.
    private SendResult Send(int header, int start, int end)
    {
        int runs = Cut(start, end);
        SendResult result = _network.Send(
            new ReadOnlySpan<byte>(_header, 0, header), new ReadOnlySpan<GuestSegment>(_runs, 0, runs), _chain.Head);
        if (result != SendResult.NoRoom)
            _device.FrameSent();
        if (result == SendResult.Pending)
        {
            _pending[_chain.Head]++;
            _pendingFrames++;
        }

        return result;
    }

    private int Cut(int start, int end) => _chain.Cut(writable: false, VirtioNet.HeaderSize + start, end - start, _runs);
}
