using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Kilonova.Kernel.Tests;

public unsafe class BuddyTests
{
    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(300);

    [Fact]
    public void Blocks_are_aligned_disjoint_and_come_back_whole() =>
        Prop.ForAll<int[]>(operations =>
        {
            FakeMachine.Start(pages: 777);
            ulong free = PhysicalMemory.FreePages;
            List<(nint Block, uint Order)> live = [];
            foreach (int operation in operations)
            {
                uint random = (uint)operation * 2654435761;
                if (live.Count != 0 && random % 3 == 0)
                {
                    int victim = (int)((random >> 8) % (uint)live.Count);
                    PhysicalMemory.Free((void*)live[victim].Block, live[victim].Order);
                    live.RemoveAt(victim);
                    continue;
                }

                uint order = (random >> 4) % 7;
                byte* block = (byte*)PhysicalMemory.Allocate(order);
                if (block == null)
                {
                    continue;
                }

                ulong physical = DirectMap.ToPhysical(block);
                Assert.Equal(0ul, physical & ((4096ul << (int)order) - 1));
                ulong end = physical + (4096ul << (int)order);
                Assert.DoesNotContain(live, other =>
                    DirectMap.ToPhysical((void*)other.Block) < end
                    && physical < DirectMap.ToPhysical((void*)other.Block) + (4096ul << (int)other.Order));
                new Span<byte>(block, 4096 << (int)order).Fill(0x5a);
                live.Add(((nint)block, order));
            }

            Assert.Equal(free - (ulong)live.Sum(block => 1L << (int)block.Order), PhysicalMemory.FreePages);
            foreach ((nint block, uint order) in live)
            {
                PhysicalMemory.Free((void*)block, order);
            }

            Assert.Equal(free, PhysicalMemory.FreePages);
        }).Check(Many);

    [Fact]
    public void A_zone_given_back_can_be_taken_again_to_the_last_page()
    {
        FakeMachine.Start(pages: 600);
        ulong free = PhysicalMemory.FreePages;
        List<nint> pages = [];
        for (int round = 0; round < 2; round++)
        {
            void* page;
            while ((page = PhysicalMemory.Allocate(0)) != null)
            {
                pages.Add((nint)page);
            }

            Assert.Equal(0ul, PhysicalMemory.FreePages);
            Assert.Equal(pages.Count, pages.Distinct().Count());
            Assert.Equal(free, (ulong)pages.Count);
            pages.ForEach(p => PhysicalMemory.Free((void*)p, 0));
            pages.Clear();
        }

        // Joined again: the largest block that the first allocation could have had is back.
        Assert.True(PhysicalMemory.Allocate(8) != null);
    }

    [Fact]
    public void Orders_beyond_memory_fail_and_change_nothing()
    {
        FakeMachine.Start(pages: 64);
        ulong free = PhysicalMemory.FreePages;
        Assert.True(PhysicalMemory.Allocate(6) == null);
        Assert.True(PhysicalMemory.Allocate(Zone.MaxOrder) == null);
        Assert.True(PhysicalMemory.Allocate(Zone.MaxOrder + 1) == null);
        Assert.Equal(free, PhysicalMemory.FreePages);
    }

    [Fact]
    public void Freeing_twice_or_with_another_order_is_noticed()
    {
        FakeMachine.Start();
        void* block = PhysicalMemory.Allocate(2);
        Assert.Throws<InvalidOperationException>(() => PhysicalMemory.Free(block, 1));
        FakeMachine.Start();
        block = PhysicalMemory.Allocate(2);
        PhysicalMemory.Free(block, 2);
        Assert.Throws<InvalidOperationException>(() => PhysicalMemory.Free(block, 2));
    }

    [Fact]
    public void Regions_too_small_for_their_own_data_are_ignored_and_others_add_up()
    {
        FakeMachine.Start(pages: 512);
        PhysicalMemory.Reset();
        PhysicalMemory.AddRegion(FakeMachine.RamBase + 100, 4096);
        Assert.Equal(0ul, PhysicalMemory.TotalPages);
        PhysicalMemory.AddRegion(FakeMachine.RamBase, 10 * 4096);
        PhysicalMemory.AddRegion(FakeMachine.RamBase + (100 * 4096), 20 * 4096);
        Assert.Equal(9ul + 19, PhysicalMemory.TotalPages);
        int count = 0;
        while (PhysicalMemory.Allocate(0) != null)
        {
            count++;
        }

        Assert.Equal(28, count);
    }

    [Fact]
    public void Pages_come_cleared_from_zone_and_cache()
    {
        FakeMachine.Start();
        for (int i = 0; i < 40; i++)
        {
            byte* page = (byte*)PhysicalMemory.AllocatePage();
            Assert.Equal(-1, new Span<byte>(page, 4096).IndexOfAnyExcept((byte)0));
            new Span<byte>(page, 4096).Fill(0xff);
            PhysicalMemory.FreePage(page);
        }
    }

    [Fact]
    public void Draining_returns_all_cached_pages()
    {
        FakeMachine.Start();
        ulong free = PhysicalMemory.FreePages;
        void*[] pages = new void*[50];
        for (int i = 0; i < pages.Length; i++)
        {
            pages[i] = PhysicalMemory.AllocatePage();
        }

        foreach (void* page in pages)
        {
            PhysicalMemory.FreePage(page);
        }

        Assert.NotEqual(free, PhysicalMemory.FreePages);
        PhysicalMemory.Drain();
        Assert.Equal(free, PhysicalMemory.FreePages);
    }
}
