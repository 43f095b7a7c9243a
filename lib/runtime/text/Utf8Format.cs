using System;

namespace Kilonova.Runtime;

/// <summary>Formats values as UTF-8 into a caller's span: no allocation, no culture. What does not fit is cut off.</summary>
public static class Utf8Format
{
    /// <summary>Copies text; returns the number of bytes written.</summary>
    public static int Text(Span<byte> destination, ReadOnlySpan<byte> text)
    {
        var length = Math.Min(destination.Length, text.Length);
        for (var i = 0; i < length; i++)
            destination[i] = text[i];

        return length;
    }

    /// <summary>Encodes UTF-16 text; returns the number of bytes written. Lone surrogates become U+FFFD.</summary>
    public static int Text(Span<byte> destination, ReadOnlySpan<char> text)
    {
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            uint code = text[i];
            if (code is >= 0xd800 and < 0xe000)
            {
                var paired = code < 0xdc00 && i + 1 < text.Length && text[i + 1] is >= '\udc00' and <= '\udfff';
                code = paired ? 0x10000 + ((code - 0xd800) << 10) + (text[++i] - 0xdc00u) : 0xfffd;
            }

            var length = Encode(destination.Slice(written), code);
            if (length == 0)
                break;

            written += length;
        }

        return written;
    }

    /// <summary>Writes a number in decimal; returns the number of bytes written.</summary>
    public static int Decimal(Span<byte> destination, ulong value)
    {
        Span<byte> digits = stackalloc byte[20];
        var first = digits.Length;
        do
        {
            digits[--first] = (byte)('0' + value % 10);
            value /= 10;
        }
        while (value != 0);
        return Text(destination, digits.Slice(first));
    }

    /// <summary>Writes a signed number in decimal; returns the number of bytes written.</summary>
    public static int Decimal(Span<byte> destination, long value)
    {
        if (value >= 0)
            return Decimal(destination, (ulong)value);

        if (destination.IsEmpty)
            return 0;

        destination[0] = (byte)'-';
        return 1 + Decimal(destination.Slice(1), 0 - (ulong)value);
    }

    /// <summary>Writes a number in lower-case hexadecimal with at least so many digits; returns the number of bytes written.</summary>
    public static int Hexadecimal(Span<byte> destination, ulong value, int minDigits)
    {
        Span<byte> digits = stackalloc byte[16];
        var first = digits.Length;
        do
        {
            var digit = (byte)(value & 0xf);
            digits[--first] = (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
            value >>= 4;
        }
        while (value != 0 || (digits.Length - first < minDigits && first > 0));
        return Text(destination, digits.Slice(first));
    }

    // A code point is written whole or not at all.
    private static int Encode(Span<byte> destination, uint code)
    {
        var length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        if (destination.Length < length)
            return 0;

        if (length == 1)
        {
            destination[0] = (byte)code;
            return 1;
        }

        for (var i = length - 1; i > 0; i--)
        {
            destination[i] = (byte)(0x80 | (code & 0x3f));
            code >>= 6;
        }

        destination[0] = (byte)((0xf00u >> length) | code);
        return length;
    }
}
