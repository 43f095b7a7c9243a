// A transmit queue of an 82576 (data sheet, section 7.2): descriptors to frames, with checksums and segmentation.
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A ring of descriptors and the frames made of them. Frames name guest memory; only headers that the NIC has to write are copied. Guarded by
/// the NIC's lock.
/// </summary>
internal sealed partial class IgbTransmitter
{
    /// <summary>Most descriptors of a frame.</summary>
    private const int MaximumSegments = 64;

    /// <summary>Most bytes of headers that the NIC writes to.</summary>
    private const int MaximumHeader = 256;

    private const int MinimumFrame = 60;
    private const int Contexts = 2;

    // Frames whose memory the network still needs. More wait in the ring.
    private const int MaximumPending = 256;

    private readonly Igb _nic;
    private readonly int _number;
    private readonly GuestMemory _memory;
    private readonly GuestSegment[] _segments = new GuestSegment[MaximumSegments];
    private readonly GuestSegment[] _part = new GuestSegment[MaximumSegments];
    private readonly byte[] _header = new byte[MaximumHeader];
    private readonly Context[] _contexts = new Context[Contexts];

    // Frames under way, oldest first: where the ring goes on behind each, and whether the driver wants to hear. Head is behind the oldest.
    private readonly Frame[] _frames = new Frame[MaximumPending];
    private int _firstFrame;
    private int _frameCount;

    // The frame that is being put together: where it begins, what has been read of it, its first descriptor (which has its options), how many
    // bytes of its payload have been sent in segments, and how many of these the network still needs.
    private uint _start;
    private uint _next;
    private int _segmentCount;
    private int _length;
    private bool _tooLong;
    private bool _hasFirst;
    private Descriptor _first;
    private int _segmented;
    private int _pending;

    private uint _baseLow;
    private uint _baseHigh;
    private uint _size;
    private uint _head;
    private uint _tail;
    private uint _control;
    private uint _writeBackLow;
    private uint _writeBackHigh;
    private uint _cacheHints;

    public IgbTransmitter(Igb nic, int number, GuestMemory memory)
    {
        _nic = nic;
        _number = number;
        _memory = memory;
    }

    private ulong Base => _baseLow | ((ulong)_baseHigh << 32);

    private uint Count => _size / IgbDescriptor.Size;

    private bool IsEnabled => (_control & IgbBits.DCTL_ENABLE) != 0 && _nic.TransmitEnabled;

    /// <summary>The state after reset. Frames under way are forgotten when they come back.</summary>
    public void Reset()
    {
        _baseLow = _baseHigh = _size = _head = _tail = _writeBackLow = _writeBackHigh = _cacheHints = 0;
        _control = _number == 0 ? IgbBits.DCTL_ENABLE : 0;
        Array.Clear(_contexts);
        for (int i = 0; i < _frameCount; i++)
            _frames[(_firstFrame + i) % MaximumPending].IsForgotten = true;
        if (_pending > 0)
            AddFrame(default, 0, reports: false, forgotten: true);
        BeginFrame(0);
    }

    public uint Read(int register) => register switch
    {
        IgbRegister.DBAL => _baseLow,
        IgbRegister.DBAH => _baseHigh,
        IgbRegister.DLEN => _size,
        IgbRegister.DH => _head,
        IgbRegister.DT => _tail,
        0x14 => _cacheHints,
        IgbRegister.DCTL => _control,
        IgbRegister.TDWBAL => _writeBackLow,
        IgbRegister.TDWBAH => _writeBackHigh,
        _ => 0,
    };

    public void Write(int register, uint value)
    {
        switch (register)
        {
            case IgbRegister.DBAL:
                _baseLow = value & ~0x7fu;
                break;
            case IgbRegister.DBAH:
                _baseHigh = value;
                break;
            case IgbRegister.DLEN:
                _size = value & 0xf_ff80;
                break;
            case IgbRegister.DH:
                _head = value & 0xffff;
                BeginFrame(_head);
                break;
            case IgbRegister.DT:
                _tail = value & 0xffff;
                Run();
                break;
            case 0x14:
                _cacheHints = value;
                break;
            case IgbRegister.DCTL:
                bool begins = (~_control & value & IgbBits.DCTL_ENABLE) != 0;
                _control = value & ~IgbBits.DCTL_SWFLUSH;
                if (begins)
                    BeginFrame(_head);
                Run();
                break;
            case IgbRegister.TDWBAL:
                _writeBackLow = value & ~2u;
                break;
            case IgbRegister.TDWBAH:
                _writeBackHigh = value;
                break;
        }
    }

