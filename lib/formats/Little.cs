using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats;

/// <summary>
/// Little-endian fields at any alignment. A field that does not lie wholly within the bytes reads as 0, so that no input leads to an
/// access out of range; the readers check lengths first and report them.
/// </summary>
internal static class Little
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte U8(ReadOnlySpan<byte> bytes, uint offset) => offset < (uint)bytes.Length ? bytes[(int)offset] : (byte)0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ushort U16(ReadOnlySpan<byte> bytes, uint offset)
    {
        if (!Fits(bytes, offset, 2))
            return 0;

        int at = (int)offset;
        return (ushort)(bytes[at] | bytes[at + 1] << 8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static uint U32(ReadOnlySpan<byte> bytes, uint offset)
    {
        if (!Fits(bytes, offset, 4))
            return 0;

        int at = (int)offset;
        return bytes[at] | (uint)bytes[at + 1] << 8 | (uint)bytes[at + 2] << 16 | (uint)bytes[at + 3] << 24;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong U64(ReadOnlySpan<byte> bytes, uint offset)
        => Fits(bytes, offset, 8) ? U32(bytes, offset) | (ulong)U32(bytes, offset + 4) << 32 : 0;

    /// <summary>The bytes from an offset on, or none when they do not all exist.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> bytes, uint offset, uint length)
        => Fits(bytes, offset, length) ? bytes.Slice((int)offset, (int)length) : ReadOnlySpan<byte>.Empty;

    public static bool Fits(ReadOnlySpan<byte> bytes, uint offset, uint length)
        => length <= (uint)bytes.Length && offset <= (uint)bytes.Length - length;

    /// <summary>The line of a number, from 0, of a text; the last line when there are not as many.</summary>
    public static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> text, uint number)
    {
        int start = 0;
        int end = 0;
        while (end < text.Length)
        {
            if (text[end] == '\n')
            {
                if (number-- == 0)
                    break;

                start = end + 1;
            }

            end++;
        }

        return text.Slice(start, end - start);
    }

    /// <summary>The sum of all bytes modulo 256; 0 over a structure whose checksum is right.</summary>
    public static byte Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
            sum += bytes[i];

        return (byte)sum;
    }
}
