// Cyclic redundancy checks of 32 bits, reflected: Ethernet's (IEEE 802.3, section 3.2.9) and Castagnoli's (RFC 9260, appendix A).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>Adds bytes to a check; the result is the complement.</summary>
internal static class Crc32
{
    /// <summary>The check of nothing.</summary>
    public const uint Begin = uint.MaxValue;

    private const uint Ethernet = 0xedb8_8320;
    private const uint Castagnoli = 0x82f6_3b78;

    /// <summary>Adds bytes to Ethernet's check.</summary>
    public static uint AddEthernet(uint crc, ReadOnlySpan<byte> bytes) => Add(crc, bytes, Ethernet);

    /// <summary>Adds bytes to Castagnoli's check.</summary>
    public static uint AddCastagnoli(uint crc, ReadOnlySpan<byte> bytes) => Add(crc, bytes, Castagnoli);

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes, uint polynomial)
    {
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int i = 0; i < 8; i++)
                crc = (crc >> 1) ^ (polynomial & (uint)-(int)(crc & 1));
        }

        return crc;
    }
}
