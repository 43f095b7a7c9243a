using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>Which CPUs get which barriers (docs/notes/005-speculation.md).</summary>
public class SpeculationTests
{
    // CPUID.7.0:EDX.
    private const uint BufferClears = 1u << 10;
    private const uint Barrier = 1u << 26;

    // IA32_ARCH_CAPABILITIES.
    private const ulong NoMeltdown = 1ul << 0;
    private const ulong EnhancedRestriction = 1ul << 1;
    private const ulong NoSampling = (1ul << 5) | (7ul << 13) | (1ul << 27);

    [Fact]
    public void A_processor_that_declares_everything_needs_the_prediction_barrier_alone() =>
        Assert.Equal(
            SpeculationNeeds.PredictionBarrier | SpeculationNeeds.RestrictBranches,
            SpeculationNeeds.OfIntel(Barrier, NoMeltdown | EnhancedRestriction | NoSampling));

    [Fact]
    public void Buffers_that_may_leak_are_cleared() =>
        Assert.Equal(
            SpeculationNeeds.PredictionBarrier | SpeculationNeeds.BufferClear,
            SpeculationNeeds.OfIntel(Barrier | BufferClears, NoMeltdown | (NoSampling & ~(1ul << 13))));

    [Fact]
    public void Old_microcode_is_reported() =>
        Assert.Equal(SpeculationNeeds.Inadequate, SpeculationNeeds.OfIntel(0, 0) & SpeculationNeeds.Inadequate);

    [Fact]
    public void A_processor_that_says_nothing_about_itself_reads_the_kernel() =>
        Assert.NotEqual(0u, SpeculationNeeds.OfIntel(Barrier | BufferClears, 0) & SpeculationNeeds.ReadsKernel);

    [Fact]
    public void Amd_needs_the_prediction_barrier_and_restricts_branches_where_it_can()
    {
        Assert.Equal(SpeculationNeeds.PredictionBarrier, SpeculationNeeds.OfAmd(1u << 12, 0));
        Assert.Equal(
            SpeculationNeeds.PredictionBarrier | SpeculationNeeds.AutomaticRestriction, SpeculationNeeds.OfAmd(1u << 12, 1u << 8));
        Assert.Equal(SpeculationNeeds.NoBarrier, SpeculationNeeds.OfAmd(0, 0));
    }
}
