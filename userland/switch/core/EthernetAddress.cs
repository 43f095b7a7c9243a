using System;

namespace Kilonova.Switching;

/// <summary>Addresses of Ethernet as numbers, the first byte on the wire lowest. IEEE 802, sections 8.2 and 8.4.</summary>
public static class EthernetAddress
{
    /// <summary>Bytes of an address.</summary>
    public const int Length = 6;

    /// <summary>To everybody.</summary>
    public const ulong Broadcast = 0xffff_ffff_ffff;

    private const ulong GroupBit = 1;
    private const ulong LocalBit = 2;

    // 01-80-C2-00-00-00 to 0F: IEEE 802.1Q, section 8.6.3.
    private const ulong ReservedBlock = 0x0000_00c2_8001;
    private const ulong ReservedMask = 0xf0ff_ffff_ffff;

    /// <summary>Reads an address off a packet.</summary>
    public static ulong Read(ReadOnlySpan<byte> bytes)
    {
        ulong address = 0;
        for (var i = 0; i < Length; i++)
            address |= (ulong)bytes[i] << (8 * i);

        return address;
    }

    /// <summary>Whether packets to it are for more than one.</summary>
    public static bool IsGroup(ulong address) => (address & GroupBit) != 0;

    /// <summary>Whether it can be a sender's.</summary>
    public static bool IsStation(ulong address) => address != 0 && !IsGroup(address);

    /// <summary>Whether packets to it concern the link alone, so that no bridge passes them on.</summary>
    public static bool IsOfLink(ulong address) => (address & ReservedMask) == ReservedBlock;

    /// <summary>A locally administered address made of a number.</summary>
    public static ulong Local(ulong number) => (number & Broadcast & ~GroupBit) | LocalBit;

    /// <summary>Reads an address of twelve hexadecimal digits, the first byte on the wire first.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong address)
    {
        address = 0;
        if (text.Length != 2 * Length)
            return false;

        for (var i = 0; i < text.Length; i++)
        {
            var digit = text[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => text[i] - '0',
                >= (byte)'a' and <= (byte)'f' => text[i] - 'a' + 10,
                _ => -1,
            };
            if (digit < 0)
                return false;

            address |= (ulong)(uint)digit << (8 * (i / 2) + (i % 2 == 0 ? 4 : 0));
        }

        return true;
    }
}
