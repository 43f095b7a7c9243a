// Arithmetic, shifts, conversions, bit operations.
using System;
using System.Numerics;
using System.Threading;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class IntegerBehaviour
{
    internal static void Run()
    {
        Area("integer");
        int one = Opaque(1);
        int min = Opaque(int.MinValue);
        int max = Opaque(int.MaxValue);
        long longMin = Opaque(long.MinValue);
        ulong ulongMax = Opaque(ulong.MaxValue);

        Value("wraps", max + one);
        Value("negated minimum", unchecked(-min));
        Value("long product wraps", unchecked(longMin * 3));
        Value("quotient towards zero", Opaque(-7) / 2);
        Value("remainder has sign of dividend", Opaque(-7) % 3);
        Value("long quotient", longMin / Opaque(7L));
        Value("unsigned quotient", ulongMax / Opaque(10ul));
        Value("unsigned remainder", ulongMax % Opaque(10ul));
        Value("shift count is masked", one << Opaque(33));
        Value("long shift count is masked", 1L << Opaque(65));
        Value("arithmetic shift", min >> 31);
        Value("logical shift", min >>> 31);
        Value("narrowing", (byte)Opaque(0x1234));
        Value("sign extension", (int)(sbyte)Opaque(0x80));
        Value("unsigned widening", (ulong)(uint)Opaque(-1));
        Value("signed widening", (ulong)(long)Opaque(-1));
        Value("double to int", (int)Opaque(-2.9));
        Value("int to double to int", (int)(Opaque(3) * 1.5));
        Value("long to double and back", (long)(double)Opaque(1L << 52));

        Throws("checked add", () => Opaque(checked(Opaque(int.MaxValue) + Opaque(1))));
        Throws("checked subtract", () => Opaque(checked(Opaque(0u) - Opaque(1u))));
        Throws("checked multiply", () => Opaque(checked(Opaque(1L << 40) * Opaque(1L << 40))));
        Throws("checked unsigned multiply", () => Opaque(checked(Opaque(1ul << 40) * Opaque(1ul << 24))));
        Throws("checked multiply fits", () => Opaque(checked(Opaque(1L << 40) * Opaque(1L << 20))));
        Throws("checked narrowing", () => Opaque(checked((byte)Opaque(256))));
        Throws("checked sign", () => Opaque(checked((uint)Opaque(-1))));
        Throws("checked double", () => Opaque(checked((int)Opaque(3e9))));
        Throws("checked double fits", () => Opaque(checked((int)Opaque(2147483647.5))));
        Throws("checked NaN", () => Opaque(checked((long)Opaque(double.NaN))));

        Value("leading zeros", BitOperations.LeadingZeroCount(Opaque(0x00f0u)));
        Value("leading zeros of nothing", BitOperations.LeadingZeroCount(Opaque(0u)));
        Value("long leading zeros", BitOperations.LeadingZeroCount(Opaque(1ul)));
        Value("trailing zeros", BitOperations.TrailingZeroCount(Opaque(0x00f0)));
        Value("trailing zeros of nothing", BitOperations.TrailingZeroCount(Opaque(0ul)));
        Value("population", BitOperations.PopCount(Opaque(0xff00fful)));
        Value("short population", BitOperations.PopCount(Opaque(0x80000001u)));
        Value("logarithm", BitOperations.Log2(Opaque(1000u)));
        Value("logarithm of nothing", BitOperations.Log2(Opaque(0ul)));
        Value("rotate left", BitOperations.RotateLeft(Opaque(0x80000001u), 4));
        Value("rotate right", BitOperations.RotateRight(Opaque(0x1ul), 1));
        Value("power of two", BitOperations.IsPow2(Opaque(64)));
        Value("not a power of two", BitOperations.IsPow2(Opaque(0)));
        Value("rounded up", BitOperations.RoundUpToPowerOf2(Opaque(33u)));
        Value("rounded up long", BitOperations.RoundUpToPowerOf2(Opaque((1ul << 40) + 1)));
        Value("rounded up too far", BitOperations.RoundUpToPowerOf2(Opaque(ulong.MaxValue)));

        Value("minimum", Math.Min(Opaque(-3), Opaque(2)));
        Value("maximum", Math.Max(Opaque(3ul), Opaque(2ul)));
        Value("clamped", Math.Clamp(Opaque(99), 0, 10));
        Throws("clamped to nothing", () => Math.Clamp(Opaque(1), 3, 2));
        Value("absolute", Math.Abs(Opaque(-5L)));
        Throws("absolute minimum", () => Math.Abs(Opaque(int.MinValue)));
        Value("sign", Math.Sign(Opaque(-7L)));
        Value("sign of minimum", Math.Sign(Opaque(int.MinValue)));
        Value("big product high", Math.BigMul(Opaque(0xfedcba9876543210ul), Opaque(0x123456789abcdef0ul), out ulong low));
        Value("big product low", low);
        (int quotient, int remainder) = Math.DivRem(Opaque(17), Opaque(-5));
        Value("quotient", quotient);
        Value("remainder", remainder);

        Interlocks();
    }

    private static void Interlocks()
    {
        int word = Opaque(4);
        Value("compare and exchange", Interlocked.CompareExchange(ref word, 5, 4));
        Value("compare and keep", Interlocked.CompareExchange(ref word, 9, 4));
        Value("exchange", Interlocked.Exchange(ref word, 7));
        Value("increment", Interlocked.Increment(ref word));
        Value("decrement", Interlocked.Decrement(ref word));
        Value("add", Interlocked.Add(ref word, 10));
        Value("or", Interlocked.Or(ref word, 0x100));
        Value("and", Interlocked.And(ref word, 0x10f));
        Value("word", Volatile.Read(ref word));
        long longWord = Opaque(-1L);
        Value("long add", Interlocked.Add(ref longWord, 1L << 40));
        Value("long exchange", Interlocked.Exchange(ref longWord, 3));
        ulong unsignedWord = Opaque(1ul);
        Value("unsigned decrement", Interlocked.Decrement(ref unsignedWord));
        string text = "first";
        Value("reference exchange", Interlocked.Exchange(ref text, "second"));
        Value("reference compare", Interlocked.CompareExchange(ref text, "third", "other"));
        Value("reference", Volatile.Read(ref text));
    }
}
