// A receive queue of an 82576 (data sheet, section 7.1): frames to the buffers that descriptors name.
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>What the NIC found out about a frame.</summary>
internal ref struct ReceivedFrame
{
    /// <summary>The frame, without the VLAN tag if it has been taken out.</summary>
    public ReadOnlySpan<byte> First;

    /// <summary>What follows <see cref="First"/>: the frame is in two pieces where a tag was between them.</summary>
    public ReadOnlySpan<byte> Second;

    /// <summary>The check sequence, if the guest wants it.</summary>
    public ReadOnlySpan<byte> Check;

    public uint PacketType;
    public int HashType;
    public uint Hash;
    public uint Status;
    public ushort Vlan;

    public readonly int Length => First.Length + Second.Length + Check.Length;
}

/// <summary>A ring of descriptors with empty buffers. Guarded by the NIC's lock.</summary>
internal sealed class IgbReceiver
{
    private const uint OneBuffer = 1;
    private const uint SplitHeader = 2;
    private const uint AlwaysSplitHeader = 5;
    private const uint DefaultControl = 1u << 16;

    private readonly Igb _nic;
    private readonly int _number;
    private readonly GuestMemory _memory;
    private uint _baseLow;
    private uint _baseHigh;
    private uint _size;
    private uint _head;
    private uint _tail;
    private uint _control;
    private uint _splitControl;
    private uint _dropped;
    private uint _cacheHints;

    public IgbReceiver(Igb nic, int number, GuestMemory memory)
    {
        _nic = nic;
        _number = number;
        _memory = memory;
    }

    private ulong Base => _baseLow | ((ulong)_baseHigh << 32);

    private uint Count => _size / IgbDescriptor.Size;

    private bool IsEnabled => (_control & IgbBits.DCTL_ENABLE) != 0 && Count != 0;

    private bool IsAdvanced => ((_splitControl >> IgbBits.SRRCTL_DESCTYPE_Shift) & 7) is OneBuffer or SplitHeader or AlwaysSplitHeader;

    private int BufferSize
    {
        get
        {
            int kilobytes = (int)(_splitControl & 0x7f);
            return kilobytes != 0 ? kilobytes * 1024 : _nic.DefaultBufferSize;
        }
    }

    private uint Available => _head < Count && _tail < Count ? (_tail + Count - _head) % Count : 0;

    /// <summary>The state after reset.</summary>
    public void Reset()
    {
        _baseLow = _baseHigh = _size = _head = _tail = _dropped = _cacheHints = 0;
        _splitControl = 0;
        _control = DefaultControl | (_number == 0 ? IgbBits.DCTL_ENABLE : 0);
    }

    public uint Read(int register)
    {
        switch (register)
        {
            case IgbRegister.DBAL:
                return _baseLow;
            case IgbRegister.DBAH:
                return _baseHigh;
            case IgbRegister.DLEN:
                return _size;
            case IgbRegister.SRRCTL:
                return _splitControl;
            case IgbRegister.DH:
                return _head;
            case 0x14:
                return _cacheHints;
            case IgbRegister.DT:
                return _tail;
            case IgbRegister.DCTL:
                return _control;
            case IgbRegister.RQDPC:
                uint dropped = _dropped;
                _dropped = 0;
                return dropped;
            default:
                return 0;
        }
    }

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
            case IgbRegister.SRRCTL:
                _splitControl = value;
                break;
            case IgbRegister.DH:
                _head = value & 0xffff;
                break;
            case 0x14:
                _cacheHints = value;
                break;
            case IgbRegister.DT:
                _tail = value & 0xffff;
                _nic.BuffersAdded();
                break;
            case IgbRegister.DCTL:
                _control = value & ~IgbBits.DCTL_SWFLUSH;
                _nic.BuffersAdded();
                break;
        }
    }

    /// <summary>Puts a frame into as many buffers as it needs.</summary>
    public ReceiveResult Take(in ReceivedFrame frame)
    {
        if (!IsEnabled)
            return ReceiveResult.Dropped;
        uint needed = (uint)((frame.Length + BufferSize - 1) / BufferSize);
        if (Available < needed || !_nic.IsBusMaster)
        {
            if ((_splitControl & IgbBits.SRRCTL_DROP_EN) == 0 && needed < Count)
                return ReceiveResult.NoRoom;
            _dropped = Math.Min(_dropped + 1, 0xfff);
            return ReceiveResult.Dropped;
        }

        int done = 0;
        for (uint i = 0; i < needed; i++)
        {
            int size = Math.Min(BufferSize, frame.Length - done);
            if (!Fill(frame, done, size, isLast: i + 1 == needed))
                return ReceiveResult.Dropped;
            done += size;
        }

        _nic.ReceiveDone(_number);
        return ReceiveResult.Taken;
    }

    private bool Fill(in ReceivedFrame frame, int start, int size, bool isLast)
    {
        ulong at = Base + ((ulong)_head * IgbDescriptor.Size);
        _head = _head + 1 == Count ? 0 : _head + 1;
        if (!_memory.TryLoad(at, sizeof(ulong), out ulong buffer))
            return false;
        bool copied = CopyPiece(frame.First, 0, buffer, start, size)
            && CopyPiece(frame.Second, frame.First.Length, buffer, start, size)
            && CopyPiece(frame.Check, frame.First.Length + frame.Second.Length, buffer, start, size);
        return (IsAdvanced ? WriteAdvanced(frame, at, size, isLast) : WriteLegacy(frame, at, size, isLast)) && copied;
    }

    // The part of a piece of the frame, which begins at an offset, that lies in [start, start + size).
    private bool CopyPiece(ReadOnlySpan<byte> piece, int offset, ulong buffer, int start, int size)
    {
        int from = Math.Max(start, offset);
        int to = Math.Min(start + size, offset + piece.Length);
        return from >= to || _memory.Write(buffer + (uint)(from - start), piece.Slice(from - offset, to - from));
    }

    // The word with the status goes last: a driver on another CPU polls it.
    private bool WriteAdvanced(in ReceivedFrame frame, ulong at, int size, bool isLast)
    {
        uint status = IgbDescriptor.Done | (isLast ? IgbDescriptor.ReceiveEop | frame.Status : 0);
        ulong first = (uint)frame.HashType | frame.PacketType | ((ulong)frame.Hash << 32);
        ulong second = status | ((ulong)(uint)(size | (isLast ? frame.Vlan << 16 : 0)) << 32);
        return _memory.TryStore(at, sizeof(ulong), first) && _memory.TryStore(at + 8, sizeof(ulong), second);
    }

    // Section 7.1.4: length, no checksum, 8 bits of status and of errors, VLAN.
    private bool WriteLegacy(in ReceivedFrame frame, ulong at, int size, bool isLast)
    {
        const int Errors = 24;
        uint status = IgbDescriptor.Done | (isLast ? IgbDescriptor.ReceiveEop | (frame.Status & 0xff) : 0);
        uint errors = isLast ? (frame.Status >> Errors) & 0x60 : 0;
        ulong word = (uint)size | ((ulong)(status | (errors << 8)) << 32) | ((ulong)(isLast ? frame.Vlan : 0) << 48);
        return _memory.TryStore(at + 8, sizeof(ulong), word);
    }
}
