using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class RangeDelegationTests
{
    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(120);

    [Fact]
    public void Random_runs_agree_with_the_model_and_leave_nothing_behind() =>
        Prop.ForAll<int[]>(operations =>
        {
            RangeWorld world = new();
            foreach (int operation in operations)
            {
                Apply(world, Operations.Mix(operation));
                world.Check();
            }

            world.CheckNothingLeaks();
        }).Check(Many);

    [Fact]
    public void A_failed_allocation_changes_nothing_beyond_reported_progress() =>
        Prop.ForAll<int[]>(operations =>
        {
            for (long fail = 0; ; fail++)
            {
                RangeWorld world = new();
                foreach (int operation in operations)
                {
                    Apply(world, Operations.Mix(operation));
                }

                uint random = Operations.Mix(operations.Sum());
                int source = (int)(random % 4) - 1;
                int destination = (int)((random >> 4) % RangeWorld.SpaceCount);
                ulong to = (random & 0x100) != 0 ? 1ul << 20 : 16;
                Faults.FailAt(fail);
                (Status status, ulong done) = world.Delegate(source, 16, destination, to, 4, (random & 0x200) != 0 ? 0xfu : 1);
                bool hit = Faults.Hit;
                Faults.Clear();
                Assert.Equal(hit ? Status.MEM_CAP : Status.SUCCESS, status);
                Assert.True(hit || done == 16);
                world.Check();
                world.CheckNothingLeaks();
                if (!hit)
                {
                    break;
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20).WithEndSize(40));

    /// <summary>A revocation never fails for want of memory: what cannot be cut goes as a whole.</summary>
    [Fact]
    public void A_revocation_without_memory_takes_rather_more_than_less() =>
        Prop.ForAll<int[]>(operations =>
        {
            for (long fail = 0; ; fail++)
            {
                RangeWorld world = new();
                foreach (int operation in operations)
                {
                    Apply(world, Operations.Mix(operation));
                }

                Faults.FailAt(fail);
                Revocation revocation;
                uint withdrawn = operations.Length % 2 == 0 ? 0x1fu : 2;
                Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, world.Head(RangeWorld.Nova), 16, 2, withdrawn, true));
                while (Revocation.Step(&revocation))
                {
                }

                bool hit = Faults.Hit;
                Faults.Clear();
                world.ModelRevoke(RangeWorld.Nova, 16, 4, withdrawn, true);
                for (int space = 0; space < RangeWorld.SpaceCount; space++)
                {
                    for (ulong page = 0; page < RangeWorld.Window; page++)
                    {
                        ulong entry = HostSpace.Walk(world.Space(space), page, out _);
                        DelegationModel.Node? expected = world.Model.At(space, page);
                        Assert.False((entry & PageAttributes.Present) != 0 && expected == null);
                        Assert.False((entry & PageAttributes.Writable) != 0 && (expected!.Permissions & 2) == 0);
                    }
                }

                world.CheckNothingLeaks();
                if (!hit)
                {
                    break;
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20).WithEndSize(40));

    [Fact]
    public void Large_pages_map_what_is_aligned_and_split_when_cut()
    {
        RangeWorld world = new();
        Assert.Equal((Status.SUCCESS, 1024ul), world.Delegate(RangeWorld.Nova, 4096, 0, 1024, 10, 0x3));
        _ = HostSpace.Walk(world.Space(0), 1024, out int level);
        Assert.Equal(1, level);
        world.Check();
        world.Delegate(0, 1024, 1, 1024, 10, 0x1);
        world.Check();

        // One page out of the middle.
        Assert.Equal(Status.SUCCESS, world.Delegate(2, 0, 0, 1030, 0, 0).Status);
        _ = HostSpace.Walk(world.Space(0), 1024, out level);
        Assert.Equal(0, level);
        _ = HostSpace.Walk(world.Space(0), 1536, out level);
        Assert.Equal(1, level);
        world.Check();
        world.Revoke(RangeWorld.Nova, 4096, 10, 0x1f, true);
        Assert.Empty(world.Model.Cells);
        world.Check();
        world.CheckNothingLeaks();
    }

    [Fact]
    public void Gigabytes_are_mapped_by_one_entry_each()
    {
        RangeWorld world = new();
        Delegation delegation;
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, world.Head(-1), world.Head(0), 1 << 19, 1 << 20, 19, 3, 0));
        Assert.False(Delegation.Step(&delegation));
        Assert.Equal(1ul << 19, delegation.Done);
        Assert.Equal((1ul << 19) << 12, HostSpace.Walk(world.Space(0), 1 << 20, out int level) & PageAttributes.AddressMask);
        Assert.Equal(2, level);
        Delegation cut;
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&cut, world.Head(1), world.Head(0), 0, (1 << 20) + 5, 0, 0, 0));
        Assert.False(Delegation.Step(&cut));
        Assert.Equal(0ul, HostSpace.Walk(world.Space(0), (1 << 20) + 5, out level));
        Assert.Equal(((1ul << 19) + 6) << 12, HostSpace.Walk(world.Space(0), (1 << 20) + 6, out level) & PageAttributes.AddressMask);
        Assert.Equal(0, level);
        Assert.Equal(((1ul << 19) + 512) << 12, HostSpace.Walk(world.Space(0), (1 << 20) + 512, out level) & PageAttributes.AddressMask);
        Assert.Equal(1, level);
        _ = HostSpace.Walk(world.Space(0), (1 << 20) + (1 << 18), out level);
        Assert.Equal(2, level);
        world.CheckNothingLeaks();
    }

    [Theory]
    [InlineData(Cacheability.WB, 0ul, 0ul)]
    [InlineData(Cacheability.WT, 0x8ul, 0x8ul)]
    [InlineData(Cacheability.WC, 0x80ul, 0x1000ul)]
    [InlineData(Cacheability.UC, 0x18ul, 0x18ul)]
    [InlineData(Cacheability.WP, 0x88ul, 0x1008ul)]
    public void Cacheability_selects_the_slot_of_the_PAT_on_all_page_sizes(Cacheability cacheability, ulong small, ulong large)
    {
        RangeWorld world = new();
        world.Delegate(RangeWorld.Nova, 5, 0, 5, 0, 3, (uint)cacheability);
        world.Delegate(RangeWorld.Nova, 4096, 0, 1024, 9, 3, (uint)cacheability);
        Assert.Equal(small, HostSpace.Walk(world.Space(0), 5, out _) & 0x98);
        Assert.Equal(large, HostSpace.Walk(world.Space(0), 1024, out int level) & 0x1018);
        Assert.Equal(1, level);
        world.Check();

        // Inherited, and kept when a large page is split.
        world.Delegate(0, 1024, 1, 1024, 9, 1, (uint)Cacheability.WB);
        world.Delegate(2, 1, 1, 1025, 0, 0);
        Assert.Equal(small, HostSpace.Walk(world.Space(1), 1024, out level) & 0x98);
        Assert.Equal(0, level);
        world.Check();
    }

    [Theory]
    [InlineData(RangeWorld.Nova, 1ul, 2ul, 1u, 0u)]
    [InlineData(RangeWorld.Nova, 2ul, 1ul, 1u, 0u)]
    [InlineData(RangeWorld.Nova, RangeWorld.Frames, 0ul, 0u, 0u)]
    [InlineData(0, 0ul, HostSpace.UserEnd >> 12, 0u, 0u)]
    [InlineData(RangeWorld.Nova, 0ul, 0ul, 0u, 5u)]
    [InlineData(RangeWorld.Nova, 0ul, 0ul, 0u, 8u)]
    public void Bad_parameters_are_told_apart(int source, ulong from, ulong to, uint order, uint attributes)
    {
        RangeWorld world = new();
        Assert.Equal(Status.BAD_PAR, world.Delegate(source, from, 1, to, order, 1, attributes).Status);
    }

    [Fact]
    public void Attributes_are_ignored_unless_the_source_is_the_NOVA_space()
    {
        RangeWorld world = new();
        world.Delegate(RangeWorld.Nova, 5, 0, 5, 0, 3, (uint)Cacheability.WC);
        Assert.Equal(Status.SUCCESS, Begin(world, 7));
        static Status Begin(RangeWorld world, uint attributes)
        {
            Delegation delegation;
            return Delegation.Begin(&delegation, world.Head(0), world.Head(1), 5, 5, 0, 3, attributes);
        }
    }

    [Fact]
    public void Kernel_pages_cannot_be_delegated_but_overwritten()
    {
        RangeWorld world = new();
        void* utcb = PhysicalMemory.AllocatePage();
        ulong physical = DirectMap.ToPhysical(utcb);
        Assert.Equal(Status.SUCCESS, HostSpace.InsertKernelPage(world.Space(0), 7, physical, true));
        Assert.Equal(physical, HostSpace.Walk(world.Space(0), 7, out _) & PageAttributes.AddressMask);
        Assert.Equal(Status.BAD_PAR, HostSpace.InsertKernelPage(world.Space(0), 7, physical, true));
        world.Delegate(RangeWorld.Nova, 8, 0, 8, 0, 1);
        Assert.Equal((Status.SUCCESS, 2ul), world.Delegate(0, 6, 1, 6, 1, 0xf));
        Assert.Equal(0ul, HostSpace.Walk(world.Space(1), 7, out _));
        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, world.Head(0), 4, 2, 0x1f, true));
        Assert.False(Revocation.Step(&revocation));
        Assert.NotEqual(0ul, HostSpace.Walk(world.Space(0), 7, out _));

        HostSpace.RemoveKernelPage(world.Space(0), 7, physical);
        Assert.Equal(0ul, HostSpace.Walk(world.Space(0), 7, out _));
        Assert.Equal(Status.SUCCESS, HostSpace.InsertKernelPage(world.Space(0), 7, physical, false));
        world.Delegate(RangeWorld.Nova, 3, 0, 7, 0, 1);
        HostSpace.RemoveKernelPage(world.Space(0), 7, physical);
        Assert.Equal(3ul << 12, HostSpace.Walk(world.Space(0), 7, out _) & PageAttributes.AddressMask);
        PhysicalMemory.FreePage(utcb);
        world.CheckNothingLeaks();
    }

    [Fact]
    public void Page_0_is_never_mapped()
    {
        RangeWorld world = new();
        Assert.Equal((Status.SUCCESS, 4ul), world.Delegate(RangeWorld.Nova, 4, 0, 0, 2, 0xf));
        Assert.Equal(0ul, HostSpace.Walk(world.Space(0), 0, out _));
        world.Check();
    }

    [Fact]
    public void Cutting_many_pages_out_of_one_range_neither_deepens_nor_loses_anything()
    {
        RangeWorld world = new();
        world.Delegate(RangeWorld.Nova, 64, 0, 1024, 6, 3);
        world.Delegate(0, 1024, 1, 1024, 6, 3);
        for (ulong page = 1024; page < 1088; page += 2)
        {
            world.Delegate(1, page, 2, page, 0, 3);
            world.Delegate(2, 0, 1, page, 0, 0);
            world.Check();
        }

        world.Revoke(0, 1024, 6, 0x1f, false);
        Assert.Equal(64, world.Model.Cells.Count);
        world.Check();
        world.CheckNothingLeaks();
    }

    [Fact]
    public void A_revocation_in_progress_keeps_others_from_delegating_its_range_and_only_that()
    {
        RangeWorld world = new();
        world.Delegate(RangeWorld.Nova, 64, 0, 1024, 6, 3);
        for (ulong page = 0; page < 64; page++)
        {
            world.Delegate(0, 1024 + page, 1, 63 - page + 1024, 0, 3);
        }

        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, world.Head(0), 1024, 5, 2, false));
        Assert.True(Revocation.Step(&revocation));
        Assert.Equal((Status.SUCCESS, 64ul), DelegateOnly(world, 0, 1024, 2, 1024, 6));
        while (Revocation.Step(&revocation))
        {
        }

        world.ModelDelegate(0, 1024, 2, 1024, 64, 3, 0);
        world.ModelRevoke(0, 1024, 32, 2, false);
        world.Check();
        world.Delegate(0, 1024, 2, 1024, 6, 3);
        world.Check();
        world.CheckNothingLeaks();
    }

    [Fact]
    public void Revocations_step_by_step_in_turn_leave_whole_trees() =>
        Prop.ForAll<int[]>(operations =>
        {
            RangeWorld world = new();
            foreach (int operation in operations)
            {
                Apply(world, Operations.Mix(operation));
            }

            uint random = Operations.Mix(operations.Sum());
            int space = (int)(random % 4) - 1;
            Revocation a;
            Revocation b;
            uint withdrawn = (random & 0x100) != 0 ? 0x1fu : 2;
            Assert.Equal(Status.SUCCESS, Revocation.Begin(&a, world.Head(space), 0, 6, withdrawn, (random & 0x200) != 0));
            Assert.Equal(Status.SUCCESS, Revocation.Begin(&b, world.Head(space), 32, 5, (random & 0x400) != 0 ? 0x1fu : 4, false));
            for (bool moreA = true, moreB = true; moreA || moreB;)
            {
                moreA = moreA && Revocation.Step(&a);
                if (moreA && (random & 0x800) != 0)
                {
                    Revocation.Suspend(&a);
                }

                moreB = moreB && Revocation.Step(&b);
            }

            world.ModelRevoke(space, 0, 64, withdrawn, (random & 0x200) != 0);
            world.ModelRevoke(space, 32, 32, (random & 0x400) != 0 ? 0x1fu : 4, false);
            world.Check();
            world.CheckNothingLeaks();
        }).Check(Many);

    [Fact]
    public void Lookup_tells_the_range_and_its_attributes()
    {
        RangeWorld world = new();
        world.Delegate(RangeWorld.Nova, 64, 0, 1024, 6, 3, (uint)Cacheability.WC);
        CapabilityInfo info;
        CapabilityInfo.Get(world.Head(0), 1030, &info);
        Assert.Equal((ObjectType.HostSpace, 6u, 1024ul, 3u, 2u), (info.Type, info.Order, info.First, info.Permissions, info.Attributes));
        world.Delegate(1, 0, 0, 1024, 0, 0);
        CapabilityInfo.Get(world.Head(0), 1026, &info);
        Assert.Equal((1u, 1026ul), (info.Order, info.First));
        CapabilityInfo.Get(world.Head(0), 1024, &info);
        Assert.Equal((ObjectType.None, 0u), (info.Type, info.Permissions));
        CapabilityInfo.Get(world.Head(RangeWorld.Nova), 21, &info);
        Assert.Equal(0u, info.Permissions);
        CapabilityInfo.Get(world.Head(RangeWorld.Nova), 32, &info);
        Assert.Equal((0xfu, 32ul), (info.Permissions, info.First));
    }

    internal static void Apply(RangeWorld world, uint random)
    {
        int source = (int)((random >> 3) % 5) - 1;
        source = source == RangeWorld.SpaceCount ? RangeWorld.Nova : source;
        int destination = (int)((random >> 6) % RangeWorld.SpaceCount);
        uint order = (random >> 8) % 6;
        ulong size = 1ul << (int)order;
        ulong from = (random >> 11) % RangeWorld.Window & ~(size - 1);
        ulong to = (random >> 17) % RangeWorld.Window & ~(size - 1);
        uint mask = (random >> 23) % 3 == 0 ? (random >> 25) & 0xf : 0xf;
        switch (random % 8)
        {
            case 5:
                uint withdrawn = (random >> 25) % 3 == 0 ? (random >> 27) & 0xf : 0x1f;
                world.Revoke(source, from, order, withdrawn, (random & 0x100_0000) != 0);
                break;
            case 6 when (random >> 25) % 4 == 0:
                world.Renew(destination);
                break;
            case 7:
                // Through the window that large pages can cover: a large delegation, of which only the beginning is compared.
                ulong there = RangeWorld.LargeBase;
                if (source == RangeWorld.Nova)
                {
                    world.Delegate(source, 512 * (1 + from % 4), destination, there, 9, mask, random >> 24 & 3);
                }
                else
                {
                    world.Delegate(source, there, destination, there, 9, mask);
                }

                break;
            default:
                Assert.Equal((Status.SUCCESS, size), world.Delegate(source, from, destination, to, order, mask, random >> 24 & 3));
                break;
        }
    }

    private static (Status Status, ulong Done) DelegateOnly(RangeWorld world, int source, ulong from, int destination, ulong to, uint order)
    {
        Delegation delegation;
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, world.Head(source), world.Head(destination), from, to, order, 0xf, 0));
        while (Delegation.Step(&delegation))
        {
        }

        return (delegation.Status, delegation.Done);
    }
}
