using System;

namespace Kilonova.Net;

/// <summary>What the controller says of a packet that came.</summary>
[Flags]
public enum ReceiveFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The checksum of the IP header is right.</summary>
    IpChecked = 1,

    /// <summary>The checksum of TCP or UDP is right.</summary>
    TransportChecked = 2,

    /// <summary>A checksum is wrong; the packet is otherwise sound.</summary>
    BadChecksum = 4,
}

/// <summary>A packet that came.</summary>
/// <param name="Tag">Number of the buffer in which it lies.</param>
/// <param name="Length">Bytes, without frame check sequence.</param>
/// <param name="Flags">What the controller found.</param>
public readonly record struct ReceivedPacket(uint Tag, uint Length, ReceiveFlags Flags);

/// <summary>
/// A checksum that the controller is to put into a packet: the Internet checksum of everything from a byte on, to be stored at another.
/// What is stored there before is taken in: the sender leaves the sum of the pseudo header there.
/// </summary>
/// <param name="Start">First byte that counts: of the TCP or UDP header; 0 for no checksum at all.</param>
/// <param name="Offset">Where in that header the checksum lies: 16 for TCP, 6 for UDP.</param>
/// <param name="NetworkHeader">Where the IP header begins.</param>
/// <param name="IsIpv4">IPv4 rather than IPv6.</param>
public readonly record struct ChecksumRequest(byte Start, byte Offset, byte NetworkHeader, bool IsIpv4)
{
    /// <summary>Where TCP's header has its checksum.</summary>
    public const byte TcpOffset = 16;

    /// <summary>Where UDP's header has its checksum.</summary>
    public const byte UdpOffset = 6;
}
