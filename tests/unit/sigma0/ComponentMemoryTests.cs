using Xunit;

namespace Kilonova.Sigma0.Tests;

public class ComponentMemoryTests
{
    private const int PageShift = 12;

    [Fact]
    public void An_account_is_not_overdrawn()
    {
        ComponentMemory memory = new(10);

        Assert.True(memory.TryAdd(100, 8, 1));
        Assert.False(memory.TryAdd(200, 3, 2));
        Assert.True(memory.TryAdd(200, 2, 2));
        Assert.Equal(10ul, memory.Used);
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(103, 1)]
    [InlineData(98, 3)]
    [InlineData(98, 10)]
    [InlineData(0, 1)]
    [InlineData(50, 0)]
    [InlineData(0x7_ffff_fffe, 1)]
    [InlineData(0x7_ffff_fffd, 2)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(ulong.MaxValue - 1, 5)]
    public void Memory_lies_in_user_space_over_nothing_else(ulong page, ulong pages)
    {
        ComponentMemory memory = new(1000);
        Assert.True(memory.TryAdd(100, 4, 1));

        Assert.False(memory.TryAdd(page, pages, 2));
        Assert.Equal((4ul, 1), (memory.Used, memory.Count));
    }

    [Fact]
    public void Regions_are_bounded()
    {
        ComponentMemory memory = new(1000);
        int capacity = ComponentMemory.CapacityFor(1000);
        for (int i = 0; i < capacity; i++)
            Assert.True(memory.TryAdd(100 + (ulong)i, 1, (ulong)i));

        Assert.False(memory.TryAdd(5000, 1, 0));
        Assert.False(memory.TryPlaceShared(5000, 1));
        Assert.True(memory.TryRemove(100, out _));
        Assert.True(memory.TryAdd(5000, 1, 0));
    }

    [Fact]
    public void Memory_is_given_back_by_its_first_page_only()
    {
        ComponentMemory memory = new(10);
        memory.TryAdd(100, 4, 77);

        Assert.False(memory.TryRemove(101, out _));
        Assert.True(memory.TryRemove(100, out ComponentMemory.Region region));
        Assert.Equal((77ul, 4ul, 0ul), (region.Physical, region.Pages, memory.Used));
    }

    [Fact]
    public void An_address_leads_to_its_region()
    {
        ComponentMemory memory = new(10);
        memory.TryAdd(100, 4, 77);

        Assert.True(memory.TryFind((104 << PageShift) - 1, PageShift, out ComponentMemory.Region region));
        Assert.Equal(77ul, region.Physical);
        Assert.False(memory.TryFind(104 << PageShift, PageShift, out _));
        Assert.False(memory.TryFind((100 << PageShift) - 1, PageShift, out _));
    }

    [Fact]
    public void Shared_memory_takes_addresses_but_is_charged_to_its_owner_only()
    {
        ComponentMemory memory = new(10);
        Assert.True(memory.TryPlaceShared(100, 50));

        Assert.Equal(0ul, memory.Used);
        Assert.False(memory.TryAdd(120, 1, 1));
        Assert.False(memory.TryPlaceShared(149, 2));
        Assert.False(memory.TryRemove(100, out _));
        Assert.False(memory.TryFind(120ul << PageShift, PageShift, out _));
        memory.RemoveShared(100);
        Assert.True(memory.TryAdd(120, 1, 1));
    }

    [Fact]
    public void A_charge_counts_like_memory_and_comes_back()
    {
        ComponentMemory memory = new(10);
        Assert.True(memory.TryCharge(7));

        Assert.False(memory.TryCharge(4));
        Assert.False(memory.TryAdd(100, 4, 1));
        memory.Discharge(7);
        Assert.True(memory.TryAdd(100, 10, 1));
    }
}
