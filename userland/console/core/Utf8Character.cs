using System;

namespace Kilonova.Console;

/// <summary>Characters of the basic multilingual plane as UTF-8, one at a time. What is none becomes U+FFFD.</summary>
internal static class Utf8Character
{
    /// <summary>Most bytes of one.</summary>
    internal const int MaxLength = 3;

    private const char Replacement = '\ufffd';
    private const int BitsOfContinuation = 6;
    private const uint ContinuationMask = 0x3f;
    private const uint FirstOfTwo = 0x80;
    private const uint FirstOfThree = 0x800;

    /// <summary>Writes a character.</summary>
    /// <returns>Bytes written.</returns>
    internal static int Write(char character, Span<byte> bytes)
    {
        uint value = character;
        if (value < FirstOfTwo)
        {
            bytes[0] = (byte)value;
            return 1;
        }

        var length = value < FirstOfThree ? 2 : MaxLength;
        for (var i = length - 1; i > 0; i--)
        {
            bytes[i] = (byte)(0x80 | (value & ContinuationMask));
            value >>= BitsOfContinuation;
        }

        bytes[0] = (byte)(value | (length == 2 ? 0xc0u : 0xe0u));
        return length;
    }

    /// <summary>Reads a character of a view's text and moves behind it.</summary>
    internal static char Read(View view, ref int at, int end)
    {
        uint first = RowIndex.ByteAt(view, at++);
        if (first < FirstOfTwo)
            return (char)first;

        var length = first switch
        {
            >= 0xc2 and < 0xe0 => 2,
            >= 0xe0 and < 0xf0 => MaxLength,
            _ => 0,
        };
        var value = length == 2 ? first & 0x1f : first & 0xf;
        var continued = 1;
        while (at < end && View.IsContinuation(RowIndex.ByteAt(view, at)))
        {
            value = (value << BitsOfContinuation) | (RowIndex.ByteAt(view, at++) & ContinuationMask);
            continued++;
        }

        return continued == length ? (char)value : Replacement;
    }
}
