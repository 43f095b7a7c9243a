// Text as integers: optional white space and sign around decimal digits, or hexadecimal digits.
using System.Globalization;

namespace System;

internal static partial class Number
{
    internal enum ParseStatus
    {
        Ok,
        BadFormat,
        Overflow,
    }

    /// <summary>
    /// The number as 64 bits, sign-extended for signed types. size is that of the type in bytes; hexadecimal digits give its bits.
    /// </summary>
    internal static ParseStatus Parse(ReadOnlySpan<char> text, NumberStyles styles, bool isSigned, int size, out long value)
    {
        value = 0;
        int position = 0;
        int end = text.Length;
        if ((styles & NumberStyles.AllowLeadingWhite) != 0)
        {
            while (position < end && IsWhite(text[position]))
                position++;
        }
        if ((styles & NumberStyles.AllowTrailingWhite) != 0)
        {
            while (end > position && (IsWhite(text[end - 1]) || text[end - 1] == '\0'))
                end--;
        }
        if ((styles & NumberStyles.AllowHexSpecifier) != 0)
            return ParseHexadecimal(text.Slice(position, end - position), isSigned, size, out value);

        bool negative = false;
        if (position < end && (styles & NumberStyles.AllowLeadingSign) != 0 && text[position] is '-' or '+')
            negative = text[position++] == '-';
        if (position == end)
            return ParseStatus.BadFormat;
        bool overflow = false;
        ulong magnitude = 0;
        for (; position < end; position++)
        {
            if (!char.IsAsciiDigit(text[position]))
                return ParseStatus.BadFormat;
            ulong digit = (ulong)(text[position] - '0');
            overflow |= magnitude > ulong.MaxValue / 10 || magnitude * 10 > ulong.MaxValue - digit;
            magnitude = (magnitude * 10) + digit;
        }

        int bits = 8 * size;
        ulong limit = !isSigned
            ? (negative ? 0 : ulong.MaxValue >> (64 - bits))
            : (1ul << (bits - 1)) - (negative ? 0u : 1u);
        if (overflow || magnitude > limit)
            return ParseStatus.Overflow;
        value = negative ? (long)(0 - magnitude) : (long)magnitude;
        return ParseStatus.Ok;
    }

    internal static long ParseOrThrow(ReadOnlySpan<char> text, NumberStyles styles, bool isSigned, int size)
    {
        switch (Parse(text, styles, isSigned, size, out long value))
        {
            case ParseStatus.Overflow:
                throw new OverflowException("Value was either too large or too small for the type.");
            case ParseStatus.BadFormat:
                throw new FormatException("The input string was not in a correct format.");
            default:
                return value;
        }
    }

    private static ParseStatus ParseHexadecimal(ReadOnlySpan<char> digits, bool isSigned, int size, out long value)
    {
        value = 0;
        if (digits.IsEmpty)
            return ParseStatus.BadFormat;
        ulong bits = 0;
        bool overflow = false;
        foreach (char c in digits)
        {
            if (!char.IsAsciiHexDigit(c))
                return ParseStatus.BadFormat;
            uint digit = c <= '9' ? (uint)(c - '0') : (uint)((c | 0x20) - 'a' + 10);
            overflow |= bits >> 60 != 0;
            bits = (bits << 4) | digit;
        }
        int unused = 64 - (8 * size);
        if (overflow || (bits << unused) >> unused != bits)
            return ParseStatus.Overflow;
        value = isSigned ? (long)(bits << unused) >> unused : (long)bits;
        return ParseStatus.Ok;
    }

    private static bool IsWhite(char c) => c is ' ' or (>= '\t' and <= '\r');
}
