// Integers as text, as .NET's invariant culture writes them: G, D, X, x, B, N and F with a precision. The text is made as ASCII on the
// caller's stack and copied or widened, so that no heap is needed.
using System.Diagnostics.CodeAnalysis;

namespace System;

internal static unsafe partial class Number
{
    /// <summary>Enough for 64 binary digits, or 20 decimal ones with separators, sign and fraction up to <see cref="MaxPrecision"/>.</summary>
    internal const int BufferSize = 256;

    private const int MaxPrecision = 128;

    /// <summary>
    /// Writes the number to the end of the buffer and returns the text's length. The value is sign-extended where the type is signed;
    /// size is that of the type in bytes.
    /// </summary>
    internal static int Format(long value, bool isSigned, int size, ReadOnlySpan<char> format, byte* buffer)
    {
        char kind = 'G';
        int precision = -1;
        if (!format.IsEmpty)
            ParseFormat(format, out kind, out precision);

        bool negative = isSigned && value < 0;
        ulong magnitude = negative ? 0 - (ulong)value : (ulong)value;
        ulong mask = size == 8 ? ulong.MaxValue : (1ul << (8 * size)) - 1;
        byte* end = buffer + BufferSize;
        byte* start;
        switch (kind)
        {
            case 'G' or 'g' or 'D' or 'd':
                start = WriteDecimal(end, magnitude);
                if (kind is 'D' or 'd')
                    start = PadZeros(start, end, precision);
                else if (precision > 0 && precision < (int)(end - start))
                    throw new FormatException("An integer is not rounded to fewer digits here.");
                break;
            case 'X' or 'x':
                start = PadZeros(WritePowerOfTwo(end, (ulong)value & mask, 4, kind == 'X' ? (byte)'A' : (byte)'a'), end, precision);
                negative = false;
                break;
            case 'B' or 'b':
                start = PadZeros(WritePowerOfTwo(end, (ulong)value & mask, 1, (byte)'A'), end, precision);
                negative = false;
                break;
            case 'N' or 'n' or 'F' or 'f':
                start = WriteFraction(end, precision < 0 ? 2 : precision);
                start = kind is 'N' or 'n' ? WriteGrouped(start, magnitude) : WriteDecimal(start, magnitude);
                break;
            default:
                ThrowBadFormat();
                return 0;
        }
        if (negative)
            *--start = (byte)'-';
        return (int)(end - start);
    }

    internal static string ToString(long value, bool isSigned, int size, ReadOnlySpan<char> format)
    {
        byte* buffer = stackalloc byte[BufferSize];
        int length = Format(value, isSigned, size, format, buffer);
        return string.CreateFromAscii(buffer + BufferSize - length, length);
    }

    internal static bool TryFormat(long value, bool isSigned, int size, ReadOnlySpan<char> format, Span<char> destination, out int written)
    {
        byte* buffer = stackalloc byte[BufferSize];
        int length = Format(value, isSigned, size, format, buffer);
        bool fits = length <= destination.Length;
        written = fits ? length : 0;
        for (int i = 0; i < written; i++)
            destination[i] = (char)buffer[BufferSize - length + i];
        return fits;
    }

    internal static bool TryFormat(long value, bool isSigned, int size, ReadOnlySpan<char> format, Span<byte> destination, out int written)
    {
        byte* buffer = stackalloc byte[BufferSize];
        int length = Format(value, isSigned, size, format, buffer);
        bool fits = new ReadOnlySpan<byte>(buffer + BufferSize - length, length).TryCopyTo(destination);
        written = fits ? length : 0;
        return fits;
    }

    private static void ParseFormat(ReadOnlySpan<char> format, out char kind, out int precision)
    {
        kind = format[0];
        precision = -1;
        if (format.Length > 1)
        {
            precision = 0;
            for (int i = 1; i < format.Length; i++)
            {
                if (!char.IsAsciiDigit(format[i]) || precision > MaxPrecision)
                    ThrowBadFormat();
                precision = (precision * 10) + format[i] - '0';
            }
            if (precision > MaxPrecision)
                ThrowBadFormat();
        }
    }

    private static byte* WriteDecimal(byte* end, ulong magnitude)
    {
        do
        {
            ulong quotient = magnitude / 10;
            *--end = (byte)('0' + (magnitude - (quotient * 10)));
            magnitude = quotient;
        }
        while (magnitude != 0);
        return end;
    }

    private static byte* WriteGrouped(byte* end, ulong magnitude)
    {
        for (int digits = 0; ; digits++)
        {
            if (digits != 0 && digits % 3 == 0)
                *--end = (byte)',';
            ulong quotient = magnitude / 10;
            *--end = (byte)('0' + (magnitude - (quotient * 10)));
            magnitude = quotient;
            if (magnitude == 0)
                return end;
        }
    }

    private static byte* WritePowerOfTwo(byte* end, ulong value, int bitsPerDigit, byte letterBase)
    {
        do
        {
            uint digit = (uint)value & ((1u << bitsPerDigit) - 1);
            *--end = (byte)(digit < 10 ? '0' + digit : letterBase + digit - 10);
            value >>= bitsPerDigit;
        }
        while (value != 0);
        return end;
    }

    private static byte* PadZeros(byte* start, byte* end, int precision)
    {
        while (end - start < precision)
            *--start = (byte)'0';
        return start;
    }

    private static byte* WriteFraction(byte* end, int precision)
    {
        if (precision == 0)
            return end;
        for (int i = 0; i < precision; i++)
            *--end = (byte)'0';
        *--end = (byte)'.';
        return end;
    }

    [DoesNotReturn]
    private static void ThrowBadFormat() => throw new FormatException("Format specifier was invalid.");
}
