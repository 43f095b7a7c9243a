// Which queue a received frame goes to: the Toeplitz hash of its addresses and ports (82576 data sheet, section 7.1.1.7).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>The hash function and its key.</summary>
internal sealed class ReceiveSideScaling
{
    /// <summary>Bytes of the key.</summary>
    public const int KeySize = 40;

    private readonly byte[] _key = new byte[KeySize];

    /// <summary>Sets a register of the key: four bytes, the first of them in bits 7-0.</summary>
    public void SetKey(int word, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(_key, 4 * word, 4), value);

    /// <summary>A register of the key.</summary>
    public uint GetKey(int word) => BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(_key, 4 * word, 4));

    /// <summary>
    /// Hashes what the enabled fields allow: addresses with ports, else addresses alone. Returns the type that the descriptor tells, 0 for none.
    /// </summary>
    public int Hash(in PacketView packet, uint enabled, out uint hash)
    {
        hash = 0;
        if (packet.IpVersion == 0)
            return 0;
        bool v4 = packet.IpVersion == 4;
        bool tcp = packet.Transport == Transport.Tcp && (enabled & (v4 ? IgbBits.MRQC_TcpIpv4 : IgbBits.MRQC_TcpIpv6)) != 0;
        bool udp = packet.Transport == Transport.Udp && (enabled & (v4 ? IgbBits.MRQC_UdpIpv4 : IgbBits.MRQC_UdpIpv6)) != 0;
        bool ip = (enabled & (v4 ? IgbBits.MRQC_Ipv4 : IgbBits.MRQC_Ipv6)) != 0;
        if (!tcp && !udp && !ip)
            return 0;

        Span<byte> input = stackalloc byte[36];
        ReadOnlySpan<byte> header = packet.Bytes.Slice(packet.IpOffset);
        int length = v4 ? 8 : 32;
        header.Slice(v4 ? 12 : 8, length).CopyTo(input);
        if (tcp || udp)
        {
            packet.Bytes.Slice(packet.TransportOffset, 4).CopyTo(input.Slice(length));
            length += 4;
        }

        hash = Toeplitz(input.Slice(0, length));
        return v4 ? tcp ? 1 : udp ? 7 : 2 : tcp ? 3 : udp ? 8 : 5;
    }

    // For every bit of the input that is set, the 32 bits of the key from there on.
    private uint Toeplitz(ReadOnlySpan<byte> input)
    {
        uint hash = 0;
        ulong window = BinaryPrimitives.ReadUInt64BigEndian(_key);
        for (int i = 0; i < input.Length; i++)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                if ((input[i] & (1 << bit)) != 0)
                    hash ^= (uint)(window >> 32);
                window <<= 1;
            }

            // Eight bits have gone; the key's next byte comes in below.
            window |= i + 8 < KeySize ? _key[i + 8] : 0u;
        }

        return hash;
    }
}
