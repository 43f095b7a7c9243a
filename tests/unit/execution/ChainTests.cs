using System;
using System.Runtime.InteropServices;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>Donation and helping: who runs when a scheduling context does.</summary>
public sealed unsafe class ChainTests : IDisposable
{
    private readonly ExecutionContext* _ec = (ExecutionContext*)NativeMemory.AllocZeroed(300, (nuint)sizeof(ExecutionContext));
    private readonly SchedulingContext* _sc = (SchedulingContext*)NativeMemory.AllocZeroed((nuint)sizeof(SchedulingContext));

    public ChainTests()
    {
        _sc->Context = _ec;
        for (int i = 0; i < 300; i++)
        {
            _ec[i].State = EcState.Running;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_ec);
        NativeMemory.Free(_sc);
    }

    [Fact]
    public void Context_without_call_runs_itself() => Assert.True(Chain.Tip(_sc) == _ec);

    [Fact]
    public void Time_flows_along_open_calls()
    {
        Call(0, 1);
        Call(1, 2);
        Assert.True(Chain.Tip(_sc) == _ec + 2);
    }

    [Fact]
    public void Helper_spends_its_time_on_whoever_the_busy_callee_waits_for()
    {
        Call(5, 6);
        Assert.True(Chain.TryHelp(_ec, _ec + 5));
        Assert.True(Chain.Tip(_sc) == _ec + 6);
    }

    [Theory]
    [InlineData(EcState.Waiting)]
    [InlineData(EcState.Dead)]
    public void Helper_goes_on_when_its_callee_is_free_or_dead(EcState state)
    {
        Assert.True(Chain.TryHelp(_ec, _ec + 1));
        _ec[1].State = state;
        Assert.True(Chain.Tip(_sc) == _ec);
        Assert.True(_ec->Callee == null);
        Assert.Equal(EcFlags.None, _ec->Flags);
    }

    [Fact]
    public void Help_that_closes_a_ring_is_refused()
    {
        Call(1, 2);
        Assert.True(Chain.TryHelp(_ec + 2, _ec));
        Assert.False(Chain.TryHelp(_ec, _ec + 1));
        Assert.True(_ec->Callee == null);
    }

    [Fact]
    public void Help_for_oneself_is_refused() => Assert.False(Chain.TryHelp(_ec, _ec));

    [Fact]
    public void Help_that_makes_a_chain_too_long_is_refused()
    {
        for (int i = 1; i < Chain.Longest + 1; i++)
        {
            Call(i, i + 1);
        }

        Assert.False(Chain.TryHelp(_ec, _ec + 1));
        Assert.True(Chain.TryHelp(_ec, _ec + 3));
    }

    private void Call(int caller, int callee)
    {
        _ec[caller].Callee = _ec + callee;
        _ec[callee].Caller = _ec + caller;
    }
}
