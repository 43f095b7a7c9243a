using System;
using System.Collections.Generic;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public class PageAllocatorTests
{
    [Fact]
    public void Pages_come_from_the_smallest_range_that_is_large_enough()
    {
        PageAllocator pages = new(8);
        pages.Add(0x1000, 100);
        pages.Add(0x2000, 10);

        Assert.True(pages.TryTake(8, 1, out ulong first));
        Assert.Equal(0x2000ul, first);
        Assert.Equal(102ul, pages.Free);
    }

    [Fact]
    public void Alignment_leaves_what_lies_before_it_free()
    {
        PageAllocator pages = new(8);
        pages.Add(0x1001, 100);

        Assert.True(pages.TryTake(16, 16, out ulong first));
        Assert.Equal(0x1010ul, first);
        Assert.Equal(2, pages.Ranges);
        Assert.True(pages.TryTake(15, 1, out first));
        Assert.Equal(0x1001ul, first);
    }

    [Fact]
    public void What_is_forgotten_can_be_added_again()
    {
        PageAllocator pages = new(2);
        pages.Add(0x1000, 100);
        Assert.True(pages.TryTake(8, 1, out _));

        pages.Clear();

        Assert.Equal((0ul, 0), (pages.Free, pages.Ranges));
        Assert.False(pages.TryTake(1, 1, out _));
        pages.Add(0x1000, 100);
        Assert.True(pages.TryTake(100, 1, out ulong first));
        Assert.Equal(0x1000ul, first);
    }

    [Theory]
    [InlineData(101, 1)]
    [InlineData(100, 16)]
    [InlineData(0, 1)]
    public void What_does_not_fit_is_refused_and_nothing_changes(ulong count, ulong alignment)
    {
        PageAllocator pages = new(8);
        pages.Add(0x1001, 100);

        Assert.False(pages.TryTake(count, alignment, out _));
        Assert.Equal((100ul, 1), (pages.Free, pages.Ranges));
    }

    [Theory]
    [InlineData(0x1000, 1)]
    [InlineData(0x1063, 1)]
    [InlineData(0xfff, 2)]
    [InlineData(0xfff, 200)]
    public void Pages_that_are_free_cannot_be_given_back(ulong first, ulong count)
    {
        PageAllocator pages = new(8);
        pages.Add(0x1000, 100);

        Assert.Throws<InvalidOperationException>(() => pages.Add(first, count));
        Assert.Equal(100ul, pages.Free);
    }

    [Fact]
    public void Any_order_of_taking_and_giving_back_ends_where_it_began()
    {
        Random random = new(4711);
        PageAllocator pages = new(300);
        pages.Add(0x1000, 5000);
        pages.Add(0x8000, 3000);
        List<(ulong First, ulong Count)> taken = [];
        HashSet<ulong> inUse = [];
        for (int step = 0; step < 20_000; step++)
        {
            ulong count = (ulong)random.Next(1, 60);
            if (random.Next(2) == 0 && taken.Count < 250 && pages.TryTake(count, 1ul << random.Next(5), out ulong first))
            {
                taken.Add((first, count));
                for (ulong page = first; page < first + count; page++)
                    Assert.True(inUse.Add(page), "a page was handed out twice");
            }
            else if (taken.Count > 0)
            {
                int victim = random.Next(taken.Count);
                (ulong start, ulong length) = taken[victim];
                taken.RemoveAt(victim);
                pages.Add(start, length);
                for (ulong page = start; page < start + length; page++)
                    inUse.Remove(page);
            }

            Assert.Equal(8000ul - (ulong)inUse.Count, pages.Free);
        }

        foreach ((ulong start, ulong length) in taken)
            pages.Add(start, length);

        Assert.Equal((8000ul, 2), (pages.Free, pages.Ranges));
    }

    [Fact]
    public void A_limit_keeps_pages_low()
    {
        PageAllocator pages = new(10);
        pages.Add(100, 50);

        Assert.False(pages.TryTake(20, 1, out _, limit: 110));
        Assert.True(pages.TryTake(10, 1, out ulong first, limit: 110));
        Assert.Equal(100ul, first);
        Assert.False(pages.TryTake(1, 1, out _, limit: 110));
    }

    [Fact]
    public void Memory_in_pieces_comes_in_as_few_as_there_are_each_aligned()
    {
        PageAllocator pages = new(10);
        pages.Add(3, 10);
        pages.Add(20, 21);

        Assert.True(pages.TryTakePiece(18, 4, out ulong first, out ulong count));
        Assert.Equal((20ul, 18ul), (first, count));
        Assert.True(pages.TryTakePiece(18, 4, out first, out count));
        Assert.Equal((4ul, 8ul), (first, count));
        Assert.False(pages.TryTakePiece(18, 4, out _, out _));
        Assert.True(pages.TryTakePiece(3, 1, out first, out count));
        Assert.Equal((38ul, 3ul), (first, count));
    }
}