    /// <summary>Sends what the ring has.</summary>
    public void Run()
    {
        // A ring's length bounds the work of one call: a driver cannot make the NIC spin.
        for (uint i = 0; i < Count && IsEnabled && _next != _tail; i++)
        {
            if (_next >= Count || _frameCount == MaximumPending - 1 || !ReadDescriptor())
                return;
        }
    }

    /// <summary>The memory of a pending frame is free again.</summary>
    public void Completed(int tag)
    {
        if (tag == Place)
            _pending--;
        else
            _frames[tag].Pending--;
        RetireFrames();
        Run();
    }

    // Returns false if the network has no room for the frame that the descriptor ends: the frame is put together again later.
    private bool ReadDescriptor()
    {
        Span<byte> bytes = stackalloc byte[IgbDescriptor.Size];
        if (!_nic.IsBusMaster || !_memory.Read(Base + ((ulong)_next * IgbDescriptor.Size), bytes))
            return false;
        var descriptor = new Descriptor
        {
            Address = BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            Command = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(8)),
            Options = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(12)),
            Index = _next,
        };
        uint following = _next + 1 == Count ? 0 : _next + 1;
        bool extended = (descriptor.Command & IgbDescriptor.TransmitExtended) != 0;
        if (extended && (descriptor.Command & IgbDescriptor.TransmitTypeMask) == IgbDescriptor.TransmitContext)
        {
            int context = (int)(descriptor.Options >> 4) & 1;
            _contexts[context].Load(descriptor.Address, descriptor.Command, descriptor.Options);
            _next = following;
            if (!_hasFirst)
            {
                AddFrame(descriptor, following, reports: false);
                BeginFrame(following);
            }

            return true;
        }

        AddSegment(descriptor.Address, (int)(descriptor.Command & 0xffff));
        if (!_hasFirst)
            _first = descriptor;
        _hasFirst = true;
        if ((descriptor.Command & IgbDescriptor.TransmitEop) == 0)
        {
            _next = following;
            return true;
        }

        return SendFrame(descriptor, following, extended);
    }

    private void AddSegment(ulong address, int length)
    {
        if (length == 0)
            return;
        if (_segmentCount == MaximumSegments)
        {
            _tooLong = true;
            return;
        }

        _segments[_segmentCount].Address = address;
        _segments[_segmentCount].Length = length;
        _segmentCount++;
        _length += length;
    }

    private bool SendFrame(in Descriptor last, uint following, bool extended)
    {
        bool reports = (last.Command & IgbDescriptor.TransmitReport) != 0;
        SendResult result = SendResult.Sent;
        if (!_tooLong && _length > 0)
            result = extended ? SendExtended() : SendLegacy(last);
        if (result == SendResult.NoRoom)
        {
            BeginFrame(_start);
            return false;
        }

        _segmented = 0;
        AddFrame(last, following, reports);
        BeginFrame(following);
        return true;
    }

    private void BeginFrame(uint start)
    {
        _start = start;
        _next = start;
        _segmentCount = 0;
        _length = 0;
        _tooLong = false;
        _hasFirst = false;
    }

    private void AddFrame(in Descriptor last, uint following, bool reports, bool forgotten = false)
    {
        ref Frame frame = ref _frames[Place];
        frame.Last = last.Index;
        frame.Options = last.Options;
        frame.Following = following;
        frame.Reports = reports;
        frame.IsForgotten = forgotten;
        frame.Pending = _pending;
        _pending = 0;
        _frameCount++;
        RetireFrames();
    }

    // In order: a frame is done when those before it are.
    private void RetireFrames()
    {
        bool interrupts = false;
        while (_frameCount > 0 && _frames[_firstFrame].Pending == 0)
        {
            ref Frame frame = ref _frames[_firstFrame];
            if (!frame.IsForgotten)
            {
                _head = frame.Following;
                if (frame.Reports)
                    Report(frame);
                interrupts |= frame.Reports;
            }

            _firstFrame = (_firstFrame + 1) % MaximumPending;
            _frameCount--;
        }

        if (interrupts)
            _nic.TransmitDone(_number);
    }

    private void Report(in Frame frame)
    {
        if ((_writeBackLow & IgbBits.TDWBAL_Enable) != 0)
            _memory.TryStore((_writeBackLow & ~3ul) | ((ulong)_writeBackHigh << 32), sizeof(uint), _head);
        else
            _memory.TryStore(Base + ((ulong)frame.Last * IgbDescriptor.Size) + 12, sizeof(uint), frame.Options | IgbDescriptor.Done);
    }

    // The frame from `header` bytes of _header and the descriptors' bytes from `start` to `end`; with a VLAN tag behind the addresses.
    private SendResult Send(int header, int start, int end, ushort? vlan)
    {
        const int Addresses = 12;
        if (end - start + header > Igb.MaximumFrame)
            return SendResult.Sent;
        if ((vlan.HasValue || end - start + header < MinimumFrame) && header < Math.Min(end, MinimumFrame))
        {
            // Both tag and padding want the beginning of the frame in our hands. Only then nothing was written to it before.
            header = Math.Min(end, MinimumFrame);
            if (!CopyHeader(header))
                return SendResult.Sent;
            start = header;
        }

        Span<byte> frame = stackalloc byte[MaximumHeader + PacketView.VlanTag];
        int length = header;
        new ReadOnlySpan<byte>(_header, 0, header).CopyTo(frame);
        if (vlan is ushort tag && header >= PacketView.EthernetHeader)
        {
            frame.Slice(Addresses, header - Addresses).CopyTo(frame.Slice(Addresses + PacketView.VlanTag));
            BinaryPrimitives.WriteUInt16BigEndian(frame.Slice(Addresses), _nic.VlanType);
            BinaryPrimitives.WriteUInt16BigEndian(frame.Slice(Addresses + 2), tag);
            length += PacketView.VlanTag;
        }

        int part = Cut(start, end);
        if (part == 0 && length < MinimumFrame && _nic.PadsShortFrames)
        {
            frame.Slice(length, MinimumFrame - length).Clear();
            length = MinimumFrame;
        }

        for (int i = 0; i < part; i++)
        {
            if (!_memory.TryGetSpan(_part[i].Address, _part[i].Length, false, out _))
                return SendResult.Sent;
        }

        int name = (_number * MaximumPending) + Place;
        SendResult result = _nic.Send(frame.Slice(0, length), new ReadOnlySpan<GuestSegment>(_part, 0, part), name, length + end - start);
        if (result == SendResult.Pending)
            _pending++;
        return result;
    }

    // Of the frame that is being put together, among the frames under way.
    private int Place => (_firstFrame + _frameCount) % MaximumPending;

    /// <summary>Takes a tag apart.</summary>
    public static (int Queue, int Frame) Split(int tag) => (tag / MaximumPending, tag % MaximumPending);

    private bool CopyHeader(int length)
    {
        int copied = 0;
        for (int i = 0; copied < length; i++)
        {
            int piece = Math.Min(_segments[i].Length, length - copied);
            if (!_memory.Read(_segments[i].Address, new Span<byte>(_header, copied, piece)))
                return false;
            copied += piece;
        }

        return true;
    }

    // The descriptors' bytes from start to end, as segments in _part.
    private int Cut(int start, int end)
    {
        int count = 0;
        int at = 0;
        for (int i = 0; i < _segmentCount && at < end; i++)
        {
            int length = _segments[i].Length;
            int skip = Math.Max(start - at, 0);
            int take = Math.Min(length, end - at) - skip;
            if (take > 0)
            {
                _part[count].Address = _segments[i].Address + (uint)skip;
                _part[count].Length = take;
                count++;
            }

            at += length;
        }

        return count;
    }

    private struct Descriptor
    {
        public ulong Address;
        public uint Command;
        public uint Options;
        public uint Index;
    }

    private struct Frame
    {
        public uint Last;
        public uint Options;
        public uint Following;
        public bool Reports;
        public int Pending;
        public bool IsForgotten;
    }

    // Section 7.2.2.2.
    private struct Context
    {
        public int MacLength;
        public int IpLength;
        public int TransportLength;
        public int SegmentSize;
        public ushort Vlan;
        public bool IsIpv4;
        public Transport Transport;

        public readonly int ChecksumOffset => Transport == Transport.Tcp ? 16 : 6;

        public void Load(ulong lengths, uint command, uint options)
        {
            IpLength = (int)lengths & 0x1ff;
            MacLength = (int)(lengths >> 9) & 0x7f;
            Vlan = (ushort)(lengths >> 16);
            IsIpv4 = (command & IgbDescriptor.ContextIpv4) != 0;
            Transport = (command & IgbDescriptor.ContextTransportMask) switch
            {
                IgbDescriptor.ContextTcp => Transport.Tcp,
                IgbDescriptor.ContextSctp => Transport.Sctp,
                _ => Transport.Udp,
            };
            TransportLength = (int)(options >> 8) & 0xff;
            SegmentSize = (int)(options >> 16);
        }
    }
}
