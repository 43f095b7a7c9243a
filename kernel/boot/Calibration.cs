namespace Kilonova.Kernel;

/// <summary>The arithmetic of clocks: exact to the last tick, in integers.</summary>
public static class Calibration
{
    /// <summary>a * b / c, rounded down; <see cref="ulong.MaxValue"/> if it does not fit. c is not 0.</summary>
    public static ulong MultiplyDivide(ulong a, ulong b, ulong c)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        if (high >= c)
            return ulong.MaxValue;

        // Restoring division of the 128-bit product, one bit of the quotient per round.
        ulong remainder = high;
        ulong quotient = 0;
        for (int i = 63; i >= 0; i--)
        {
            bool carry = (remainder >> 63) != 0;
            remainder = (remainder << 1) | ((low >> i) & 1);
            quotient <<= 1;
            if (carry || remainder >= c)
            {
                remainder -= c;
                quotient |= 1;
            }
        }

        return quotient;
    }

    /// <summary>
    /// Frequency of a counter, in Hz, that advanced by <paramref name="ticks"/> while a reference of known frequency advanced by
    /// <paramref name="referenceTicks"/>. 0 if the reference stood still.
    /// </summary>
    public static ulong Frequency(ulong ticks, ulong referenceTicks, ulong referenceHertz) =>
        referenceTicks == 0 ? 0 : MultiplyDivide(ticks, referenceHertz, referenceTicks);

    /// <summary>Frequency of the HPET from its period in femtoseconds (capability register, bits 63-32); 0 if invalid.</summary>
    public static ulong HpetFrequency(uint femtoseconds) =>
        femtoseconds is 0 or > 100_000_000 ? 0 : 1_000_000_000_000_000ul / femtoseconds;

    /// <summary>How far a counter of a number of bits advanced between two readings; it wrapped at most once.</summary>
    public static ulong Advance(ulong from, ulong to, int bits) => (to - from) & (ulong.MaxValue >> (64 - bits));

    /// <summary>CPUID.15h: TSC frequency in Hz from the crystal's and the ratio; 0 where a part is not enumerated.</summary>
    public static ulong FromCrystal(uint denominator, uint numerator, uint crystalHertz) =>
        denominator == 0 || numerator == 0 ? 0 : MultiplyDivide(crystalHertz, numerator, denominator);

    /// <summary>
    /// Ticks of a timer per tick of the STC, as a fraction of 2^32, rounded up so that a deadline is never early by rounding.
    /// </summary>
    public static ulong Ratio(ulong timerHertz, ulong stcHertz) => MultiplyDivide(timerHertz, 1ul << 32, stcHertz) + 1;

    /// <summary>
    /// Initial count of a timer for a distance in STC ticks: 1 to 2^32-1. A distance too long expires early and is armed again.
    /// </summary>
    public static uint Count(ulong distance, ulong ratio)
    {
        ulong high = Math.BigMul(distance, ratio, out ulong low);
        return high >> 32 != 0 ? uint.MaxValue : (uint)Math.Min(Math.Max((high << 32) | (low >> 32), 1), uint.MaxValue);
    }
}
