using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Timer.Tests;

public class TimeoutTableTests
{
    private const int Owners = 3;

    [Fact]
    public void Twenty_thousand_timeouts_come_in_order_each_once()
    {
        const int Count = 20_000;
        TimeoutTable table = new(Count, 1);
        Random random = new(1);
        for (ulong token = 0; token < Count; token++)
            Assert.True(table.TrySet(0, token, (ulong)random.Next(1, 5_000)));

        Assert.False(table.TrySet(0, Count, 1));
        HashSet<ulong> seen = [];
        ulong last = 0;
        while (table.TryTake(ulong.MaxValue, out _, out ulong token, out ulong deadline))
        {
            Assert.True(deadline >= last);
            Assert.True(seen.Add(token));
            last = deadline;
        }

        Assert.Equal(Count, seen.Count);
        Assert.Equal((0, 0, 0ul), (table.Count, table.CountOf(0), table.NextDeadline));
    }

    [Fact]
    public void Nothing_comes_before_its_time()
    {
        TimeoutTable table = new(4, 1);
        table.TrySet(0, 7, 100);

        Assert.False(table.TryTake(99, out _, out _, out _));
        Assert.Equal(100ul, table.NextDeadline);
        Assert.True(table.TryTake(100, out _, out _, out _));
    }

    /// <summary>Against a plain list that is searched for its smallest entry.</summary>
    [Fact]
    public void Setting_moving_cancelling_taking_and_clearing_do_what_a_plain_list_does() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(Operations().ToArbitrary(), operations =>
            {
                const int Capacity = 12;
                TimeoutTable table = new(Capacity, Owners);
                List<(ulong Deadline, int Order, int Owner, ulong Token)> model = [];
                int order = 0;
                foreach ((int kind, int owner, int token, int time) in operations)
                {
                    int found = model.FindIndex(entry => entry.Owner == owner && entry.Token == (ulong)token);
                    switch (kind)
                    {
                        case 0 or 1 or 2:
                            bool fits = found >= 0 || model.Count < Capacity;
                            Assert.Equal(fits, table.TrySet(owner, (ulong)token, (ulong)time));
                            if (found >= 0)
                                model.RemoveAt(found);

                            if (fits)
                                model.Add(((ulong)time, order++, owner, (ulong)token));

                            break;
                        case 3:
                            Assert.Equal(found >= 0, table.TryCancel(owner, (ulong)token));
                            if (found >= 0)
                                model.RemoveAt(found);

                            break;
                        case 4:
                            table.Clear(owner);
                            model.RemoveAll(entry => entry.Owner == owner);
                            break;
                        default:
                            bool isDue = model.Count > 0 && model.Min().Deadline <= (ulong)time;
                            Assert.Equal(isDue, table.TryTake((ulong)time, out int whose, out ulong which, out ulong when));
                            if (isDue)
                            {
                                Assert.Equal(model.Min() with { Order = 0 }, (when, 0, whose, which));
                                model.Remove(model.Min());
                            }

                            break;
                    }

                    Assert.Equal(model.Count, table.Count);
                    Assert.Equal(model.Count == 0 ? 0 : Math.Max(1, model.Min().Deadline), table.NextDeadline);
                    for (int i = 0; i < Owners; i++)
                        Assert.Equal(model.Count(entry => entry.Owner == i), table.CountOf(i));
                }
            }));

    [Fact]
    public void A_backlog_is_a_queue_per_owner_from_one_pool()
    {
        Backlog backlog = new(3, 2);
        Assert.True(backlog.Add(0, 1, 10));
        Assert.True(backlog.Add(1, 2, 20));
        Assert.True(backlog.Add(0, 3, 30));
        Assert.False(backlog.Add(1, 4, 40));

        Assert.True(backlog.TryPeek(0, out ulong token, out ulong deadline));
        Assert.Equal((1ul, 10ul), (token, deadline));
        backlog.Drop(0);
        Assert.True(backlog.TryPeek(0, out token, out _));
        Assert.Equal(3ul, token);
        backlog.Clear(0);
        Assert.False(backlog.TryPeek(0, out _, out _));
        Assert.True(backlog.Add(0, 5, 50));
        Assert.True(backlog.Add(0, 6, 60));
        Assert.False(backlog.Add(0, 7, 70));
        Assert.Equal((2, 1), (backlog.CountOf(0), backlog.CountOf(1)));
    }

    private static Gen<(int Kind, int Owner, int Token, int Time)[]> Operations() =>
        (from kind in Gen.Choose(0, 6)
         from owner in Gen.Choose(0, Owners - 1)
         from token in Gen.Choose(0, 6)
         from time in Gen.Choose(0, 20)
         select (kind, owner, token, time)).ArrayOf(80);
}
