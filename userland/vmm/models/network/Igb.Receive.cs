// Which frames an 82576 takes, and what it finds out about them (data sheet, section 7.1).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

public sealed partial class Igb
{
    private const int FirstAddresses = 16;
    private const int MoreAddresses = 8;
    private const int StandardFrame = 1518 - CheckSequence;
    private const int RedirectionMask = 0x7f;

    private readonly byte[] _check = new byte[CheckSequence];

    /// <inheritdoc/>
    public ReceiveResult Receive(ReadOnlySpan<byte> frame)
    {
        Guard.Enter();
        ReceiveResult result = Take(frame);
        Guard.Leave();
        return result;
    }

    private ReceiveResult Take(ReadOnlySpan<byte> frame)
    {
        uint control = _kept[IgbRegister.RCTL / 4];
        if (!LinkUp || (control & IgbBits.RCTL_EN) == 0 || frame.Length < PacketView.EthernetHeader)
            return ReceiveResult.Dropped;
        PacketView packet = PacketView.Of(frame);
        bool exact = false;
        if (!HasGoodLength(frame.Length, packet.HasVlan, control) || !PassesVlanFilter(packet, control) || !PassesAddressFilter(frame, control, out exact))
        {
            _statistics.Seen(frame.Length + CheckSequence);
            return ReceiveResult.Dropped;
        }

        var received = new ReceivedFrame { First = frame, Status = exact ? 0 : IgbDescriptor.ReceiveInexact };
        if ((control & IgbBits.RCTL_SECRC) == 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_check, ~Crc32.AddEthernet(Crc32.Begin, frame));
            received.Check = _check;
        }

