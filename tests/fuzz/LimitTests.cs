using System;
using Xunit;

namespace Kilonova.Fuzz.Tests;

/// <summary>Exhaustion, leaks and reserved time (limits/).</summary>
public class LimitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Scarce_memory_is_refused_without_a_trace_and_nothing_leaks(int cpus) =>
        FuzzRun.Run("limits", "", FuzzRun.CheckedKernel, cpus, TimeSpan.FromMinutes(5));

    [Fact]
    public void Reserved_time_is_a_limit() =>
        FuzzRun.RunCounted("limits", "time", FuzzRun.ShippedKernel, TimeSpan.FromMinutes(5));
}
