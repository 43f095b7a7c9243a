using System;
using System.Numerics;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>Results and flags against their definitions over unbounded integers and over strings of bits.</summary>
public sealed class AluTests
{
    private const int Rounds = 4000;

    private readonly Random _random = new(7);

    private ulong Operand(int size)
    {
        ulong value = (ulong)_random.NextInt64(long.MinValue, long.MaxValue);
        ulong mask = Alu.Mask(size);
        return _random.Next(5) switch
        {
            0 => (ulong)_random.Next(3) & mask,
            1 => (mask - (ulong)_random.Next(3)) & mask,
            2 => ((mask >> 1) + (ulong)_random.Next(2)) & mask,
            _ => value & mask,
        };
    }

    private static BigInteger Signed(ulong value, int size) => (long)Alu.SignExtend(value, size);

    private static bool Parity(ulong value) => BitOperations.PopCount((byte)value) % 2 == 0;

    private static ulong Flags(bool carry, bool overflow, bool auxiliary, ulong result, int size)
    {
        ulong flags = carry ? Rflags.Carry : 0;
        flags |= overflow ? Rflags.Overflow : 0;
        flags |= auxiliary ? Rflags.Auxiliary : 0;
        flags |= result == 0 ? Rflags.Zero : 0;
        flags |= Signed(result, size) < 0 ? Rflags.Sign : 0;
        return flags | (Parity(result) ? Rflags.Parity : 0);
    }

    private static bool FitsSigned(BigInteger value, int size)
    {
        BigInteger half = BigInteger.One << ((8 * size) - 1);
        return value >= -half && value < half;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Sums_and_differences_set_every_flag(int size)
    {
        for (int i = 0; i < Rounds; i++)
        {
            ulong a = Operand(size);
            ulong b = Operand(size);
            ulong carry = (ulong)_random.Next(2);
            ulong flags = Rflags.Fixed | Rflags.Direction | Rflags.Status;
            ulong sum = Alu.Add(a, b, carry, size, ref flags);
            BigInteger wide = (BigInteger)a + b + carry;
            Assert.Equal((ulong)(wide & Alu.Mask(size)), sum);
            bool overflow = !FitsSigned(Signed(a, size) + Signed(b, size) + carry, size);
            ulong expected = Flags(wide > Alu.Mask(size), overflow, (a & 15) + (b & 15) + carry > 15, sum, size);
            Assert.Equal(expected | Rflags.Fixed | Rflags.Direction, flags);

            ulong difference = Alu.Subtract(a, b, carry, size, ref flags);
            Assert.Equal((ulong)(((BigInteger)a - b - carry) & Alu.Mask(size)), difference);
            overflow = !FitsSigned(Signed(a, size) - Signed(b, size) - carry, size);
            expected = Flags((BigInteger)a < (BigInteger)b + carry, overflow, (a & 15) < (b & 15) + carry, difference, size);
            Assert.Equal(expected | Rflags.Fixed | Rflags.Direction, flags);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Products_and_quotients_are_exact(int size)
    {
        BigInteger radix = BigInteger.One << (8 * size);
        for (int i = 0; i < Rounds; i++)
        {
            ulong a = Operand(size);
            ulong b = Operand(size);
            ulong flags = 0;
            ulong low = Alu.Multiply(a, b, size, out ulong high, ref flags);
            Assert.Equal((BigInteger)a * b, (high * radix) + low);
            Assert.Equal(high != 0, flags == (Rflags.Carry | Rflags.Overflow));

            low = Alu.MultiplySigned(a, b, size, out high, ref flags);
            BigInteger product = Signed(a, size) * Signed(b, size);
            Assert.Equal(product, (Signed(high, size) * radix) + low);
            Assert.Equal(!FitsSigned(product, size), flags == (Rflags.Carry | Rflags.Overflow));

            ulong divisor = Operand(size);
            BigInteger dividend = (a * radix) + b;
            bool fits = divisor != 0 && dividend / divisor < radix;
            Assert.Equal(fits, Alu.TryDivide(a, b, divisor, size, out ulong quotient, out ulong remainder));
            if (fits)
                Assert.Equal(dividend, ((BigInteger)quotient * divisor) + remainder);

            BigInteger signedDividend = (Signed(a, size) * radix) + b;
            BigInteger signedDivisor = Signed(divisor, size);
            fits = divisor != 0 && FitsSigned(BigInteger.Divide(signedDividend, signedDivisor), size);
            Assert.Equal(fits, Alu.TryDivideSigned(a, b, divisor, size, out quotient, out remainder));
            if (!fits)
                continue;
            Assert.Equal(BigInteger.Divide(signedDividend, signedDivisor), Signed(quotient, size));
            Assert.Equal(BigInteger.Remainder(signedDividend, signedDivisor), Signed(remainder, size));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Rotations_move_the_bits_one_by_one(int size)
    {
        int bits = 8 * size;
        for (int i = 0; i < Rounds; i++)
        {
            ulong value = Operand(size);
            int count = _random.Next(256);
            bool right = _random.Next(2) == 0;
            ulong flags = (ulong)_random.Next(2);
            ulong carry = flags;
            ulong expected = value;
            int steps = count & (size == 8 ? 63 : 31);
            for (int step = 0; step < steps; step++)
            {
                ulong outgoing = right ? expected & 1 : expected >> (bits - 1);
                expected = right ? (expected >> 1) | (carry << (bits - 1)) : ((expected << 1) | carry) & Alu.Mask(size);
                carry = outgoing;
            }

            Assert.Equal(expected, Shifter.RotateThroughCarry(value, count, right, size, ref flags));
            Assert.Equal(carry, flags & Rflags.Carry);

            Assert.Equal(Rotated(value, steps, right, size), Shifter.Rotate(value, count, right, size, ref flags));
        }
    }

    [Fact]
    public void Conditions_follow_their_definitions()
    {
        for (uint flags = 0; flags < 0x1000; flags++)
        {
            for (int condition = 0; condition < 16; condition += 2)
                Assert.NotEqual(Alu.Holds(condition, flags), Alu.Holds(condition + 1, flags));
        }

        Assert.True(Alu.Holds(0xc, Rflags.Sign));
        Assert.False(Alu.Holds(0xc, Rflags.Sign | Rflags.Overflow));
        Assert.True(Alu.Holds(0x6, Rflags.Carry));
        Assert.True(Alu.Holds(0x6, Rflags.Zero));
        Assert.True(Alu.Holds(0xf, 0));
    }

    // Rotation within an operand of any size, on the string of its bits.
    private static ulong Rotated(ulong value, int steps, bool right, int size)
    {
        int bits = 8 * size;
        ulong result = 0;
        for (int i = 0; i < bits; i++)
        {
            int to = right ? i - (steps % bits) + bits : i + steps;
            result |= ((value >> i) & 1) << (to % bits);
        }

        return result;
    }
}
