using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.HostMemory;

/// <summary>Where delegated memory appears, from one page to many, section 5.4.1.</summary>
internal static unsafe class MappingTests
{
    private const ulong PageSize = 4096;
    private const uint LargeOrder = 9;
    private const uint MaxOrder = 12;

    internal static void Run()
    {
        Suite.Run("Two_mappings_of_a_page_show_the_same_memory"u8, &SharedPage);
        Suite.Run("Every_order_maps_all_its_pages"u8, &EveryOrder);
        Suite.Run("Large_ranges_map_at_addresses_that_no_large_page_fits"u8, &UnevenAddresses);
        Suite.Run("Part_of_a_large_range_can_be_removed"u8, &PartialRemoval);
        Suite.Run("Part_of_a_large_range_can_be_reduced"u8, &PartialReduction);
        Suite.Run("Part_of_a_large_range_can_be_delegated_on"u8, &PartialDelegation);
        Suite.Run("Holes_arrive_as_holes_and_replace_what_was_there"u8, &Holes);
        Suite.Run("Attributes_are_checked_when_memory_comes_from_the_NOVA_space"u8, &Attributes);
        Suite.Run("Attributes_are_ignored_otherwise"u8, &AttributesIgnored);
        Suite.Run("A_delegation_outlives_the_removal_of_its_source"u8, &SourceRemoved);
        Suite.Run("Another_domain_sees_what_it_was_given_and_nothing_else"u8, &OtherDomain);
    }

    private static Status Map(byte* memory, ulong page, uint order = 0, uint attributes = 0) =>
        RootTask.NovaHostSpace.Delegate(
            RootTask.HostSpace, Lab.PhysicalPage(memory), page, order, MemoryPermissions.R | MemoryPermissions.W, attributes);

    // Addresses for large ranges, far from those of single pages.
    private static ulong s_nextLarge = 0x20_0000_0000 >> 12;

    private static ulong LargeRange()
    {
        s_nextLarge += 2ul << (int)MaxOrder;
        return s_nextLarge;
    }

    // Every page of a range begins with its number, as its owner wrote it.
    private static byte* NumberedMemory(uint order)
    {
        var pages = 1ul << (int)order;
        var memory = Lab.Memory(pages, pages);
        for (var i = 0ul; i < pages; i++)
            *(ulong*)(memory + i * PageSize) = i;

        return memory;
    }

    private static bool IsMapped(ulong page)
    {
        byte value;
        Fault.Expect();
        var isMapped = Probe.Load(page << 12, &value) == 0;
        Fault.Forget();
        return isMapped;
    }

    private static void CheckNumbers(ulong page, ulong from, ulong to, ulong offset, ReadOnlySpan<byte> what)
    {
        for (var i = from; i < to; i++)
        {
            if (!IsMapped(page + i) || *(ulong*)((page + i) << 12) != i + offset)
            {
                Check.True(false, what);
                return;
            }
        }
    }

    private static void CheckUnmapped(ulong page, ulong count, ReadOnlySpan<byte> what)
    {
        for (var i = 0ul; i < count; i++)
            Check.True(!IsMapped(page + i), what);
    }

    private static void SharedPage()
    {
        var memory = Lab.Memory(1);
        var page = Lab.EmptyPage();
        Check.Succeeds(Map(memory, page), "map"u8);
        memory[17] = 0x42;
        Check.Equal(((byte*)(page << 12))[17], 0x42, "written through one"u8);
        ((byte*)(page << 12))[4095] = 0x24;
        Check.Equal(memory[4095], 0x24, "written through the other"u8);
        CheckUnmapped(page + 1, 1, "the next page"u8);
        CheckUnmapped(page - 1, 1, "the page before"u8);
    }

    private static void EveryOrder()
    {
        for (var order = 0u; order <= MaxOrder; order++)
        {
            var memory = NumberedMemory(order);
            var page = LargeRange();
            var count = 1ul << (int)order;
            Check.Succeeds(Map(memory, page, order), "map"u8);
            CheckNumbers(page, 0, count, 0, "all pages"u8);
            CheckUnmapped(page + count, 1, "behind"u8);
            Check.Succeeds(RootTask.HostSpace.Remove(page, order), "remove"u8);
            CheckUnmapped(page, Math.Min(count, 64), "removed"u8);
            RootMemory.Return(Lab.PhysicalPage(memory), count);
        }
    }

    // The range's address is a multiple of its size, but of no more; the memory's too.
    private static void UnevenAddresses()
    {
        var memory = NumberedMemory(LargeOrder + 1);
        var page = LargeRange() + (1ul << (int)LargeOrder);
        var half = 1ul << (int)(LargeOrder - 1);
        Check.Succeeds(Map(memory + half * PageSize, page, LargeOrder - 1), "first quarter"u8);
        Check.Succeeds(Map(memory + 2 * half * PageSize, page + half, LargeOrder - 1), "second quarter"u8);
        CheckNumbers(page, 0, 2 * half, half, "all pages"u8);
    }

    private static void PartialRemoval()
    {
        var memory = NumberedMemory(LargeOrder);
        var page = LargeRange();
        var count = 1ul << (int)LargeOrder;
        Check.Succeeds(Map(memory, page, LargeOrder), "map"u8);
        Check.Succeeds(RootTask.HostSpace.Remove(page + 0x40, 4), "remove 16 pages"u8);
        CheckNumbers(page, 0, 0x40, 0, "below"u8);
        CheckUnmapped(page + 0x40, 16, "removed"u8);
        CheckNumbers(page, 0x50, count, 0, "above"u8);
        Check.Succeeds(RootTask.HostSpace.Remove(page, LargeOrder), "remove all"u8);
        CheckUnmapped(page, count, "gone"u8);
    }

