// Results and flags of integer instructions, exact in every flag that the architecture defines. Undefined flags keep their value.
using System;
using System.Numerics;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

/// <summary>
/// Pure functions of operands and flags. Operands are zero-extended and so are results; sizes are in bytes.
/// </summary>
public static class Alu
{
    /// <summary>All bits of an operand.</summary>
    public static ulong Mask(int size) => ulong.MaxValue >> (64 - (8 * size));

    /// <summary>Sign-extends an operand to 64 bits.</summary>
    public static ulong SignExtend(ulong value, int size)
    {
        int unused = 64 - (8 * size);
        return (ulong)((long)(value << unused) >> unused);
    }

    /// <summary>ADD, and ADC with a carry of 1.</summary>
    public static ulong Add(ulong a, ulong b, ulong carry, int size, ref ulong flags)
    {
        ulong result = (a + b + carry) & Mask(size);
        ulong carries = (a & b) | ((a | b) & ~result);
        ulong overflow = (a ^ result) & (b ^ result);
        SetArithmetic(ref flags, carries, overflow, result, size);
        return result;
    }

    /// <summary>SUB and CMP, and SBB with a borrow of 1.</summary>
    public static ulong Subtract(ulong a, ulong b, ulong borrow, int size, ref ulong flags)
    {
        ulong result = (a - b - borrow) & Mask(size);
        ulong borrows = (~a & b) | ((~a | b) & result);
        ulong overflow = (a ^ b) & (a ^ result);
        SetArithmetic(ref flags, borrows, overflow, result, size);
        return result;
    }

    /// <summary>The flags of AND, OR, XOR and TEST. AF is undefined and becomes 0, as on processors.</summary>
    public static ulong Logic(ulong result, int size, ref ulong flags)
    {
        flags = (flags & ~Rflags.Status) | ResultFlags(result, size);
        return result;
    }

    /// <summary>INC and DEC: ADD and SUB of 1 that leave CF.</summary>
    public static ulong Increment(ulong a, bool down, int size, ref ulong flags)
    {
        ulong carry = flags & Rflags.Carry;
        ulong result = down ? Subtract(a, 1, 0, size, ref flags) : Add(a, 1, 0, size, ref flags);
        flags = (flags & ~Rflags.Carry) | carry;
        return result;
    }

    /// <summary>Whether a condition code (0 = O to 15 = NLE) holds.</summary>
    public static bool Holds(int condition, ulong flags)
    {
        bool sign = (flags & Rflags.Sign) != 0;
        bool overflow = (flags & Rflags.Overflow) != 0;
        bool zero = (flags & Rflags.Zero) != 0;
        bool carry = (flags & Rflags.Carry) != 0;
        bool holds = (condition >> 1) switch
        {
            0 => overflow,
            1 => carry,
            2 => zero,
            3 => carry || zero,
            4 => sign,
            5 => (flags & Rflags.Parity) != 0,
            6 => sign != overflow,
            _ => zero || sign != overflow,
        };
        return holds != ((condition & 1) != 0);
    }

    /// <summary>SF, ZF and PF of a result.</summary>
    public static ulong ResultFlags(ulong result, int size)
    {
        ulong flags = result == 0 ? Rflags.Zero : 0;
        flags |= (result >> ((8 * size) - 1) & 1) * Rflags.Sign;
        // Bit i of the constant is the evenness of the number i.
        uint folded = (uint)((result ^ (result >> 4)) & 0xf);
        return flags | (((0x9669u >> (int)folded) & 1) * Rflags.Parity);
    }

    /// <summary>Unsigned product.</summary>
    /// <returns>The low half; the high half of the product's 2 x size bytes goes to <paramref name="high"/>.</returns>
    public static ulong Multiply(ulong a, ulong b, int size, out ulong high, ref ulong flags)
    {
        ulong low = WideMultiply(a, b, out high);
        if (size < 8)
        {
            high = low >> (8 * size);
            low &= Mask(size);
        }

        SetCarryOverflow(ref flags, high != 0);
        return low;
    }

    /// <summary>Signed product.</summary>
    /// <returns>The low half; the high half of the product's 2 x size bytes goes to <paramref name="high"/>.</returns>
    public static ulong MultiplySigned(ulong a, ulong b, int size, out ulong high, ref ulong flags)
    {
        ulong x = SignExtend(a, size);
        ulong y = SignExtend(b, size);
        ulong low = WideMultiply(x, y, out high);
        // From the unsigned to the signed product of two's complements.
        high -= ((long)x < 0 ? y : 0) + ((long)y < 0 ? x : 0);
        if (size < 8)
        {
            high = (low >> (8 * size)) & Mask(size);
            low &= Mask(size);
        }

        SetCarryOverflow(ref flags, high != (SignExtend(low, size) >> 63) * Mask(size));
        return low;
    }

    /// <summary>Unsigned quotient of a double-width dividend. False: #DE.</summary>
    public static bool TryDivide(ulong high, ulong low, ulong divisor, int size, out ulong quotient, out ulong remainder)
    {
        quotient = 0;
        remainder = 0;
        if (divisor == 0 || high >= divisor)
            return false;
        if (size < 8)
        {
            ulong dividend = (high << (8 * size)) | low;
            quotient = dividend / divisor;
            remainder = dividend % divisor;
            return true;
        }

        // Schoolbook, one bit at a time: the partial remainder may need 65 bits.
        remainder = high;
        quotient = low;
        for (int i = 0; i < 64; i++)
        {
            bool top = (long)remainder < 0;
            remainder = (remainder << 1) | (quotient >> 63);
            quotient <<= 1;
            if (top || remainder >= divisor)
            {
                remainder -= divisor;
                quotient |= 1;
            }
        }

        return true;
    }

    /// <summary>Signed quotient, rounded towards zero, of a double-width dividend. False: #DE.</summary>
    public static bool TryDivideSigned(ulong high, ulong low, ulong divisor, int size, out ulong quotient, out ulong remainder)
    {
        ulong mask = Mask(size);
        bool negativeDividend = ((high >> ((8 * size) - 1)) & 1) != 0;
        bool negativeDivisor = ((divisor >> ((8 * size) - 1)) & 1) != 0;
        if (negativeDividend)
        {
            low = (0 - low) & mask;
            high = (~high + (low == 0 ? 1ul : 0)) & mask;
        }

        if (negativeDivisor)
            divisor = (0 - divisor) & mask;
        if (!TryDivide(high, low, divisor, size, out quotient, out remainder))
            return false;

        bool negative = negativeDividend != negativeDivisor;
        ulong limit = (mask >> 1) + (negative ? 1ul : 0);
        if (quotient > limit)
            return false;
        if (negative)
            quotient = (0 - quotient) & mask;
        if (negativeDividend)
            remainder = (0 - remainder) & mask;
        return true;
    }

    internal static void SetCarryOverflow(ref ulong flags, bool value)
    {
        flags &= ~(Rflags.Carry | Rflags.Overflow);
        if (value)
            flags |= Rflags.Carry | Rflags.Overflow;
    }

    private static ulong WideMultiply(ulong a, ulong b, out ulong high)
    {
        high = Math.BigMul(a, b, out ulong low);
        return low;
    }

    private static void SetArithmetic(ref ulong flags, ulong carries, ulong overflow, ulong result, int size)
    {
        int top = (8 * size) - 1;
        flags = (flags & ~Rflags.Status) | ResultFlags(result, size) | ((carries >> top) & 1) | (((carries >> 3) & 1) * Rflags.Auxiliary)
            | (((overflow >> top) & 1) * Rflags.Overflow);
    }
}
