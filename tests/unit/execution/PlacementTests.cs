using System;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>Which part of a typed item lands where (docs/abi.md, Extensions).</summary>
public sealed class PlacementTests
{
    [Fact]
    public void Item_and_window_of_one_size_match_whole()
    {
        Assert.True(Placement.TryFit(ItemKind.Memory, 0x40, 4, 0, Window(0x80, 4), out ulong from, out ulong to, out uint size));
        Assert.Equal((0x40ul, 0x80ul, 4u), (from, to, size));
    }

    [Theory]
    [InlineData(0ul, 0x40ul)]
    [InlineData(5ul, 0x44ul)]
    [InlineData(0x1ful, 0x4cul)]
    public void Hotspot_chooses_the_part_of_a_larger_item(ulong hotspot, ulong expected)
    {
        Assert.True(Placement.TryFit(ItemKind.Memory, 0x40, 4, hotspot, Window(0x80, 2), out ulong from, out ulong to, out uint size));
        Assert.Equal((expected, 0x80ul, 2u), (from, to, size));
    }

    [Theory]
    [InlineData(0ul, 0x80ul)]
    [InlineData(6ul, 0x84ul)]
    [InlineData(0x1000ul, 0x80ul)]
    public void Hotspot_chooses_the_place_in_a_larger_window(ulong hotspot, ulong expected)
    {
        Assert.True(Placement.TryFit(ItemKind.Object, 0x40, 2, hotspot, Window(0x80, 4), out ulong from, out ulong to, out uint size));
        Assert.Equal((0x40ul, expected, 2u), (from, to, size));
    }

    [Theory]
    [InlineData(0x3f8ul, 3u, 0x3f0ul, 4u, true)]
    [InlineData(0x300ul, 8u, 0x3f8ul, 3u, true)]
    [InlineData(0x2f8ul, 3u, 0x3f8ul, 3u, false)]
    public void Ports_keep_their_numbers(ulong first, uint order, ulong window, uint windowOrder, bool overlaps)
    {
        bool fits = Placement.TryFit(ItemKind.Port, first, order, 0, Window(window, windowOrder), out ulong from, out ulong to, out uint size);
        Assert.Equal(overlaps, fits);
        if (overlaps)
        {
            Assert.Equal(from, to);
            Assert.True(from >= first && from + (1ul << (int)size) <= first + (1ul << (int)order));
            Assert.True(to >= window && to + (1ul << (int)size) <= window + (1ul << (int)windowOrder));
        }
    }

    [Theory]
    [InlineData(0x1020ul)]
    [InlineData(0x3004ul)]
    public void Windows_with_reserved_bits_or_out_of_alignment_are_refused(ulong window)
    {
        Assert.False(Placement.IsWindow(window));
        Assert.False(Placement.TryFit(ItemKind.Memory, 0, 0, 0, window, out _, out _, out _));
    }

    private static ulong Window(ulong first, uint order) => (first << ReceiveWindow.BaseShift) | order;

    /// <summary>Whatever numbers a sender and a receiver write: what goes lies within the item, where it goes within the window.</summary>
    [Fact]
    public void What_fits_lies_within_item_and_window() =>
        Prop.ForAll<byte[], ulong, ulong>((small, base1, base2) =>
        {
            if (small.Length < 4)
                return;

            ItemKind kind = (ItemKind)(small[0] % 3);
            uint order = small[1] % 32u;
            uint windowOrder = small[2] % 32u;
            ulong first = (base1 >> BaseShift) & ~((1ul << (int)order) - 1);
            ulong windowFirst = (base2 >> BaseShift) & ~((1ul << (int)windowOrder) - 1);
            if (small[3] < 128)
                windowFirst = first & ~((1ul << (int)windowOrder) - 1);

            ulong window = (windowFirst << BaseShift) | windowOrder;
            bool fits = Placement.TryFit(kind, first, order, base1 ^ base2, window, out ulong from, out ulong to, out uint size);
            Assert.Equal(Math.Min(order, windowOrder), size);
            ulong length = 1ul << (int)size;
            if (!fits)
            {
                Assert.Equal(ItemKind.Port, kind);
                bool overlap = first < windowFirst + (1ul << (int)windowOrder) && windowFirst < first + (1ul << (int)order);
                Assert.False(overlap);
                return;
            }

            Assert.True(from >= first && from + length <= first + (1ul << (int)order));
            Assert.True(to >= windowFirst && to + length <= windowFirst + (1ul << (int)windowOrder));
            Assert.Equal(0ul, (from | to) & (length - 1));
            if (kind == ItemKind.Port)
                Assert.Equal(from, to);
        }).QuickCheckThrowOnFailure();

    private const int BaseShift = 12;
}
