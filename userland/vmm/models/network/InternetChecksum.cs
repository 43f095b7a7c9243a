// The checksum of IP, TCP and UDP (RFC 1071): ones' complement of the ones' complement sum of 16-bit words.
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>Sums bytes that come in pieces of any length, odd ones too.</summary>
internal struct InternetChecksum
{
    private ulong _sum;
    private bool _odd;

    /// <summary>Adds bytes that follow those before.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        if (_odd && bytes.Length > 0)
        {
            _sum += bytes[0];
            _odd = false;
            at = 1;
        }

        // Words of 32 bits sum to the same, since 2^16 = 1 in this arithmetic.
        for (; at + 4 <= bytes.Length; at += 4)
            _sum += BinaryPrimitives.ReadUInt32BigEndian(bytes.Slice(at));
        for (; at + 2 <= bytes.Length; at += 2)
            _sum += BinaryPrimitives.ReadUInt16BigEndian(bytes.Slice(at));
        if (at < bytes.Length)
        {
            _sum += (ulong)bytes[at] << 8;
            _odd = true;
        }
    }

    /// <summary>Adds a number as a big-endian word of 16 bits.</summary>
    public void Add(ushort word) => _sum += word;

    /// <summary>The sum in 16 bits.</summary>
    public readonly ushort Sum
    {
        get
        {
            ulong sum = _sum;
            while (sum >> 16 != 0)
                sum = (sum & 0xffff) + (sum >> 16);
            return (ushort)sum;
        }
    }

    /// <summary>What goes into the checksum field.</summary>
    public readonly ushort Value => (ushort)~Sum;

    /// <summary>Adds the pseudo header of TCP or UDP: addresses, protocol, length.</summary>
    public void AddPseudoHeader(ReadOnlySpan<byte> ip, int version, byte protocol, int length)
    {
        Add(version == 4 ? ip.Slice(12, 8) : ip.Slice(8, 32));
        Add(protocol);
        _sum += (uint)length;
    }
}
