// Checked conversions from floating point; ilc calls them by name.
namespace System;

public static partial class Math
{
    private const double TwoTo31 = 2147483648.0;
    private const double TwoTo32 = 4294967296.0;
    private const double TwoTo63 = 9223372036854775808.0;
    private const double TwoTo64 = 18446744073709551616.0;

    internal static int ConvertToInt32Checked(double value)
    {
        if (!(value > -TwoTo31 - 1 && value < TwoTo31))
            ThrowHelper.ThrowOverflow();
        return (int)value;
    }

    internal static uint ConvertToUInt32Checked(double value)
    {
        if (!(value > -1.0 && value < TwoTo32))
            ThrowHelper.ThrowOverflow();
        return (uint)(long)value;
    }

    internal static long ConvertToInt64Checked(double value)
    {
        if (!(value >= -TwoTo63 && value < TwoTo63))
            ThrowHelper.ThrowOverflow();
        return (long)value;
    }

    internal static ulong ConvertToUInt64Checked(double value)
    {
        if (!(value > -1.0 && value < TwoTo64))
            ThrowHelper.ThrowOverflow();
        return value < TwoTo63 ? (ulong)(long)value : (ulong)(long)(value - TwoTo63) ^ (1ul << 63);
    }
}
