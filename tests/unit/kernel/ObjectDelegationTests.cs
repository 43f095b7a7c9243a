using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class ObjectDelegationTests
{
    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(80).WithEndSize(200);

    [Fact]
    public void Random_runs_agree_with_the_model_and_leave_nothing_behind() =>
        Prop.ForAll<int[]>(operations =>
        {
            ObjectWorld world = new();
            foreach (int operation in operations)
            {
                Apply(world, Operations.Mix(operation));
                world.Check();
            }

            world.CheckNothingLeaks();
        }).Check(Many);

    /// <summary>
    /// Each allocation of an operation fails once, after a random run: the operation says so, what it has done until then is what it
    /// reports, and nothing else has changed.
    /// </summary>
    [Fact]
    public void A_failed_allocation_changes_nothing_beyond_reported_progress() =>
        Prop.ForAll<int[]>(operations =>
        {
            for (long fail = 0; ; fail++)
            {
                ObjectWorld world = new();
                foreach (int operation in operations)
                {
                    Apply(world, Operations.Mix(operation));
                }

                uint random = Operations.Mix(operations.Length);
                int source = (int)(random % ObjectWorld.SpaceCount);
                int destination = (int)((random >> 4) % ObjectWorld.SpaceCount);
                if (world.Model.At(source, 0) == null)
                {
                    world.Insert(source, 0, 0, 7);
                }

                Faults.FailAt(fail);
                (Status status, ulong done) = world.Delegate(source, 0, destination, 1 << 17 & ~3u, 2, 0x1f);
                bool hit = Faults.Hit;
                Faults.Clear();
                Assert.Equal(hit ? Status.MEM_CAP : Status.SUCCESS, status);
                Assert.Equal(!hit, done == 4);
                world.Check();

                Faults.FailAt(fail);
                Status inserted = world.Model.At(destination, 7) == null ? world.Insert(destination, 7, 1, 3) : Status.BAD_CAP;
                bool hitInsert = Faults.Hit;
                Faults.Clear();
                Assert.Equal(hitInsert, inserted == Status.MEM_CAP);
                world.Check();
                world.CheckNothingLeaks();
                if (!hit && !hitInsert)
                {
                    break;
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(60));

    [Fact]
    public void Exhausted_quota_is_reported_and_credited_back()
    {
        ObjectWorld world = new();
        world.Insert(0, 0, 0, 7);
        Quota* poor = (Quota*)world.Quotas[1];
        Assert.True(Quota.TryCharge(poor, Quota.Available(poor) - MapNode.Charge + 1));
        Assert.Equal((Status.MEM_CAP, 0ul), world.Delegate(0, 0, 1, 0, 0, 7));
        Quota.Credit(poor, (PhysicalMemory.PageSize * 2) + 1);
        Assert.Equal((Status.SUCCESS, 1ul), world.Delegate(0, 0, 1, 0, 0, 7));
        world.Check();
    }

    [Theory]
    [InlineData(1ul, 0ul, 1u)]
    [InlineData(0ul, 2ul, 2u)]
    [InlineData(ObjectSpace.Selectors, 0ul, 0u)]
    [InlineData(0ul, ObjectSpace.Selectors, 0u)]
    [InlineData(0ul, 0ul, 25u)]
    public void Unaligned_or_too_large_ranges_are_bad_parameters(ulong from, ulong to, uint order)
    {
        ObjectWorld world = new();
        Assert.Equal(Status.BAD_PAR, world.Delegate(0, from, 1, to, order, 0x1f).Status);
    }

    [Fact]
    public void Spaces_of_different_kinds_do_not_go_together()
    {
        ObjectWorld world = new();
        HostSpace.Initialize((ulong*)PhysicalMemory.AllocatePage(), true, true);
        HostSpace* host = HostSpace.Create((Quota*)world.Quotas[0]);
        Delegation delegation;
        Assert.Equal(Status.BAD_CAP, Delegation.Begin(&delegation, world.Spaces[0].Head(), &host->Head, 0, 0, 0, 1, 0));
        Assert.Equal(Status.BAD_CAP, Delegation.Begin(&delegation, &host->Head, world.Spaces[0].Head(), 0, 0, 0, 1, 0));
        Assert.Equal(Status.BAD_CAP, Delegation.Begin(&delegation, world.Object(0), world.Object(1), 0, 0, 0, 1, 0));
        Revocation revocation;
        Assert.Equal(Status.BAD_CAP, Revocation.Begin(&revocation, world.Object(0), 0, 0, 0x1f, true));
    }

    [Fact]
    public void The_whole_space_is_delegated_in_bounded_steps()
    {
        ObjectWorld world = new();
        world.Insert(0, 1, 0, 7);
        world.Insert(0, (1 << 17) + 1, 1, 7);
        world.Insert(1, 257, 2, 7);
        Delegation delegation;
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, world.Spaces[0].Head(), world.Spaces[1].Head(), 0, 0, 24, 0x1f, 0));
        int steps = 0;
        while (Delegation.Step(&delegation))
        {
            steps++;
        }

        Assert.Equal(ObjectSpace.Selectors, delegation.Done);
        Assert.InRange(steps, 10, 10_000);
        world.Model.Remove(1, 257);
        world.Model.Delegate(0, 1, 1, 1, 1, 0x1f);
        world.Model.Delegate(0, (1 << 17) + 1, 1, (1 << 17) + 1, 1, 0x1f);
        world.Check();
    }

    [Fact]
    public void A_chain_of_delegations_ends_at_its_limit_and_grows_again_when_links_go()
    {
        ObjectWorld world = new();
        Assert.Equal(Status.SUCCESS, ObjectSpace.Insert(world.Space(0), 0, world.Object(0), 7));
        Delegation delegation;
        ulong last = 0;
        for (ulong i = 1; ; i++)
        {
            Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, world.Spaces[0].Head(), world.Spaces[0].Head(), i - 1, i, 0, 7, 0));
            Assert.False(Delegation.Step(&delegation));
            if (delegation.Status != Status.SUCCESS)
            {
                last = i;
                break;
            }
        }

        Assert.Equal((ulong)Derivation.MaxDepth, last);
        Assert.Equal(Status.MEM_CAP, delegation.Status);
        Assert.True(ObjectSpace.Lookup(world.Space(0), last).IsNull);
        ObjectSpace.Remove(world.Space(0), 5, world.Object(0));
        KernelObject* space = world.Spaces[0].Head();
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, space, space, last - 1, last, 0, 7, 0));
        Assert.False(Delegation.Step(&delegation));
        Assert.Equal(Status.SUCCESS, delegation.Status);
    }

    [Fact]
    public void A_capability_that_is_handed_on_for_ever_stays_one_node()
    {
        ObjectWorld world = new();
        world.Insert(0, 0, 0, 7);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(Status.SUCCESS, world.Delegate(i & 1, 0, ~i & 1, 0, 0, 7).Status);
            Assert.Equal(Status.SUCCESS, world.Delegate(2, 0, i & 1, 0, 0, 0).Status);
        }

        world.Check();
        Assert.Equal((1, 0), Shape.Check(*MapNode.Roots(world.Object(0)), null, held: false));
        world.CheckNothingLeaks();
    }

    [Fact]
    public void Translation_finds_the_nearest_capability_that_the_sender_got_from_the_receiver()
    {
        ObjectWorld world = new();
        world.Insert(0, 0, 0, 7);
        world.Delegate(0, 0, 0, 1, 0, 3);
        world.Delegate(0, 1, 1, 2, 0, 3);
        world.Delegate(1, 2, 2, 3, 0, 1);
        Assert.True(CapabilityInfo.TryTranslate(world.Space(2), 3, world.Space(0), out ulong selector, out uint permissions));
        Assert.Equal(1ul, selector);
        Assert.Equal(1u, permissions);
        Assert.True(CapabilityInfo.TryTranslate(world.Space(2), 3, world.Space(1), out selector, out _));
        Assert.Equal(2ul, selector);
        Assert.False(CapabilityInfo.TryTranslate(world.Space(2), 3, world.Space(3), out _, out _));
        Assert.False(CapabilityInfo.TryTranslate(world.Space(0), 0, world.Space(0), out _, out _));
        Assert.False(CapabilityInfo.TryTranslate(world.Space(0), 9, world.Space(0), out _, out _));

        // The middle one gone, the way leads on past its ghost or place.
        ObjectSpace.Remove(world.Space(0), 1, world.Object(0));
        Assert.True(CapabilityInfo.TryTranslate(world.Space(2), 3, world.Space(0), out selector, out _));
        Assert.Equal(0ul, selector);
    }

    [Fact]
    public void Lookup_tells_type_and_permissions()
    {
        ObjectWorld world = new();
        world.Insert(0, 257, 0, 5);
        CapabilityInfo info;
        CapabilityInfo.Get(world.Spaces[0].Head(), 257, &info);
        Assert.Equal((ObjectType.Semaphore, 5u, 0u, 257ul), (info.Type, info.Permissions, info.Order, info.First));
        CapabilityInfo.Get(world.Spaces[0].Head(), 256, &info);
        Assert.Equal((ObjectType.None, 0u), (info.Type, info.Permissions));
        CapabilityInfo.Get(world.Spaces[0].Head(), ulong.MaxValue, &info);
        Assert.Equal(ObjectType.None, info.Type);
    }

    [Fact]
    public void During_a_revocation_nothing_is_delegated_from_below_and_afterwards_everything_again()
    {
        ObjectWorld world = new();
        world.Insert(0, 0, 0, 7);
        for (ulong i = 0; i < 100; i++)
        {
            Delegation fill;
            _ = Delegation.Begin(&fill, world.Spaces[0].Head(), world.Spaces[1].Head(), 0, i, 0, 7, 0);
            Assert.False(Delegation.Step(&fill));
        }

        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, world.Spaces[0].Head(), 0, 0, 0x1f, false));
        Assert.True(Revocation.Step(&revocation));

        // From the origin, and from a descendant that has not been reached: null capabilities.
        ulong survivor = Enumerable.Range(0, 100).Select(i => (ulong)i).First(i => !ObjectSpace.Lookup(world.Space(1), i).IsNull);
        foreach ((int space, ulong from) in new[] { (0, 0ul), (1, survivor) })
        {
            Delegation late;
            _ = Delegation.Begin(&late, world.Spaces[space].Head(), world.Spaces[2].Head(), from, 0, 0, 7, 0);
            Assert.False(Delegation.Step(&late));
            Assert.Equal(Status.SUCCESS, late.Status);
            Assert.True(ObjectSpace.Lookup(world.Space(2), 0).IsNull);
        }

        while (Revocation.Step(&revocation))
        {
        }

        world.Check();
        Assert.Equal((Status.SUCCESS, 1ul), world.Delegate(0, 0, 2, 0, 0, 7));
        world.Check();
        world.CheckNothingLeaks();
    }

    [Theory]
    [InlineData(0x1fu)]
    [InlineData(2u)]
    public void A_suspended_revocation_holds_nothing_and_can_be_finished_later(uint withdrawn)
    {
        ObjectWorld world = new();
        world.Insert(0, 0, 0, 7);
        for (ulong i = 0; i < 100; i++)
        {
            Delegation fill;
            _ = Delegation.Begin(&fill, world.Spaces[0].Head(), world.Spaces[1].Head(), 0, i, 0, 7, 0);
            Assert.False(Delegation.Step(&fill));
        }

        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, world.Spaces[0].Head(), 0, 0, withdrawn, false));
        Assert.True(Revocation.Step(&revocation));
        Revocation.Suspend(&revocation);
        Revocation.Suspend(&revocation);
        Shape.Check(*MapNode.Roots(world.Object(0)), null, held: false);
        while (Revocation.Step(&revocation))
        {
        }

        Shape.Check(*MapNode.Roots(world.Object(0)), null, held: false);
        for (ulong i = 0; i < 100; i++)
        {
            Assert.Equal(7u & ~withdrawn, ObjectSpace.Lookup(world.Space(1), i).Permissions);
        }

        Assert.Equal(7u, ObjectSpace.Lookup(world.Space(0), 0).Permissions);
    }

    [Fact]
    public void Revocations_of_one_subtree_may_overlap_and_its_nodes_may_go_meanwhile() =>
        Prop.ForAll<int[]>(operations =>
        {
            ObjectWorld world = new();
            foreach (int operation in operations)
            {
                Apply(world, Operations.Mix(operation));
            }

            // Two revocations step by step in turn, with removals between: afterwards as if one after the other.
            Revocation a;
            Revocation b;
            uint random = Operations.Mix(operations.Sum());
            int space = (int)(random % ObjectWorld.SpaceCount);
            Assert.Equal(Status.SUCCESS, Revocation.Begin(&a, world.Spaces[space].Head(), 0, 3, 2, true));
            Assert.Equal(Status.SUCCESS, Revocation.Begin(&b, world.Spaces[(space + 1) % 4].Head(), 0, 3, 5, false));
            bool moreA = true;
            bool moreB = true;
            for (int turn = 0; moreA || moreB; turn++)
            {
                moreA = moreA && Revocation.Step(&a);
                moreB = moreB && Revocation.Step(&b);
            }

            for (int i = 0; i < 3; i++)
            {
                Shape.Check(*MapNode.Roots(world.Object(i)), null, held: false);
            }

            world.CheckNothingLeaks();
        }).Check(Many);

    internal static void Apply(ObjectWorld world, uint random)
    {
        int a = (int)((random >> 3) % ObjectWorld.SpaceCount);
        int b = (int)((random >> 6) % ObjectWorld.SpaceCount);
        ulong from = ObjectWorld.Selectors[(random >> 9) % (uint)ObjectWorld.Selectors.Length];
        ulong to = ObjectWorld.Selectors[(random >> 13) % (uint)ObjectWorld.Selectors.Length];
        uint mask = (random >> 17) % 3 == 0 ? (random >> 20) & 7 : 7;
        switch (random % 8)
        {
            case 0:
                Status expected = world.Model.At(a, from) == null ? Status.SUCCESS : Status.BAD_CAP;
                Assert.Equal(expected, world.Insert(a, from, (int)((random >> 17) % 3), ((random >> 20) & 7) | 1));
                break;
            case 5:
                // A range that may overlap itself exactly, or overwrite its own source.
                Assert.Equal((Status.SUCCESS, 4ul), world.Delegate(a, from < 8 ? from & 4 : 0, b, to < 8 ? to & 4 : 4, 2, mask));
                break;
            case 6:
                uint order = from < 8 && (random & 0x100_0000) != 0 ? 2u : 0;
                uint withdrawn = (random >> 25) % 3 == 0 ? (random >> 27) & 7 : 0x1f;
                world.Revoke(a, order != 0 ? from & 4 : from, order, withdrawn, (random & 0x80_0000) != 0);
                break;
            case 7 when (random >> 24) % 4 == 0:
                world.Renew(a);
                break;
            default:
                Assert.Equal((Status.SUCCESS, 1ul), world.Delegate(a, from, b, to, 0, mask));
                break;
        }
    }
}
