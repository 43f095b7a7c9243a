// What the NIC does to a frame before it is sent: checksums and segmentation (82576 data sheet, sections 7.2.2 to 7.2.5).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

internal sealed partial class IgbTransmitter
{
    // Section 7.2.2.1: a checksum over everything from CSS on, put at CSO.
    private SendResult SendLegacy(in Descriptor last)
    {
        int header = 0;
        if ((last.Command & IgbDescriptor.TransmitInsertChecksum) != 0)
        {
            int start = (int)(_first.Options >> 8) & 0xff;
            int offset = (int)(_first.Command >> 16) & 0xff;
            header = Math.Min(_length, MaximumHeader);
            if (start >= _length || offset + 2 > header || !CopyHeader(header))
                return SendResult.Sent;
            var sum = default(InternetChecksum);
            if (!AddToSum(ref sum, start, _length))
                return SendResult.Sent;
            BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_header, offset, 2), sum.Value);
        }

        bool vlan = (last.Command & IgbDescriptor.TransmitVlan) != 0;
        return Send(header, header, _length, vlan ? (ushort)(last.Options >> 16) : null);
    }

    private SendResult SendExtended()
    {
        ref readonly Context context = ref _contexts[(_first.Options >> 4) & 1];
        ushort? vlan = (_first.Command & IgbDescriptor.TransmitVlan) != 0 ? context.Vlan : null;
        if ((_first.Command & IgbDescriptor.TransmitSegment) != 0)
            return SendSegments(context, vlan);
        uint options = _first.Options;
        int header = 0;
        if ((options & (IgbDescriptor.OptionIpChecksum | IgbDescriptor.OptionTransportChecksum)) != 0)
        {
            header = Math.Min(_length, MaximumHeader);
            if (!CopyHeader(header) || !PutChecksums(context, options, header))
                return SendResult.Sent;
        }

        return Send(header, header, _length, vlan);
    }

    // Of a frame that is not cut, software has already put the pseudo header's sum into the transport's checksum field.
    private bool PutChecksums(in Context context, uint options, int header)
    {
        int ip = context.MacLength;
        int transport = ip + context.IpLength;
        if ((options & IgbDescriptor.OptionIpChecksum) != 0 && context.IsIpv4)
        {
            if (context.IpLength < 20 || transport > header)
                return false;
            PutIpChecksum(ip, context.IpLength);
        }

        if ((options & IgbDescriptor.OptionTransportChecksum) == 0)
            return true;
        int field = transport + context.ChecksumOffset;
        if (field + 2 > header || context.Transport == Transport.Sctp)
            return context.Transport == Transport.Sctp && PutSctpChecksum(transport, header);
        var sum = default(InternetChecksum);
        if (!AddToSum(ref sum, transport, _length))
            return false;
        PutTransportChecksum(context.Transport, field, sum.Value);
        return true;
    }

    private void PutIpChecksum(int ip, int length)
    {
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_header, ip + 10, 2), 0);
        var sum = default(InternetChecksum);
        sum.Add(new ReadOnlySpan<byte>(_header, ip, length));
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_header, ip + 10, 2), sum.Value);
    }

    // RFC 768: in UDP a sum of zero means that there is none.
    private void PutTransportChecksum(Transport transport, int field, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(
        new Span<byte>(_header, field, 2), value == 0 && transport == Transport.Udp ? ushort.MaxValue : value);

    // RFC 9260, appendix A: CRC32c over the packet with a checksum of zero, least significant byte first.
    private bool PutSctpChecksum(int transport, int header)
    {
        if (transport + 12 > header)
            return false;
        Span<byte> field = new Span<byte>(_header, transport + 8, 4);
        field.Clear();
        uint crc = Crc32.Begin;
        crc = Crc32.AddCastagnoli(crc, new ReadOnlySpan<byte>(_header, transport, header - transport));
        int part = Cut(header, _length);
        for (int i = 0; i < part; i++)
        {
            if (!_memory.TryGetSpan(_part[i].Address, _part[i].Length, false, out Span<byte> bytes))
                return false;
            crc = Crc32.AddCastagnoli(crc, bytes);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(field, ~crc);
        return true;
    }

    // Section 7.2.4: one packet of the stack becomes many on the wire, with headers that differ in lengths, numbers, flags and sums.
    private SendResult SendSegments(in Context context, ushort? vlan)
    {
        int header = context.MacLength + context.IpLength + context.TransportLength;
        int payload = _length - header;
        if (header > MaximumHeader || payload <= 0 || context.SegmentSize == 0 || context.Transport == Transport.Sctp
            || context.IpLength < (context.IsIpv4 ? 20 : PacketView.Ipv6Header) || context.TransportLength < 8
            || (context.Transport == Transport.Tcp && context.TransportLength < 20) || !CopyHeader(header))
        {
            return SendResult.Sent;
        }

        int transport = context.MacLength + context.IpLength;
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(_header, transport + 4, 4));
        ushort identification = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(_header, context.MacLength + 4, 2));
        byte flags = context.Transport == Transport.Tcp ? _header[transport + 13] : (byte)0;
        // A frame that found no room was cut short: go on where it was.
        for (int done = _segmented; done < payload;)
        {
            int size = Math.Min(context.SegmentSize, payload - done);
            WriteHeader(context, transport, sequence + (uint)done, (ushort)(identification + (done / context.SegmentSize)), flags,
                isFirst: done == 0, isLast: done + size == payload, size);
            if (!SumSegment(context, transport, header + done, size))
                break;
            if (Send(header, header + done, header + done + size, vlan) == SendResult.NoRoom)
            {
                _segmented = done;
                return SendResult.NoRoom;
            }

            done += size;
        }

        return SendResult.Sent;
    }

    private void WriteHeader(
        in Context context, int transport, uint sequence, ushort identification, byte flags, bool isFirst, bool isLast, int size)
    {
        Span<byte> ip = new Span<byte>(_header, context.MacLength, context.IpLength);
        int length = context.TransportLength + size;
        if (context.IsIpv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip.Slice(2), (ushort)(context.IpLength + length));
            BinaryPrimitives.WriteUInt16BigEndian(ip.Slice(4), identification);
            PutIpChecksum(context.MacLength, context.IpLength);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip.Slice(4), (ushort)(context.IpLength - PacketView.Ipv6Header + length));
        }

        if (context.Transport == Transport.Udp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_header, transport + 4, 2), (ushort)length);
            return;
        }

        const byte FinPush = 0x09;
        const byte CongestionReduced = 0x80;
        BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(_header, transport + 4, 4), sequence);
        _header[transport + 13] = (byte)(flags & (isLast ? 0xff : ~FinPush) & (isFirst ? 0xff : ~CongestionReduced));
    }

    private bool SumSegment(in Context context, int transport, int start, int size)
    {
        int field = transport + context.ChecksumOffset;
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_header, field, 2), 0);
        var sum = default(InternetChecksum);
        sum.AddPseudoHeader(new ReadOnlySpan<byte>(_header, context.MacLength, context.IpLength), context.IsIpv4 ? 4 : 6,
            context.Transport == Transport.Tcp ? (byte)6 : (byte)17, context.TransportLength + size);
        sum.Add(new ReadOnlySpan<byte>(_header, transport, context.TransportLength));
        if (!AddGuestToSum(ref sum, start, start + size))
            return false;
        PutTransportChecksum(context.Transport, field, sum.Value);
        return true;
    }

    private bool AddGuestToSum(ref InternetChecksum sum, int start, int end)
    {
        int part = Cut(start, end);
        for (int i = 0; i < part; i++)
        {
            if (!_memory.TryGetSpan(_part[i].Address, _part[i].Length, false, out Span<byte> bytes))
                return false;
            sum.Add(bytes);
        }

        return true;
    }

    // What is in our copy of the header is summed there, since fields of it have been written.
    private bool AddToSum(ref InternetChecksum sum, int start, int end)
    {
        int header = Math.Min(end, Math.Min(_length, MaximumHeader));
        if (start < header)
            sum.Add(new ReadOnlySpan<byte>(_header, start, header - start));
        return AddGuestToSum(ref sum, Math.Max(start, header), end);
    }
}
