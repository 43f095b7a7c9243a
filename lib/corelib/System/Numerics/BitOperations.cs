// Counting and finding bits. The compiler expands what the target's instruction set has; the bodies serve the others.
namespace System.Numerics;

public static class BitOperations
{
    public static bool IsPow2(int value) => (value & (value - 1)) == 0 && value > 0;

    public static bool IsPow2(uint value) => (value & (value - 1)) == 0 && value != 0;

    public static bool IsPow2(long value) => (value & (value - 1)) == 0 && value > 0;

    public static bool IsPow2(ulong value) => (value & (value - 1)) == 0 && value != 0;

    public static bool IsPow2(nuint value) => (value & (value - 1)) == 0 && value != 0;

    public static uint RoundUpToPowerOf2(uint value) => (uint)(0x1_0000_0000ul >> LeadingZeroCount(value - 1));

    public static ulong RoundUpToPowerOf2(ulong value)
    {
        int shift = 64 - LeadingZeroCount(value - 1);
        return (1ul ^ ((ulong)(uint)shift >> 6)) << shift;
    }

    [Intrinsic]
    public static int LeadingZeroCount(uint value) => value == 0 ? 32 : 31 ^ BitScanReverse(value);

    [Intrinsic]
    public static int LeadingZeroCount(ulong value) => value == 0 ? 64 : 63 ^ BitScanReverse(value);

    public static int LeadingZeroCount(nuint value) => LeadingZeroCount((ulong)value);

    [Intrinsic]
    public static int TrailingZeroCount(int value) => TrailingZeroCount((uint)value);

    [Intrinsic]
    public static int TrailingZeroCount(uint value) => value == 0 ? 32 : BitScanReverse(value & (0 - value));

    [Intrinsic]
    public static int TrailingZeroCount(long value) => TrailingZeroCount((ulong)value);

    [Intrinsic]
    public static int TrailingZeroCount(ulong value) => value == 0 ? 64 : BitScanReverse(value & (0 - value));

    public static int TrailingZeroCount(nuint value) => TrailingZeroCount((ulong)value);

    public static int Log2(uint value) => 31 - LeadingZeroCount(value | 1);

    public static int Log2(ulong value) => 63 - LeadingZeroCount(value | 1);

    public static int Log2(nuint value) => Log2((ulong)value);

    [Intrinsic]
    public static int PopCount(uint value)
    {
        value -= (value >> 1) & 0x5555_5555;
        value = (value & 0x3333_3333) + ((value >> 2) & 0x3333_3333);
        return (int)((((value + (value >> 4)) & 0x0f0f_0f0f) * 0x0101_0101) >> 24);
    }

    [Intrinsic]
    public static int PopCount(ulong value)
    {
        value -= (value >> 1) & 0x5555_5555_5555_5555;
        value = (value & 0x3333_3333_3333_3333) + ((value >> 2) & 0x3333_3333_3333_3333);
        return (int)((((value + (value >> 4)) & 0x0f0f_0f0f_0f0f_0f0f) * 0x0101_0101_0101_0101) >> 56);
    }

    public static int PopCount(nuint value) => PopCount((ulong)value);

    [Intrinsic]
    public static uint RotateLeft(uint value, int offset) => (value << offset) | (value >> (32 - offset));

    [Intrinsic]
    public static ulong RotateLeft(ulong value, int offset) => (value << offset) | (value >> (64 - offset));

    [Intrinsic]
    public static uint RotateRight(uint value, int offset) => (value >> offset) | (value << (32 - offset));

    [Intrinsic]
    public static ulong RotateRight(ulong value, int offset) => (value >> offset) | (value << (64 - offset));

    // Position of the highest set bit of a value that is not zero, by halving.
    private static int BitScanReverse(ulong value)
    {
        int position = 0;
        for (int step = 32; step != 0; step >>= 1)
        {
            if (value >> step != 0)
            {
                value >>= step;
                position += step;
            }
        }
        return position;
    }
}
