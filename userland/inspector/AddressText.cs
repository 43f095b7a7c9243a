using System;

namespace Kilonova.Inspector;

/// <summary>An Ethernet address as text: six bytes, hexadecimal, with colons between them.</summary>
internal sealed class AddressText
{
    private const int DigitsPerByte = 3;

    private readonly byte[] _text = new byte[ArpPacket.AddressLength * DigitsPerByte - 1];

    /// <summary>Formats an address, first byte lowest.</summary>
    internal AddressText(ulong address)
    {
        for (var i = 0; i < ArpPacket.AddressLength; i++)
        {
            var value = (byte)(address >> (8 * i));
            _text[i * DigitsPerByte] = Digit(value >> 4);
            _text[i * DigitsPerByte + 1] = Digit(value & 0xf);
            if (i != ArpPacket.AddressLength - 1)
                _text[i * DigitsPerByte + 2] = (byte)':';
        }
    }

    /// <summary>The text, ASCII.</summary>
    internal ReadOnlySpan<byte> Text => _text;

    private static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);
}
