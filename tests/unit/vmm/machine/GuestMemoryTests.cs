using System;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class GuestMemoryTests
{
    private readonly byte[] _low = new byte[0x2000];
    private readonly byte[] _high = new byte[0x1000];
    private readonly byte[] _rom = [1, 2, 3, 4, 5, 6, 7, 8];
    private readonly GuestMemory _memory = new();

    public GuestMemoryTests()
    {
        Assert.True(_memory.Add(0, new ArrayBacking(_low)));
        Assert.True(_memory.Add(0x2000, new ArrayBacking(_high)));
        Assert.True(_memory.Add(0xf_0000, new ArrayBacking(_rom), readOnly: true));
        Assert.True(_memory.Add(ulong.MaxValue - 0xf, new ArrayBacking(new byte[16])));
    }

    [Fact]
    public void Copies_cross_ranges_that_touch()
    {
        byte[] bytes = [1, 2, 3, 4];
        Assert.True(_memory.Write(0x1ffe, bytes));
        Assert.Equal(2, _low[0x1fff]);
        Assert.Equal(3, _high[0]);
        byte[] back = new byte[4];
        Assert.True(_memory.Read(0x1ffe, back));
        Assert.Equal(bytes, back);
    }

    [Theory]
    [InlineData(0x2ffdul, 4)]
    [InlineData(0x3000ul, 1)]
    [InlineData(0xe_fffful, 1)]
    [InlineData(0xf_0005ul, 4)]
    public void Holes_are_not_readable(ulong address, int length)
    {
        Assert.False(_memory.Read(address, new byte[length]));
        Assert.False(_memory.TryGetSpan(address, length, false, out _));
    }

    [Fact]
    public void The_end_of_the_address_space_does_not_wrap()
    {
        Assert.True(_memory.Read(ulong.MaxValue, new byte[1]));
        Assert.False(_memory.Read(ulong.MaxValue, new byte[2]));
        Assert.False(_memory.Write(ulong.MaxValue, new byte[2]));
        Assert.False(_memory.TryGetSpan(ulong.MaxValue, 2, false, out _));
        Assert.False(_memory.TryGetSpan(ulong.MaxValue, -1, false, out _));
    }

    [Fact]
    public void Read_only_memory_keeps_its_bytes()
    {
        Assert.True(_memory.TryLoad(0xf_0000, 8, out ulong value));
        Assert.Equal(0x0807_0605_0403_0201ul, value);
        Assert.False(_memory.TryStore(0xf_0000, 4, 0));
        Assert.False(_memory.Write(0xf_0000, new byte[1]));
        ulong expected = value;
        Assert.False(_memory.TryCompareExchange(0xf_0000, 8, ref expected, 0));
        Assert.Equal(1, _rom[0]);
    }

    [Fact]
    public void Overlapping_empty_and_wrapping_ranges_are_refused()
    {
        Assert.False(_memory.Add(0x1fff, new ArrayBacking(new byte[1])));
        Assert.False(_memory.Add(0x8000, new ArrayBacking([])));
        Assert.False(_memory.Add(ulong.MaxValue - 0x20, new ArrayBacking(new byte[0x40])));
    }

    [Fact]
    public void Compare_exchange_stores_only_over_the_expected_value()
    {
        ulong found = 5;
        Assert.True(_memory.TryCompareExchange(8, 8, ref found, 7));
        Assert.Equal(0ul, found);
        Assert.Equal(0, _low[8]);
        Assert.True(_memory.TryCompareExchange(8, 4, ref found, 7));
        Assert.Equal(7, _low[8]);
        Assert.False(_memory.TryCompareExchange(9, 4, ref found, 7));
    }
}
