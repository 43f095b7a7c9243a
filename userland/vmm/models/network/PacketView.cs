// Where the headers of a frame are (IEEE 802.3, RFC 791, RFC 8200, RFC 9293, RFC 768).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>Protocol above IP.</summary>
internal enum Transport : byte
{
    None,
    Tcp,
    Udp,
    Sctp,
}

/// <summary>
/// Offsets and kinds of the headers in the beginning of a frame. Nothing in it is trusted: what does not fit is not there. Fragments have no
/// transport.
/// </summary>
internal ref struct PacketView
{
    public const int EthernetHeader = 14;
    public const int VlanTag = 4;
    public const int Ipv6Header = 40;

    private const ushort TypeIpv4 = 0x0800;
    private const ushort TypeIpv6 = 0x86dd;
    private const ushort TypeVlan = 0x8100;

    /// <summary>The bytes looked at.</summary>
    public ReadOnlySpan<byte> Bytes;

    /// <summary>There is a VLAN tag behind the addresses.</summary>
    public bool HasVlan;

    /// <summary>Priority, DEI and VLAN.</summary>
    public ushort Vlan;

    /// <summary>0 if it is not IP, else 4 or 6.</summary>
    public int IpVersion;

    /// <summary>The IP header has options or extension headers.</summary>
    public bool HasIpExtensions;

    /// <summary>A fragment of an IP packet.</summary>
    public bool IsFragment;

    /// <summary>Offset of the IP header.</summary>
    public int IpOffset;

    /// <summary>Offset of what is in the IP packet.</summary>
    public int TransportOffset;

    /// <summary>Offset of the end of the IP packet; what follows is padding.</summary>
    public int End;

    /// <summary>What is in the IP packet.</summary>
    public Transport Transport;

    /// <summary>Looks at a frame.</summary>
    public static PacketView Of(ReadOnlySpan<byte> frame)
    {
        var view = new PacketView { Bytes = frame, End = frame.Length };
        if (frame.Length < EthernetHeader)
            return view;
        int at = 12;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame.Slice(at));
        if (type == TypeVlan && frame.Length >= EthernetHeader + VlanTag)
        {
            view.HasVlan = true;
            view.Vlan = BinaryPrimitives.ReadUInt16BigEndian(frame.Slice(at + 2));
            at += VlanTag;
            type = BinaryPrimitives.ReadUInt16BigEndian(frame.Slice(at));
        }

        view.IpOffset = at + 2;
        if (type == TypeIpv4)
            view.ReadIpv4();
        else if (type == TypeIpv6)
            view.ReadIpv6();
        return view;
    }

    private void ReadIpv4()
    {
        ReadOnlySpan<byte> ip = Bytes.Slice(IpOffset);
        if (ip.Length < 20 || ip[0] >> 4 != 4)
            return;
        int header = (ip[0] & 0xf) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(ip.Slice(2));
        if (header < 20 || header > ip.Length || total < header || total > ip.Length)
            return;
        IpVersion = 4;
        HasIpExtensions = header > 20;
        IsFragment = (BinaryPrimitives.ReadUInt16BigEndian(ip.Slice(6)) & 0x3fff) != 0;
        TransportOffset = IpOffset + header;
        End = IpOffset + total;
        SetTransport(ip[9]);
    }

    private void ReadIpv6()
    {
        ReadOnlySpan<byte> ip = Bytes.Slice(IpOffset);
        if (ip.Length < Ipv6Header || ip[0] >> 4 != 6)
            return;
        int length = BinaryPrimitives.ReadUInt16BigEndian(ip.Slice(4));
        if (length > ip.Length - Ipv6Header)
            return;
        IpVersion = 6;
        End = IpOffset + Ipv6Header + length;
        TransportOffset = IpOffset + Ipv6Header;
        byte next = ip[6];
        // Hop-by-hop, routing, destination options: length in units of 8 bytes behind the first; a fragment header has 8.
        while (next is 0 or 43 or 60 or 44 && TransportOffset + 8 <= End)
        {
            HasIpExtensions = true;
            ReadOnlySpan<byte> extension = Bytes.Slice(TransportOffset);
            IsFragment |= next == 44 && (BinaryPrimitives.ReadUInt16BigEndian(extension.Slice(2)) & 0xfff9) != 0;
            TransportOffset += next == 44 ? 8 : (extension[1] + 1) * 8;
            next = extension[0];
        }

        if (TransportOffset > End)
            TransportOffset = End;
        else
            SetTransport(next);
    }

    private void SetTransport(byte protocol)
    {
        int room = End - TransportOffset;
        if (IsFragment)
            return;
        if (protocol == 6 && room >= 20)
            Transport = Transport.Tcp;
        else if (protocol == 17 && room >= 8)
            Transport = Transport.Udp;
        else if (protocol == 132 && room >= 12)
            Transport = Transport.Sctp;
    }
}
