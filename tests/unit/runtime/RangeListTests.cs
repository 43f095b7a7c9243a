using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Kilonova.Runtime.Tests;

public sealed unsafe class RangeListTests
{
    private const int Universe = 200;

    // Random operations against a set of page numbers: same contents, sorted, merged, and a refusal changes nothing.
    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 8)]
    [InlineData(3, 100)]
    public void Behaves_like_a_set_of_pages(int seed, int capacity)
    {
        var random = new Random(seed);
        var storage = stackalloc RangeList.PageRange[capacity];
        var list = new RangeList(storage, capacity);
        var model = new SortedSet<ulong>();
        for (var step = 0; step < 20_000; step++)
        {
            var first = (ulong)random.Next(Universe);
            var end = first + (ulong)random.Next(12);
            switch (random.Next(3))
            {
                case 0:
                    if (list.Add(first, end))
                        model.UnionWith(Pages(first, end));
                    else
                        Assert.Equal(capacity, list.Count);

                    break;
                case 1:
                    if (list.Remove(first, end))
                        model.ExceptWith(Pages(first, end));
                    else
                        Assert.Equal(capacity, list.Count);

                    break;
                default:
                    Take(ref list, model, 1 + (ulong)random.Next(6), 1ul << random.Next(4), capacity);
                    break;
            }

            Check(list, model);
        }
    }

    [Fact]
    public void Takes_the_lowest_aligned_pages()
    {
        var storage = stackalloc RangeList.PageRange[4];
        var list = new RangeList(storage, 4);
        Assert.True(list.Add(3, 20));
        Assert.True(list.TryTake(4, 8, out var first));
        Assert.Equal(8ul, first);
        Assert.Equal(13ul, list.Pages);
        Assert.Equal(2, list.Count);
        Assert.False(list.TryTake(9, 1, out _));
    }

    [Fact]
    public void Giving_back_merges_with_both_neighbours()
    {
        var storage = stackalloc RangeList.PageRange[4];
        var list = new RangeList(storage, 4);
        Assert.True(list.Add(0, 5));
        Assert.True(list.Add(10, 15));
        Assert.True(list.Add(5, 10));
        Assert.Equal(1, list.Count);
        Assert.Equal(15ul, list[0].End);
    }

    private static void Take(ref RangeList list, SortedSet<ulong> model, ulong pages, ulong alignment, int capacity)
    {
        var expected = Enumerable.Range(0, Universe + 12).Select(x => (ulong)x)
            .Where(x => x % alignment == 0 && Pages(x, x + pages).All(model.Contains)).Select(x => (ulong?)x).FirstOrDefault();
        var isFull = list.Count == capacity;
        if (list.TryTake(pages, alignment, out var first))
        {
            Assert.True(Pages(first, first + pages).All(model.Contains));
            Assert.Equal(0ul, first % alignment);
            if (!isFull)
                Assert.Equal(expected, first);

            model.ExceptWith(Pages(first, first + pages));
        }
        else
        {
            Assert.True(expected is null || isFull);
        }
    }

    private static void Check(RangeList list, SortedSet<ulong> model)
    {
        var pages = new List<ulong>();
        for (var i = 0; i < list.Count; i++)
        {
            Assert.True(list[i].First < list[i].End);
            Assert.True(i == 0 || list[i - 1].End < list[i].First);
            pages.AddRange(Pages(list[i].First, list[i].End));
        }

        Assert.Equal(model, pages);
        Assert.Equal((ulong)model.Count, list.Pages);
    }

    private static IEnumerable<ulong> Pages(ulong first, ulong end)
    {
        for (var page = first; page < end; page++)
            yield return page;
    }
}
