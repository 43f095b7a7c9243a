using System;
using Kilonova.Registers;

namespace Kilonova.Net;

/// <summary>Which packets there are: IEEE 802.3, section 3.2, without frame check sequence.</summary>
public static class PacketRules
{
    /// <summary>Fewest bytes of a packet that is sent: its header.</summary>
    public const int MinPacket = 14;

    /// <summary>Most bytes of a packet that is sent.</summary>
    public const int MaxPacket = 1514;

    /// <summary>Fewest bytes of a packet on its way: shorter ones are padded with zeros.</summary>
    public const int MinOnWire = 60;

    /// <summary>Most bytes of a packet that comes: it may have a tag of a virtual network more.</summary>
    public const int MaxArriving = MaxPacket + 4;

    private const int ChecksumLength = 2;

    /// <summary>Whether a packet can be sent, and its checksum put in where that is wanted.</summary>
    /// <param name="segments">Its pieces.</param>
    /// <param name="checksum">What is to be put in.</param>
    public static bool IsSendable(ReadOnlySpan<DmaSegment> segments, ChecksumRequest checksum)
    {
        ulong length = 0;
        foreach (var segment in segments)
        {
            if (segment.Length == 0)
                return false;

            length += segment.Length;
        }

        if (length is < MinPacket or > MaxPacket)
            return false;

        var isKnown = checksum.Offset is ChecksumRequest.TcpOffset or ChecksumRequest.UdpOffset;
        return checksum.Start == 0
            || (isKnown && checksum.NetworkHeader >= MinPacket && checksum.NetworkHeader < checksum.Start
                && (uint)(checksum.Start + checksum.Offset + ChecksumLength) <= length && checksum.Start + checksum.Offset <= byte.MaxValue);
    }
}
