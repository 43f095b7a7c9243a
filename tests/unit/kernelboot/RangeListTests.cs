using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

public class RangeListTests
{
    private static string Text(in RangeList list)
    {
        RangeList copy = list;
        return string.Join(' ', Enumerable.Range(0, copy.Count).Select(i => $"{copy.Start(i)}-{copy.End(i)}"));
    }

    [Fact]
    public void Neighbours_are_joined()
    {
        RangeList list = default;
        Assert.True(list.Add(10, 20));
        Assert.True(list.Add(30, 40));
        Assert.True(list.Add(20, 30));
        Assert.Equal("10-40", Text(list));
    }

    [Fact]
    public void Removal_from_the_middle_splits()
    {
        RangeList list = default;
        Assert.True(list.Add(0, 100));
        Assert.True(list.Remove(40, 60));
        Assert.Equal("0-40 60-100", Text(list));
    }

    [Fact]
    public void Empty_and_reversed_ranges_change_nothing()
    {
        RangeList list = default;
        Assert.True(list.Add(5, 5));
        Assert.True(list.Add(9, 3));
        Assert.True(list.Add(1, 2));
        Assert.True(list.Remove(2, 1));
        Assert.Equal("1-2", Text(list));
    }

    [Fact]
    public void A_full_list_refuses_more_and_stays_as_it_is()
    {
        RangeList list = default;
        for (ulong i = 0; i < RangeList.Capacity; i++)
        {
            Assert.True(list.Add(10 * i, (10 * i) + 5));
        }

        string before = Text(list);
        Assert.False(list.Add(1_000_000, 1_000_001));
        Assert.False(list.Remove(1, 2));
        Assert.Equal(before, Text(list));
        Assert.True(list.Add(5, 10));
        Assert.Equal(RangeList.Capacity - 1, list.Count);
    }

    [Fact]
    public void Contains_wants_every_address()
    {
        RangeList list = default;
        Assert.True(list.Add(10, 20));
        Assert.True(list.Add(21, 30));
        Assert.True(list.Contains(10, 20));
        Assert.False(list.Contains(10, 21));
        Assert.False(list.Contains(19, 22));
        Assert.Equal(-1, list.Find(20));
        Assert.Equal(1, list.Find(21));
    }

    /// <summary>Any series of additions and removals agrees with a set of numbers; the list stays sorted, disjoint and joined.</summary>
    [Fact]
    public void Every_series_of_steps_agrees_with_a_set()
    {
        Gen<(bool Add, int From, int Length)> step =
            from add in ArbMap.Default.GeneratorFor<bool>()
            from start in Gen.Choose(0, 99)
            from length in Gen.Choose(0, 20)
            select (add, start, length);
        Prop.ForAll(step.ListOf().ToArbitrary(), steps =>
        {
            RangeList list = default;
            bool[] model = new bool[128];
            foreach ((bool add, int start, int length) in steps)
            {
                bool done = add ? list.Add((ulong)start, (ulong)(start + length)) : list.Remove((ulong)start, (ulong)(start + length));
                Assert.True(done);
                for (int i = start; i < start + length; i++)
                {
                    model[i] = add;
                }
            }

            for (int i = 0; i < model.Length; i++)
            {
                Assert.Equal(model[i], list.Find((ulong)i) >= 0);
            }

            for (int i = 1; i < list.Count; i++)
            {
                Assert.True(list.End(i - 1) < list.Start(i));
            }
        }).QuickCheckThrowOnFailure();
    }
}
