// Integer arithmetic: extrema, absolute values, division, double-width products.
namespace System;

public static partial class Math
{
    public const double PI = 3.14159265358979323846;
    public const double E = 2.7182818284590452354;

    public static sbyte Min(sbyte val1, sbyte val2) => val1 < val2 ? val1 : val2;

    public static byte Min(byte val1, byte val2) => val1 < val2 ? val1 : val2;

    public static short Min(short val1, short val2) => val1 < val2 ? val1 : val2;

    public static ushort Min(ushort val1, ushort val2) => val1 < val2 ? val1 : val2;

    public static int Min(int val1, int val2) => val1 < val2 ? val1 : val2;

    public static uint Min(uint val1, uint val2) => val1 < val2 ? val1 : val2;

    public static long Min(long val1, long val2) => val1 < val2 ? val1 : val2;

    public static ulong Min(ulong val1, ulong val2) => val1 < val2 ? val1 : val2;

    public static nint Min(nint val1, nint val2) => val1 < val2 ? val1 : val2;

    public static nuint Min(nuint val1, nuint val2) => val1 < val2 ? val1 : val2;

    public static sbyte Max(sbyte val1, sbyte val2) => val1 > val2 ? val1 : val2;

    public static byte Max(byte val1, byte val2) => val1 > val2 ? val1 : val2;

    public static short Max(short val1, short val2) => val1 > val2 ? val1 : val2;

    public static ushort Max(ushort val1, ushort val2) => val1 > val2 ? val1 : val2;

    public static int Max(int val1, int val2) => val1 > val2 ? val1 : val2;

    public static uint Max(uint val1, uint val2) => val1 > val2 ? val1 : val2;

    public static long Max(long val1, long val2) => val1 > val2 ? val1 : val2;

    public static ulong Max(ulong val1, ulong val2) => val1 > val2 ? val1 : val2;

    public static nint Max(nint val1, nint val2) => val1 > val2 ? val1 : val2;

    public static nuint Max(nuint val1, nuint val2) => val1 > val2 ? val1 : val2;

    public static int Clamp(int value, int min, int max)
    {
        if (min > max)
            ThrowHelper.ThrowArgument(nameof(min));
        return value < min ? min : value > max ? max : value;
    }

    public static uint Clamp(uint value, uint min, uint max)
    {
        if (min > max)
            ThrowHelper.ThrowArgument(nameof(min));
        return value < min ? min : value > max ? max : value;
    }

    public static long Clamp(long value, long min, long max)
    {
        if (min > max)
            ThrowHelper.ThrowArgument(nameof(min));
        return value < min ? min : value > max ? max : value;
    }

    public static ulong Clamp(ulong value, ulong min, ulong max)
    {
        if (min > max)
            ThrowHelper.ThrowArgument(nameof(min));
        return value < min ? min : value > max ? max : value;
    }

    public static int Abs(int value)
    {
        if (value == int.MinValue)
            ThrowHelper.ThrowOverflow();
        return value < 0 ? -value : value;
    }

    public static long Abs(long value)
    {
        if (value == long.MinValue)
            ThrowHelper.ThrowOverflow();
        return value < 0 ? -value : value;
    }

    public static int Sign(int value) => (value >> 31) | (int)((uint)-value >> 31);

    public static int Sign(long value) => (int)(value >> 63) | (int)((ulong)-value >> 63);

    public static (int Quotient, int Remainder) DivRem(int left, int right)
    {
        int quotient = left / right;
        return (quotient, left - (quotient * right));
    }

    public static (uint Quotient, uint Remainder) DivRem(uint left, uint right)
    {
        uint quotient = left / right;
        return (quotient, left - (quotient * right));
    }

    public static (long Quotient, long Remainder) DivRem(long left, long right)
    {
        long quotient = left / right;
        return (quotient, left - (quotient * right));
    }

    public static (ulong Quotient, ulong Remainder) DivRem(ulong left, ulong right)
    {
        ulong quotient = left / right;
        return (quotient, left - (quotient * right));
    }

    public static long BigMul(int a, int b) => (long)a * b;

    public static ulong BigMul(uint a, uint b) => (ulong)a * b;

    /// <summary>The 128-bit product of two 64-bit numbers; returns the high half.</summary>
    public static ulong BigMul(ulong a, ulong b, out ulong low)
    {
        ulong lowLow = (ulong)(uint)a * (uint)b;
        ulong middle = ((a >> 32) * (uint)b) + (lowLow >> 32);
        ulong cross = ((uint)a * (b >> 32)) + (uint)middle;
        low = (cross << 32) | (uint)lowLow;
        return ((a >> 32) * (b >> 32)) + (middle >> 32) + (cross >> 32);
    }
}