    private static void PartialReduction()
    {
        var memory = NumberedMemory(LargeOrder);
        var page = LargeRange();
        Check.Succeeds(Map(memory, page, LargeOrder), "map"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, page + 8, page + 8, 3, MemoryPermissions.R), "reduce 8 pages"u8);
        for (var i = 0ul; i < 32; i++)
        {
            Fault.Expect();
            var refused = Probe.Store((page + i) << 12, (uint)i);
            Check.Equal(refused, i is >= 8 and < 16 ? 1u : 0u, "store"u8);
            Fault.Forget();
        }

        CheckNumbers(page, 0, 1ul << (int)LargeOrder, 0, "all are readable"u8);
    }

    private static void PartialDelegation()
    {
        var memory = NumberedMemory(LargeOrder);
        var page = LargeRange();
        var copy = Lab.EmptyPage();
        Check.Succeeds(Map(memory, page, LargeOrder), "map"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, page + 0x20, copy, 2, MemoryPermissions.R), "delegate 4 pages"u8);
        CheckNumbers(copy, 0, 4, 0x20, "copy"u8);
        CheckUnmapped(copy + 4, 1, "no more"u8);
    }

    private static void Holes()
    {
        var source = LargeRange();
        var target = LargeRange();
        var memory = NumberedMemory(3);
        var other = NumberedMemory(3);
        for (var i = 0ul; i < 8; i += 2)
            Check.Succeeds(Map(memory + i * PageSize, source + i), "every other page"u8);

        Check.Succeeds(Map(other, target, 3), "target"u8);
        Check.Succeeds(
            RootTask.HostSpace.Delegate(RootTask.HostSpace, source, target, 3, MemoryPermissions.R | MemoryPermissions.W), "delegate"u8);
        for (var i = 0ul; i < 8; i++)
            Check.Equal(IsMapped(target + i) ? 1u : 0u, i % 2 == 0 ? 1u : 0u, "page"u8);

        *(ulong*)(target << 12) = 99;
        Check.Equal(*(ulong*)memory, 99, "it is the source's memory"u8);
    }

    private static void Attributes()
    {
        var memory = Lab.Memory(1);
        for (var attribute = 0u; attribute < 8; attribute++)
        {
            var page = Lab.EmptyPage();
            var expected = attribute <= (uint)Cacheability.WP ? Status.SUCCESS : Status.BAD_PAR;
            Check.Is(Map(memory, page, 0, attribute), expected, "cacheability"u8);
            Check.Equal(IsMapped(page) ? 1u : 0u, expected == Status.SUCCESS ? 1u : 0u, "mapped"u8);
        }

        var key = (uint)RootTask.Hip->MaxKey + 1;
        Check.Is(Map(memory, Lab.EmptyPage(), 0, key << Mad.KeyShift), Status.BAD_PAR, "key beyond KIMAX"u8);
        Check.Is(Map(memory, Lab.EmptyPage(), 0, Mad.KeyMask << Mad.KeyShift), Status.BAD_PAR, "largest key"u8);
    }

    private static void AttributesIgnored()
    {
        var page = Lab.EmptyPage();
        var copy = Lab.EmptyPage();
        Check.Succeeds(Map(Lab.Memory(1), page), "map"u8);
        Check.Succeeds(
            RootTask.HostSpace.Delegate(RootTask.HostSpace, page, copy, 0, MemoryPermissions.R, uint.MaxValue), "nonsense"u8);
        Check.True(IsMapped(copy), "mapped"u8);
    }

    private static void SourceRemoved()
    {
        var page = Lab.EmptyPage();
        var copy = Lab.EmptyPage();
        Check.Succeeds(Map(NumberedMemory(0), page), "map"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, page, copy, 0, MemoryPermissions.R), "delegate"u8);
        Check.Succeeds(RootTask.HostSpace.Remove(page, 0), "remove the source"u8);
        Check.True(!IsMapped(page), "source"u8);
        Check.True(IsMapped(copy), "copy"u8);
    }

    private static ulong s_address;
    private static ulong s_found;

    private static void Look(ulong identifier, uint mtd)
    {
        s_found = *(ulong*)s_address;
        Server.Reply(1);
    }

    // Its exceptions lead nowhere: a fault shows as ABORTED.
    private static void OtherDomain()
    {
        var memory = NumberedMemory(1);
        *(ulong*)memory = 0x1357;
        var portal = Lab.ForeignServer(&Look, out var host, out _);
        Lab.Share(host, (ulong)memory >> 12, 1, MemoryPermissions.R);
        s_address = (ulong)memory;
        Check.Succeeds(portal.Call(1, out _), "look at what it was given"u8);
        Check.Equal(s_found, 0x1357, "seen"u8);
        s_address = (ulong)memory + PageSize;
        Check.Is(portal.Call(1, out _), Status.ABORTED, "look at what it was not given"u8);

        portal = Lab.ForeignServer(&Look, out host, out _);
        Lab.Share(host, (ulong)memory >> 12, 1, MemoryPermissions.R);
        s_address = (ulong)memory;
        Check.Succeeds(portal.Call(1, out _), "look"u8);
        Check.Succeeds(host.Remove((ulong)memory >> 12, 0), "take it back"u8);
        Check.Is(portal.Call(1, out _), Status.ABORTED, "look again"u8);
    }
}
