using System;
using System.Linq;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
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
        Assert.True(Chain.TryHelp(_sc, _ec, _ec + 5));
        Assert.True(Chain.Tip(_sc) == _ec + 6);
    }

    [Theory]
    [InlineData(EcState.Waiting)]
    [InlineData(EcState.Dead)]
    public void Helper_goes_on_when_its_callee_is_free_or_dead(EcState state)
    {
        Assert.True(Chain.TryHelp(_sc, _ec, _ec + 1));
        _ec[1].State = state;
        Assert.True(Chain.Tip(_sc) == _ec);
        Assert.True(_ec->Callee == null);
        Assert.Equal(EcFlags.None, _ec->Flags);
    }

    [Fact]
    public void Help_that_closes_a_ring_is_refused()
    {
        Call(1, 2);
        Help(2, 0);
        Assert.False(Chain.TryHelp(_sc, _ec, _ec + 1));
        Assert.True(_ec->Callee == null);
    }

    [Fact]
    public void Help_for_oneself_is_refused() => Assert.False(Chain.TryHelp(_sc, _ec, _ec));

    [Fact]
    public void Help_that_makes_a_chain_too_long_is_refused()
    {
        for (int i = 1; i < Chain.Longest + 1; i++)
        {
            Call(i, i + 1);
        }

        Assert.False(Chain.TryHelp(_sc, _ec, _ec + 2));
        Assert.True(Chain.TryHelp(_sc, _ec, _ec + 3));
    }

    [Fact]
    public void Help_counts_from_the_thread_whose_time_it_is()
    {
        const int Middle = 100;
        Grow(0, Middle);
        Grow(Middle + 1, Chain.Longest);
        Assert.False(Chain.TryHelp(_sc, _ec + Middle, _ec + Middle + 1));
        Assert.True(Chain.TryHelp(_sc, _ec + Middle, _ec + Middle + 2));
    }

    /// <summary>A thread joins a row of calls, which then grows on the time of the thread at its own root, by calls and by help.</summary>
    [Fact]
    public void A_chain_that_has_grown_too_long_behind_a_helper_is_cut_there_and_the_helper_refused()
    {
        const int Join = 20;
        const int End = Join + Chain.Longest - 3;
        Grow(Join, Join + 10);
        Grow(0, 1);
        Help(1, Join);
        Grow(Join + 10, End);
        Help(End, End + 1);
        Assert.True(Chain.Tip(_sc) == _ec + End);
        Assert.True(_ec[End].Callee == null);
        Assert.False(Chain.TryHelp(_sc, _ec + End, _ec + End + 1));
    }

    /// <summary>
    /// Contexts call, help, answer and die at random, each only when it is its turn: time always flows to somebody who can use it, and no
    /// ring ever closes.
    /// </summary>
    [Fact]
    public void Behaves_like_links_that_never_close_a_ring() =>
        Prop.ForAll<byte[]>(script =>
        {
            const int Contexts = 10;
            int[] next = Enumerable.Repeat(-1, Contexts).ToArray();
            bool[] helps = new bool[Contexts];
            int[] caller = Enumerable.Repeat(-1, Contexts).ToArray();
            for (int i = 0; i < Contexts; i++)
            {
                // The first three are threads with time, the others servers.
                _ec[i].State = i < 3 ? EcState.Running : EcState.Waiting;
                _ec[i].Callee = null;
                _ec[i].Caller = null;
                _ec[i].Flags = EcFlags.None;
            }

            for (int i = 0; i + 1 < script.Length; i += 2)
            {
                _sc->Context = _ec + (script[i] % 3);
                int turn = ModelTip(script[i] % 3);
                Assert.Equal(turn, (int)(Chain.Tip(_sc) - _ec));
                if (_ec[turn].State == EcState.Dead)
                    continue;

                int other = script[i + 1] % Contexts;
                if (script[i] < 180)
                {
                    if (_ec[other].State == EcState.Waiting && other >= 3)
                    {
                        Call(turn, other);
                        _ec[other].State = EcState.Running;
                        next[turn] = other;
                        caller[other] = turn;
                    }
                    else if (_ec[other].State != EcState.Dead)
                    {
                        bool possible = !Reaches(other, turn);
                        Assert.Equal(possible, Chain.TryHelp(_sc, _ec + turn, _ec + other));
                        if (possible)
                        {
                            next[turn] = other;
                            helps[turn] = true;
                        }
                    }
                }
                else if (turn >= 3)
                {
                    // An answer, or the end.
                    _ec[turn].State = script[i] > 245 ? EcState.Dead : EcState.Waiting;
                    if (caller[turn] >= 0)
                    {
                        _ec[caller[turn]].Callee = null;
                        next[caller[turn]] = -1;
                    }

                    caller[turn] = -1;
                }
            }

            int ModelTip(int who)
            {
                while (next[who] >= 0)
                {
                    if (helps[who] && _ec[next[who]].State is EcState.Waiting or EcState.Dead)
                    {
                        helps[who] = false;
                        next[who] = -1;
                        return who;
                    }

                    who = next[who];
                }

                return who;
            }

            bool Reaches(int from, int to)
            {
                for (int who = from; who >= 0; who = next[who])
                {
                    if (who == to)
                        return true;
                }

                return false;
            }
        }).QuickCheckThrowOnFailure();

    private void Grow(int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            Call(i, i + 1);
        }
    }

    private void Help(int helper, int busy)
    {
        _ec[helper].Callee = _ec + busy;
        _ec[helper].Flags |= EcFlags.Helping;
    }

    private void Call(int caller, int callee)
    {
        _ec[caller].Callee = _ec + callee;
        _ec[callee].Caller = _ec + caller;
    }
}
