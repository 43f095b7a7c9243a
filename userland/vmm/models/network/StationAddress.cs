// Addresses of Ethernet stations as people write them (IEEE 802, section 8.1).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>The address of one network card.</summary>
public static class StationAddress
{
    /// <summary>Bytes of an address, in the order in which they are sent.</summary>
    public const int Length = 6;

    /// <summary>Whether it can be a card's: not zero, and not of a group.</summary>
    public static bool IsStation(ReadOnlySpan<byte> address) => (address[0] & 1) == 0 && address.IndexOfAnyExcept((byte)0) >= 0;

    /// <summary>Reads an address of twelve hexadecimal digits, all of them together or with a colon between bytes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">6 bytes; what is in them after a failure is nothing.</param>
    /// <returns>False for everything else, and for an address that can be no card's.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, Span<byte> address)
    {
        bool hasColons = text.Length == (3 * Length) - 1;
        if (!hasColons && text.Length != 2 * Length)
            return false;
        int step = hasColons ? 3 : 2;
        for (int i = 0; i < Length; i++)
        {
            int high = Digit(text[i * step]);
            int low = Digit(text[(i * step) + 1]);
            if (high < 0 || low < 0 || (hasColons && i != 0 && text[(i * step) - 1] != ':'))
                return false;
            address[i] = (byte)((high << 4) | low);
        }

        return IsStation(address.Slice(0, Length));
    }

    private static int Digit(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => character - '0',
        >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => character - 'A' + 10,
        _ => -1,
    };
}