        Describe(ref received, packet);
        int queue = ChooseQueue(ref received, packet);
        ReceiveResult result = _receivers[queue].Take(received);
        if (result != ReceiveResult.NoRoom)
            _statistics.Seen(frame.Length + CheckSequence);
        if (result == ReceiveResult.Taken)
            _statistics.Received(frame, frame.Length + CheckSequence);
        else if (result == ReceiveResult.Dropped)
            _statistics.Missed();
        return result;
    }

    private bool HasGoodLength(int length, bool hasVlan, uint control)
    {
        int most = (control & IgbBits.RCTL_LPE) != 0
            ? Math.Min(MaximumFrame, (int)(_kept[IgbRegister.RLPML / 4] & 0x3fff) - CheckSequence)
            : StandardFrame + (hasVlan ? PacketView.VlanTag : 0);
        return length <= most;
    }

    private bool PassesVlanFilter(in PacketView packet, uint control)
    {
        if ((control & IgbBits.RCTL_VFE) == 0 || !packet.HasVlan)
            return true;
        int vlan = packet.Vlan & 0xfff;
        return (_kept[(IgbRegister.VFTA / 4) + (vlan >> 5)] & (1u << (vlan & 31))) != 0;
    }

    private bool PassesAddressFilter(ReadOnlySpan<byte> frame, uint control, out bool exact)
    {
        exact = false;
        if (IsBroadcast(frame))
            return (control & (IgbBits.RCTL_BAM | IgbBits.RCTL_UPE)) != 0;
        exact = MatchesAddress(frame, IgbRegister.RA, FirstAddresses) || MatchesAddress(frame, IgbRegister.RA2, MoreAddresses);
        if (exact)
            return true;
        return (frame[0] & 1) != 0
            ? (control & IgbBits.RCTL_MPE) != 0 || MatchesHash(frame, control)
            : (control & IgbBits.RCTL_UPE) != 0;
    }

    private bool MatchesAddress(ReadOnlySpan<byte> frame, int register, int count)
    {
        uint low = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        uint high = BinaryPrimitives.ReadUInt16LittleEndian(frame.Slice(4));
        for (int i = 0; i < count; i++)
        {
            uint valid = _kept[(register / 4) + (2 * i) + 1];
            if ((valid & IgbBits.RAH_AV) != 0 && (ushort)valid == high && _kept[(register / 4) + (2 * i)] == low)
                return true;
        }

        return false;
    }

    // Section 7.1.1.1.2: twelve bits of the address, which ones says RCTL.MO, choose a bit of a table.
    private bool MatchesHash(ReadOnlySpan<byte> frame, uint control)
    {
        int shift = ((int)(control >> IgbBits.RCTL_MO_Shift) & 3) switch { 0 => 4, 1 => 3, 2 => 2, _ => 0 };
        int hash = ((frame[4] | (frame[5] << 8)) >> shift) & 0xfff;
        return (_kept[(IgbRegister.MTA / 4) + (hash >> 5)] & (1u << (hash & 31))) != 0;
    }

    private void Describe(ref ReceivedFrame received, in PacketView packet)
    {
        if (packet.HasVlan && (_kept[IgbRegister.CTRL / 4] & IgbBits.CTRL_VME) != 0)
        {
            const int Addresses = 12;
            received.Vlan = packet.Vlan;
            received.Status |= IgbDescriptor.ReceiveVlan;
            received.First = packet.Bytes.Slice(0, Addresses);
            received.Second = packet.Bytes.Slice(Addresses + PacketView.VlanTag);
        }

        if (packet.IpVersion == 0)
            return;
        received.PacketType = packet.IpVersion == 4
            ? packet.HasIpExtensions ? IgbDescriptor.TypeIpv4Options | IgbDescriptor.TypeIpv4 : IgbDescriptor.TypeIpv4
            : packet.HasIpExtensions ? IgbDescriptor.TypeIpv6Extensions | IgbDescriptor.TypeIpv6 : IgbDescriptor.TypeIpv6;
        received.PacketType |= packet.Transport switch
        {
            Transport.Tcp => IgbDescriptor.TypeTcp,
            Transport.Udp => IgbDescriptor.TypeUdp,
            Transport.Sctp => IgbDescriptor.TypeSctp,
            _ => 0,
        };
        uint offload = _kept[IgbRegister.RXCSUM / 4];
        if (packet.IpVersion == 4 && (offload & IgbBits.RXCSUM_IPOFL) != 0)
            CheckIpHeader(ref received, packet);
        if (packet.Transport is Transport.Tcp or Transport.Udp && (offload & IgbBits.RXCSUM_TUOFL) != 0)
            CheckTransport(ref received, packet);
    }

    private static void CheckIpHeader(ref ReceivedFrame received, in PacketView packet)
    {
        var sum = default(InternetChecksum);
        sum.Add(packet.Bytes.Slice(packet.IpOffset, packet.TransportOffset - packet.IpOffset));
        received.Status |= IgbDescriptor.ReceiveIpChecked | (sum.Value == 0 ? 0 : IgbDescriptor.ReceiveIpError);
    }

    private static void CheckTransport(ref ReceivedFrame received, in PacketView packet)
    {
        ReadOnlySpan<byte> transport = packet.Bytes.Slice(packet.TransportOffset, packet.End - packet.TransportOffset);
        bool udp = packet.Transport == Transport.Udp;
        if (udp && BinaryPrimitives.ReadUInt16BigEndian(transport.Slice(6)) == 0)
            return;
        var sum = default(InternetChecksum);
        sum.AddPseudoHeader(packet.Bytes.Slice(packet.IpOffset), packet.IpVersion, udp ? (byte)17 : (byte)6, transport.Length);
        sum.Add(transport);
        received.Status |= IgbDescriptor.ReceiveTransportChecked | (udp ? IgbDescriptor.ReceiveUdpChecked : 0)
            | (sum.Value == 0 ? 0 : IgbDescriptor.ReceiveTransportError);
    }

    private int ChooseQueue(ref ReceivedFrame received, in PacketView packet)
    {
        uint mode = _kept[IgbRegister.MRQC / 4];
        if ((mode & IgbBits.MRQC_Mode) != IgbBits.MRQC_Rss)
            return 0;
        received.HashType = _scaling.Hash(packet, mode, out uint hash);
        // The descriptor has room for the hash or for a fragment's checksum; RXCSUM.PCSD chooses the hash.
        if ((_kept[IgbRegister.RXCSUM / 4] & IgbBits.RXCSUM_PCSD) != 0)
            received.Hash = hash;
        if (received.HashType == 0)
            return 0;
        int entry = (int)hash & RedirectionMask;
        return (int)(_kept[(IgbRegister.RETA / 4) + (entry / 4)] >> (8 * (entry & 3))) & (Queues - 1);
    }
}
