// Segmentation: one packet of the driver's becomes many on the wire, with headers that differ in lengths, numbers, flags and sums (OASIS Virtual
// I/O Device 1.2, section 5.1.6.2; RFC 9293, RFC 791, RFC 8200).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

internal sealed partial class VirtioNetTransmitter
{
    private const int TypeOffset = 12;
    private const ushort TypeVlan = 0x8100;
    private const ushort TypeIpv4 = 0x0800;
    private const ushort TypeIpv6 = 0x86dd;
    private const byte TcpProtocol = 6;
    private const int TcpChecksum = 16;
    private const int MinimumTcpHeader = 20;
    private const int MinimumIpv4Header = 20;

    private SendResult SendSegments(int length, int kind, int transport, int checksum, int size)
    {
        bool v6 = kind == VirtioNet.GSO_TCPV6;
        ulong feature = v6 ? VirtioNet.F_HOST_TSO6 : VirtioNet.F_HOST_TSO4;
        if ((!v6 && kind != VirtioNet.GSO_TCPV4) || !_device.Has(feature) || size == 0 || checksum != TcpChecksum
            || !TryCopyHeaders(length, v6, transport, out int ip, out int header))
        {
            return SendResult.Sent;
        }

        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(_header, transport + 4, 4));
        int identification = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(_header, ip + 4, 2));
        byte flags = _header[transport + 13];
        int payload = length - header;
        // What found no room goes on where it was.
        while (_segmented < payload)
        {
            int done = _segmented;
            int piece = Math.Min(size, payload - done);
            PutIpHeader(v6, ip, transport, header - transport + piece, (ushort)(identification + (done / size)));
            PutTcpHeader(transport, sequence + (uint)done, flags, isFirst: done == 0, isLast: done + piece == payload);
            if (!TryPutTcpChecksum(v6, ip, transport, header, done, piece))
                return SendResult.Sent;
            if (Send(header, header + done, header + done + piece) == SendResult.NoRoom)
                return SendResult.NoRoom;
            _segmented += piece;
        }

        return SendResult.Sent;
    }

    // All headers, as far as they are what the driver says they are.
    private bool TryCopyHeaders(int length, bool v6, int transport, out int ip, out int header)
    {
        ip = PacketView.EthernetHeader;
        header = 0;
        int copied = Math.Min(length, MaximumHeader);
        if (transport + MinimumTcpHeader > copied || !_chain.CopyFrom(VirtioNet.HeaderSize, new Span<byte>(_header, 0, copied)))
            return false;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(_header, TypeOffset, 2));
        if (type == TypeVlan)
        {
            type = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(_header, TypeOffset + PacketView.VlanTag, 2));
            ip += PacketView.VlanTag;
        }

        int tcp = (_header[transport + 12] >> 4) * 4;
        header = transport + tcp;
        int network = transport - ip;
        bool isIp = v6
            ? type == TypeIpv6 && network >= PacketView.Ipv6Header
            : type == TypeIpv4 && network >= MinimumIpv4Header && (_header[ip] & 0xf) * 4 == network;
        return isIp && tcp >= MinimumTcpHeader && header <= copied && header < length;
    }

    private void PutIpHeader(bool v6, int ip, int transport, int length, ushort identification)
    {
        if (v6)
        {
            Put16(ip + 4, (ushort)(transport - ip - PacketView.Ipv6Header + length));
            return;
        }

        Put16(ip + 2, (ushort)(transport - ip + length));
        Put16(ip + 4, identification);
        Put16(ip + 10, 0);
        var sum = default(InternetChecksum);
        sum.Add(new ReadOnlySpan<byte>(_header, ip, transport - ip));
        Put16(ip + 10, sum.Value);
    }

    // FIN and PSH belong to the last segment, CWR (RFC 3168) to the first.
    private void PutTcpHeader(int transport, uint sequence, byte flags, bool isFirst, bool isLast)
    {
        const int FinPush = 0x09;
        const int CongestionReduced = 0x80;
        BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(_header, transport + 4, 4), sequence);
        _header[transport + 13] = (byte)(flags & (isLast ? 0xff : ~FinPush) & (isFirst ? 0xff : ~CongestionReduced));
    }

    private bool TryPutTcpChecksum(bool v6, int ip, int transport, int header, int done, int piece)
    {
        Put16(transport + TcpChecksum, 0);
        var sum = default(InternetChecksum);
        sum.AddPseudoHeader(
            new ReadOnlySpan<byte>(_header, ip, transport - ip), v6 ? 6 : 4, TcpProtocol, header - transport + piece);
        sum.Add(new ReadOnlySpan<byte>(_header, transport, header - transport));
        if (!TryAddGuest(ref sum, header + done, header + done + piece))
            return false;
        PutChecksum(transport + TcpChecksum, sum.Value);
        return true;
    }

    private void Put16(int at, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_header, at, sizeof(ushort)), value);
}
