using System;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

[Collection("console")]
public sealed unsafe class EarlyMemoryTests : IDisposable
{
    public EarlyMemoryTests() => Log.Reset();

    public void Dispose() => Log.Reset();

    [Fact]
    public void Pages_are_cleared_and_follow_each_other()
    {
        new Span<byte>(DirectMap.ToVirtual(0), DirectMap.Size).Fill(0xcc);
        EarlyMemory.Initialize(0x2000, 0x6000);
        Assert.Equal(0x2000ul, EarlyMemory.Allocate(1));
        Assert.Equal(0x3000ul, EarlyMemory.Allocate(2));
        Assert.Equal(-1, new Span<byte>(DirectMap.ToVirtual(0x2000), 0x3000).IndexOfAnyExcept((byte)0));
        Assert.Equal(0xcc, *(byte*)DirectMap.ToVirtual(0x5000));
        Assert.Equal(0x1000ul, EarlyMemory.Left);
    }

    [Fact]
    public void Too_much_is_refused_and_costs_nothing()
    {
        EarlyMemory.Initialize(0x2000, 0x4000);
        Assert.Equal(0ul, EarlyMemory.TryAllocate(3));
        Assert.Equal(0ul, EarlyMemory.TryAllocate(uint.MaxValue));
        Assert.Equal(0x2000ul, EarlyMemory.Left);
        Assert.Throws<HaltedException>(() => EarlyMemory.Allocate(3));
    }

    [Fact]
    public void What_is_left_is_given_away_once()
    {
        EarlyMemory.Initialize(0x2000, 0x6000);
        _ = EarlyMemory.Allocate(1);
        Assert.Equal(0x6000ul, EarlyMemory.TakeRest(out ulong start));
        Assert.Equal(0x3000ul, start);
        Assert.Equal(0ul, EarlyMemory.Left);
    }

    [Fact]
    public void Protected_ranges_are_whole_pages()
    {
        ProtectedMemory.Add(0xfee0_0010, 0xfee0_0020);
        Assert.True(ProtectedMemory.Touches(0xfee0_0fff, 0xfee0_1000));
        Assert.False(ProtectedMemory.Touches(0xfee0_1000, 0xfee0_2000));
        Assert.False(ProtectedMemory.Touches(0xfedf_f000, 0xfee0_0000));
    }
}
