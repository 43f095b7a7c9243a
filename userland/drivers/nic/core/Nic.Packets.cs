using System;
using Kilonova.Net;
using Kilonova.Registers;

namespace Kilonova.Nic;

// Packets through the rings. Descriptors: 82540EM manual, sections 3.2.3 and 3.3.3; 82576 datasheet, sections 7.1.5 and 7.2.2.
public sealed partial class Nic<TRegisters, TMemory, TClock>
{
    private const ulong DescriptorDone = 1;
    private const ulong EndOfPacket = 2;

    // Received, legacy form: length in bits 15-0, status in 39-32, errors in 47-40.
    private const int LegacyStatusShift = 32;
    private const int LegacyErrorShift = 40;
    private const uint LegacyDamaged = 0x97;

    // Received, advanced form: status in bits 19-0, errors in 31-24, length in 47-32.
    private const int AdvancedErrorShift = 24;
    private const int AdvancedLengthShift = 32;
    private const uint AdvancedDamaged = 0x80;

    private const uint StatusIgnoreChecksum = 1 << 2;
    private const uint StatusUdpChecked = 1 << 4;
    private const uint StatusTransportChecked = 1 << 5;
    private const uint StatusIpChecked = 1 << 6;
    private const uint ErrorTransport = 1 << 5;
    private const uint ErrorIp = 1 << 6;

    // Sent, legacy form: length 15-0, checksum offset 23-16, command 31-24, status 35-32, checksum start 47-40.
    private const int LegacyOffsetShift = 16;
    private const int LegacyStartShift = 40;
    private const ulong LegacyEnd = 1ul << 24;
    private const ulong LegacyFcs = 1ul << 25;
    private const ulong LegacyChecksum = 1ul << 26;
    private const ulong LegacyReport = 1ul << 27;

    // Sent, advanced form: length 15-0, type 23-20, command 31-24, status 35-32, options 45-40, length of the packet 63-46.
    private const ulong AdvancedData = 3ul << 20;
    private const ulong AdvancedContext = 2ul << 20;
    private const ulong AdvancedExtension = 1ul << 29;
    private const ulong AdvancedInsertTransport = 1ul << 41;
    private const int AdvancedPacketShift = 46;
    private const ulong ContextIpv4 = 1ul << 10;
    private const ulong ContextTcp = 1ul << 11;
    private const int ContextNetworkShift = 9;

    private const ulong SentDone = 1ul << 32;
    private const uint NoTag = uint.MaxValue;

    // For a reset while the controller has buffers.
    private readonly ulong[] _keptBuffers = new ulong[DescriptorRing<TRegisters, TMemory>.Count];
    private readonly uint[] _keptTags = new uint[DescriptorRing<TRegisters, TMemory>.Count];
    private readonly uint[] _lost = new uint[DescriptorRing<TRegisters, TMemory>.Count];
    private int _lostCount;

    private bool IsAdvanced => _model == NicModel.I82576;

    /// <summary>Buffers that can be posted.</summary>
    public int PostSpace => _receive.Space;

    /// <summary>Descriptors that packets to be sent can take: one per piece, and one for a checksum.</summary>
    public int SendSpace => _transmit.Space;

    /// <summary>Gives the controller a buffer of <see cref="BufferSize"/> bytes for a packet.</summary>
    /// <returns>False when the ring is full.</returns>
    public bool TryPost(ulong address, uint tag)
    {
        if (_receive.Space == 0)
            return false;

        _receive.Write(address, 0, tag);
        return true;
    }

    /// <summary>Takes the next packet that came, and with it its buffer.</summary>
    /// <returns>False when there is none. A packet of length 0 is a buffer whose packet was damaged.</returns>
    public bool TryReceive(out ReceivedPacket packet)
    {
        packet = default;
        if (_receive.IsEmpty)
            return false;

        var word = _receive.Oldest;
        var status = IsAdvanced ? (uint)word & 0xf_ffff : (uint)(byte)(word >> LegacyStatusShift);
        if ((status & DescriptorDone) == 0)
            return false;

        var errors = (uint)(byte)(word >> (IsAdvanced ? AdvancedErrorShift : LegacyErrorShift));
        var length = (uint)(ushort)(IsAdvanced ? word >> AdvancedLengthShift : word);
        var isDamaged = (errors & (IsAdvanced ? AdvancedDamaged : LegacyDamaged)) != 0 || (status & EndOfPacket) == 0
            || length is < MinPacket or > PacketRules.MaxArriving;
        packet = new ReceivedPacket(_receive.TagAt(_receive.Done), isDamaged ? 0 : length, isDamaged ? 0 : FlagsOf(status, errors));
        _receive.TakeUntil(_receive.Done + 1);
        return true;
    }

