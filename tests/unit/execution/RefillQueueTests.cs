using System;
using System.Collections.Generic;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>Reserved time against its definition: in any window of one period at most one budget is spent, and nothing is lost.</summary>
public sealed class RefillQueueTests
{
    private const ulong Budget = 100;
    private const ulong Period = 1000;

    [Fact]
    public void Whole_budget_is_usable_at_once()
    {
        RefillQueue queue = Fresh(now: 50);
        Assert.Equal(50ul, queue.FirstTime);
        Assert.Equal(Budget, queue.FirstAmount);
    }

    [Fact]
    public void Time_that_was_used_comes_back_one_period_after_it_was_first_used()
    {
        RefillQueue queue = Fresh(now: 0);
        queue.Consume(Budget, Period);
        Assert.Equal(Period, queue.FirstTime);
        Assert.Equal(Budget, queue.FirstAmount);
    }

    [Fact]
    public void Part_that_was_not_used_stays_usable()
    {
        RefillQueue queue = Fresh(now: 0);
        queue.Consume(30, Period);
        Assert.Equal(70ul, queue.FirstAmount);
        Assert.Equal(30ul, queue.FirstTime);
        Assert.Equal(2, queue.Count);
    }

    [Fact]
    public void Overrun_is_paid_from_later_replenishments()
    {
        RefillQueue queue = Fresh(now: 0);
        queue.Consume(Budget + 40, Period);
        Assert.True(queue.FirstTime > Period, "the first piece after an overrun comes later than after plain use");
    }

    [Fact]
    public void Idle_time_does_not_accumulate()
    {
        RefillQueue queue = Fresh(now: 0);
        queue.Advance(100 * Period);
        Assert.Equal(Budget, queue.FirstAmount);
        Assert.Equal(100 * Period, queue.FirstTime);
    }

    [Fact]
    public void No_window_of_one_period_gets_more_than_the_budget() =>
        Prop.ForAll<int[]>(steps =>
        {
            RefillQueue queue = Fresh(now: 0);
            List<(ulong At, ulong Used)> history = [];
            ulong now = 0;
            foreach (int step in steps)
            {
                // Wait for up to two periods, then run for as long as the queue allows, or less.
                now += (ulong)Math.Abs((long)step % 2000);
                if (queue.FirstTime > now)
                {
                    now = queue.FirstTime;
                }

                queue.Advance(now);
                ulong used = Math.Min(queue.FirstAmount, (ulong)Math.Abs((long)step / 7 % 120) + 1);
                history.Add((now, used));
                now += used;
                queue.Consume(used, Period);
            }

            foreach ((ulong start, _) in history)
            {
                ulong spent = 0;
                foreach ((ulong at, ulong used) in history)
                {
                    ulong from = Math.Max(at, start);
                    ulong to = Math.Min(at + used, start + Period);
                    spent += to > from ? to - from : 0;
                }

                if (spent > Budget)
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    private static RefillQueue Fresh(ulong now)
    {
        RefillQueue queue = default;
        queue.Reset(now, Budget);
        return queue;
    }
}
