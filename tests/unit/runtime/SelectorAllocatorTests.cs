using System.Collections.Concurrent;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace Kilonova.Runtime.Tests;

public sealed unsafe class SelectorAllocatorTests
{
    [Fact]
    public void Hands_out_every_selector_once()
    {
        var words = stackalloc ulong[2];
        var allocator = new SelectorAllocator(64, words, 2);
        for (var i = 0ul; i < 128; i++)
        {
            Assert.True(allocator.TryTake(0, out var selector));
            Assert.Equal(64 + i, selector);
        }

        Assert.False(allocator.TryTake(0, out _));
        Assert.Equal(128, allocator.Used);
        allocator.Return(100, 0);
        Assert.True(allocator.TryTake(0, out var again));
        Assert.Equal(100ul, again);
    }

    [Fact]
    public void Groups_are_aligned_and_whole()
    {
        var words = stackalloc ulong[2];
        var allocator = new SelectorAllocator(64, words, 2);
        Assert.True(allocator.TryTake(0, out _));
        for (var order = 0; order <= SelectorAllocator.MaxOrder; order++)
        {
            Assert.True(allocator.TryTake(order, out var selector));
            Assert.Equal(0ul, selector % (1ul << order));
            Assert.Equal((1 << order) + 1, allocator.Used);
            allocator.Return(selector, order);
            Assert.Equal(1, allocator.Used);
        }

        Assert.True(allocator.TryTake(6, out _));
        Assert.False(allocator.TryTake(6, out _));
    }

    [Theory]
    [InlineData(SelectorAllocator.MaxOrder + 1)]
    [InlineData(31)]
    [InlineData(-1)]
    public void Groups_larger_than_a_word_are_refused_and_nothing_is_taken(int order)
    {
        var words = stackalloc ulong[4];
        var allocator = new SelectorAllocator(256, words, 4);

        Assert.False(allocator.TryTake(order, out var selector));
        Assert.Equal((0ul, 0), (selector, allocator.Used));
    }

    [Fact]
    public void Threads_never_get_the_same_selector()
    {
        var storage = new ulong[64];
        fixed (ulong* words = storage)
        {
            var allocator = new SelectorAllocator(0, words, storage.Length);
            var taken = new ConcurrentBag<ulong>();
            Parallel.For(0, 4, _ =>
            {
                while (allocator.TryTake(0, out var selector))
                    taken.Add(selector);
            });

            Assert.Equal(64 * 64, taken.Count);
            Assert.Equal(64 * 64, taken.Distinct().Count());
        }
    }
}
