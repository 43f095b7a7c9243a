// Shifts, rotates and bit-field instructions.
using System.Numerics;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Emulation;

/// <summary>Pure functions of operands and flags, like <see cref="Alu"/>. Counts are masked as the processor masks them.</summary>
public static class Shifter
{
    /// <summary>SHL.</summary>
    public static ulong ShiftLeft(ulong value, int count, int size, ref ulong flags)
    {
        int bits = 8 * size;
        count = MaskCount(count, size);
        if (count == 0)
            return value;
        ulong result = count >= bits ? 0 : (value << count) & Alu.Mask(size);
        bool carry = count <= bits && ((value >> (bits - count)) & 1) != 0;
        bool sign = ((result >> (bits - 1)) & 1) != 0;
        SetShift(ref flags, result, size, carry, sign != carry);
        return result;
    }

    /// <summary>SHR.</summary>
    public static ulong ShiftRight(ulong value, int count, int size, ref ulong flags)
    {
        int bits = 8 * size;
        count = MaskCount(count, size);
        if (count == 0)
            return value;
        ulong result = count >= bits ? 0 : value >> count;
        bool carry = count <= bits && ((value >> (count - 1)) & 1) != 0;
        SetShift(ref flags, result, size, carry, ((value >> (bits - 1)) & 1) != 0);
        return result;
    }

    /// <summary>SAR.</summary>
    public static ulong ShiftArithmeticRight(ulong value, int count, int size, ref ulong flags)
    {
        count = MaskCount(count, size);
        if (count == 0)
            return value;
        long extended = (long)Alu.SignExtend(value, size);
        ulong result = (ulong)(extended >> count) & Alu.Mask(size);
        SetShift(ref flags, result, size, ((extended >> (count - 1)) & 1) != 0, false);
        return result;
    }

    /// <summary>ROL and ROR.</summary>
    public static ulong Rotate(ulong value, int count, bool right, int size, ref ulong flags)
    {
        int bits = 8 * size;
        count = MaskCount(count, size);
        if (count == 0)
            return value;
        int turn = count & (bits - 1);
        int left = right ? (bits - turn) & (bits - 1) : turn;
        ulong result = left == 0 ? value : ((value << left) | (value >> (bits - left))) & Alu.Mask(size);
        ulong top = (result >> (bits - 1)) & 1;
        ulong carry = right ? top : result & 1;
        ulong overflow = right ? top ^ ((result >> (bits - 2)) & 1) : top ^ carry;
        flags = (flags & ~(Rflags.Carry | Rflags.Overflow)) | carry | (overflow * Rflags.Overflow);
        return result;
    }

    /// <summary>RCL and RCR.</summary>
    public static ulong RotateThroughCarry(ulong value, int count, bool right, int size, ref ulong flags)
    {
        int bits = 8 * size;
        count = MaskCount(count, size) % (bits + 1);
        if (count == 0)
            return value;
        ulong carry = flags & Rflags.Carry;
        // A rotation to the right by n is one to the left by bits + 1 - n.
        int left = right ? bits + 1 - count : count;
        ulong result = carry << (left - 1);
        if (left < bits)
            result |= value << left;
        if (left > 1)
            result |= value >> (bits + 1 - left);
        result &= Alu.Mask(size);
        ulong carryOut = (value >> (bits - left)) & 1;
        ulong top = (result >> (bits - 1)) & 1;
        ulong overflow = right ? top ^ ((result >> (bits - 2)) & 1) : top ^ carryOut;
        flags = (flags & ~(Rflags.Carry | Rflags.Overflow)) | carryOut | (overflow * Rflags.Overflow);
        return result;
    }

    /// <summary>SHLD and SHRD. A count above 16 of 16-bit operands is undefined and shifts the pair again.</summary>
    public static ulong ShiftDouble(ulong value, ulong filler, int count, bool right, int size, ref ulong flags)
    {
        int bits = 8 * size;
        count = MaskCount(count, size);
        if (count == 0)
            return value;
        if (count > bits)
        {
            value = filler;
            count -= bits;
        }

        ulong result;
        bool carry;
        if (right)
        {
            result = count == bits ? filler : (value >> count) | (filler << (bits - count));
            carry = ((value >> (count - 1)) & 1) != 0;
        }
        else
        {
            result = count == bits ? filler : (value << count) | (filler >> (bits - count));
            carry = ((value >> (bits - count)) & 1) != 0;
        }

        result &= Alu.Mask(size);
        SetShift(ref flags, result, size, carry, (((result ^ value) >> (bits - 1)) & 1) != 0);
        return result;
    }

    /// <summary>PDEP: spreads low bits to the places of a mask.</summary>
    public static ulong Deposit(ulong value, ulong mask)
    {
        ulong result = 0;
        for (; mask != 0; mask &= mask - 1, value >>= 1)
        {
            if ((value & 1) != 0)
                result |= mask & (0 - mask);
        }

        return result;
    }

    /// <summary>PEXT: gathers the bits at the places of a mask.</summary>
    public static ulong Extract(ulong value, ulong mask)
    {
        ulong result = 0;
        for (int to = 0; mask != 0; mask &= mask - 1, to++)
        {
            if ((value & mask & (0 - mask)) != 0)
                result |= 1ul << to;
        }

        return result;
    }

    /// <summary>CRC32: the Castagnoli polynomial over one operand, reflected.</summary>
    public static uint Crc32(uint crc, ulong value, int size)
    {
        const uint Polynomial = 0x82f6_3b78;
        for (int i = 0; i < 8 * size; i++, value >>= 1)
        {
            bool bit = ((crc ^ (uint)value) & 1) != 0;
            crc >>= 1;
            if (bit)
                crc ^= Polynomial;
        }

        return crc;
    }

    /// <summary>Number of zero bits above the highest set bit; all bits of the operand if there is none.</summary>
    public static ulong LeadingZeros(ulong value, int size) => (ulong)(BitOperations.LeadingZeroCount(value) - (64 - (8 * size)));

    /// <summary>Number of zero bits below the lowest set bit; all bits of the operand if there is none.</summary>
    public static ulong TrailingZeros(ulong value, int size) =>
        value == 0 ? (ulong)(8 * size) : (ulong)BitOperations.TrailingZeroCount(value);

    private static int MaskCount(int count, int size) => count & (size == 8 ? 0x3f : 0x1f);

    private static void SetShift(ref ulong flags, ulong result, int size, bool carry, bool overflow)
    {
        flags &= ~(Rflags.Carry | Rflags.Overflow | Rflags.Sign | Rflags.Zero | Rflags.Parity);
        flags |= Alu.ResultFlags(result, size) | (carry ? Rflags.Carry : 0) | (overflow ? Rflags.Overflow : 0);
    }
}