    /// <summary>Takes a packet to be sent. Its pieces stay the controller's until <see cref="TryReclaim"/> gives the tag back.</summary>
    /// <returns>False when the ring has no space for it now, or it can never be sent: <see cref="CanSend"/>.</returns>
    public bool TrySend(ReadOnlySpan<DmaSegment> segments, uint tag, ChecksumRequest checksum = default)
    {
        if (!CanSend(segments, checksum) || _transmit.Space < segments.Length + 1 || _lostCount != 0)
            return false;

        uint length = 0;
        foreach (var segment in segments)
            length += segment.Length;

        var sums = checksum.Start != 0;
        if (IsAdvanced && sums)
            WriteContext(checksum);

        for (var i = 0; i < segments.Length; i++)
        {
            var isLast = i == segments.Length - 1;
            var high = segments[i].Length | LegacyFcs | (isLast ? LegacyEnd | LegacyReport : 0);
            if (IsAdvanced)
                high |= AdvancedData | AdvancedExtension | (ulong)length << AdvancedPacketShift | (sums ? AdvancedInsertTransport : 0);
            else if (sums)
                high |= LegacyChecksum | (ulong)(checksum.Start + checksum.Offset) << LegacyOffsetShift
                    | (ulong)checksum.Start << LegacyStartShift;

            _transmit.Write(segments[i].Address, high, isLast ? tag : NoTag);
        }

        return true;
    }

    /// <summary>Whether a packet is one that the controller can send at all.</summary>
    public bool CanSend(ReadOnlySpan<DmaSegment> segments, ChecksumRequest checksum) =>
        segments.Length <= MaxSegments && PacketRules.IsSendable(segments, checksum);

    /// <summary>Takes a packet back that was sent, or that was lost when the controller was reset.</summary>
    public bool TryReclaim(out uint tag)
    {
        tag = NoTag;
        if (_lostCount != 0)
        {
            tag = _lost[--_lostCount];
            return true;
        }

        for (var at = _transmit.Done; at != _transmit.Written; at++)
        {
            // Only the last descriptor of a packet reports.
            if (_transmit.TagAt(at) == NoTag)
                continue;

            if ((_transmit.HighAt(at) & SentDone) == 0)
                return false;

            tag = _transmit.TagAt(at);
            _transmit.TakeUntil(at + 1);
            _lastProgress = _clock.Now;
            return true;
        }

        return false;
    }

    /// <summary>Shows the controller what was posted and is to be sent: once per batch, for each costs a register write.</summary>
    public void Publish()
    {
        _receive.Publish();
        _transmit.Publish();
    }

    private static ReceiveFlags FlagsOf(uint status, uint errors)
    {
        if ((status & StatusIgnoreChecksum) != 0)
            return ReceiveFlags.None;

        if ((errors & (ErrorIp | ErrorTransport)) != 0)
            return ReceiveFlags.BadChecksum;

        var ip = (status & StatusIpChecked) != 0 ? ReceiveFlags.IpChecked : 0;
        return ip | ((status & (StatusTransportChecked | StatusUdpChecked)) != 0 ? ReceiveFlags.TransportChecked : 0);
    }

    private void WriteContext(ChecksumRequest checksum)
    {
        var low = (ulong)(uint)(checksum.Start - checksum.NetworkHeader) | (ulong)checksum.NetworkHeader << ContextNetworkShift;
        var high = AdvancedContext | AdvancedExtension | (checksum.IsIpv4 ? ContextIpv4 : 0)
            | (checksum.Offset == ChecksumRequest.TcpOffset ? ContextTcp : 0);
        _transmit.Write(low, high, NoTag);
    }

    // The controller is reset. Buffers for reception go back into their ring; packets that were not sent are given back as if they were: a
    // network may lose them.
    private void Restart()
    {
        Statistics.Restarts++;
        _lastProgress = _clock.Now;
        var buffers = 0;
        for (var at = _receive.Done; at != _receive.Written; at++, buffers++)
        {
            _keptBuffers[buffers] = _receive.BufferAt(at);
            _keptTags[buffers] = _receive.TagAt(at);
        }

        for (var at = _transmit.Done; at != _transmit.Written; at++)
        {
            if (_transmit.TagAt(at) != NoTag)
                _lost[_lostCount++] = _transmit.TagAt(at);
        }

        if (TryReset())
            Configure();

        for (var i = 0; i < buffers; i++)
            _receive.Write(_keptBuffers[i], 0, _keptTags[i]);

        Publish();
    }
}
