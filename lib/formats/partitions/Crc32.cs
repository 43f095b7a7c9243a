using System;

namespace Kilonova.Formats.Partitions;

/// <summary>The checksum of GPT: CRC-32 with the reversed polynomial 0xedb88320, ones before and after. UEFI 2.10, section 5.3.2.</summary>
public static class Crc32
{
    private const uint Polynomial = 0xedb8_8320;

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Finish(Add(Start, bytes));

    /// <summary>Where a checksum in pieces begins.</summary>
    public const uint Start = uint.MaxValue;

    /// <summary>Takes further bytes in.</summary>
    public static uint Add(uint state, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            state ^= bytes[i];
            for (int bit = 0; bit < 8; bit++)
                state = state >> 1 ^ (Polynomial & (0 - (state & 1)));
        }

        return state;
    }

    /// <summary>The checksum after the last piece.</summary>
    public static uint Finish(uint state) => ~state;

    /// <summary>The checksum of bytes as if four of them were zero.</summary>
    public static uint WithoutField(ReadOnlySpan<byte> bytes, int field)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0, 0];
        uint state = Add(Start, bytes.Slice(0, field));
        state = Add(state, zeros);
        return Finish(Add(state, bytes.Slice(field + zeros.Length)));
    }
}
