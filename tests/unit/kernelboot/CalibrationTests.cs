using System;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

public class CalibrationTests
{
    [Fact]
    public void MultiplyDivide_agrees_with_128_bit_arithmetic()
    {
        Arbitrary<ulong> any = ArbMap.Default.ArbFor<ulong>();
        Prop.ForAll(any, any, any, (a, b, c) =>
        {
            ulong divisor = Math.Max(c, 1);
            UInt128 exact = (UInt128)a * b / divisor;
            Assert.Equal(exact > ulong.MaxValue ? ulong.MaxValue : (ulong)exact, Calibration.MultiplyDivide(a, b, divisor));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 2ul, 1ul, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 1ul, ulong.MaxValue, 1ul)]
    [InlineData(1ul << 63, 3ul, (1ul << 63) + 1, 2ul)]
    [InlineData(0ul, 5ul, 7ul, 0ul)]
    public void MultiplyDivide_is_right_at_its_edges(ulong a, ulong b, ulong c, ulong expected) =>
        Assert.Equal(expected, Calibration.MultiplyDivide(a, b, c));

    [Fact]
    public void A_frequency_follows_from_two_advances()
    {
        // 10 ms of the ACPI timer, during which a 2.5 GHz counter makes 25 million ticks.
        Assert.Equal(2_500_031_428ul, Calibration.Frequency(25_000_000, 35_795, 3_579_545));
        Assert.Equal(0ul, Calibration.Frequency(25_000_000, 0, 3_579_545));
    }

    [Theory]
    [InlineData(10_000_000u, 100_000_000ul)]
    [InlineData(69_841_279u, 14_318_179ul)]
    [InlineData(0u, 0ul)]
    [InlineData(100_000_001u, 0ul)]
    public void The_period_of_an_hpet_gives_its_frequency(uint femtoseconds, ulong hertz) =>
        Assert.Equal(hertz, Calibration.HpetFrequency(femtoseconds));

    [Theory]
    [InlineData(0xff_fff0ul, 0x10ul, 24, 0x20ul)]
    [InlineData(0xffff_fff0ul, 0x10ul, 32, 0x20ul)]
    [InlineData(5ul, 9ul, 24, 4ul)]
    [InlineData(ulong.MaxValue, 1ul, 64, 2ul)]
    public void A_counter_may_wrap_once(ulong from, ulong to, int bits, ulong advance) =>
        Assert.Equal(advance, Calibration.Advance(from, to, bits));

    [Fact]
    public void A_crystal_that_is_not_enumerated_gives_nothing()
    {
        Assert.Equal(2_400_000_000ul, Calibration.FromCrystal(2, 200, 24_000_000));
        Assert.Equal(0ul, Calibration.FromCrystal(0, 200, 24_000_000));
        Assert.Equal(0ul, Calibration.FromCrystal(2, 0, 24_000_000));
        Assert.Equal(0ul, Calibration.FromCrystal(2, 200, 0));
    }

    /// <summary>A timer set by its count expires at the deadline or up to two of its own ticks later.</summary>
    [Fact]
    public void A_timer_is_never_early_by_rounding()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            ulong timer = (ulong)random.NextInt64(1_000_000, 4_000_000_000);
            ulong stc = (ulong)random.NextInt64(1_000_000, 6_000_000_000);
            ulong distance = (ulong)random.NextInt64(1, 1L << random.Next(1, 40));
            uint count = Calibration.Count(distance, Calibration.Ratio(timer, stc));
            UInt128 exact = (UInt128)distance * timer / stc;
            if (exact < uint.MaxValue - 512)
            {
                Assert.True(count >= exact, $"{count} < {exact}");
                Assert.True(count <= exact + 2 + (distance >> 32), $"{count} > {exact}");
            }
        }

        Assert.Equal(1u, Calibration.Count(0, Calibration.Ratio(1_000_000, 1_000_000_000)));
        Assert.Equal(uint.MaxValue, Calibration.Count(ulong.MaxValue, Calibration.Ratio(1_000_000_000, 1_000_000)));
    }
}
