using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class PortAndMsrTests
{
    private const long Budget = 1_000_000;

    [Fact]
    public void Port_bitmaps_follow_delegation_and_revocation() =>
        Prop.ForAll<int[]>(operations =>
        {
            FakeMachine.Start(pages: 512);
            Quota* quota = Quota.CreateRoot(Budget);
            ResourceMap* map = ResourceMap.Create(1);
            Assert.True(ResourceMap.Except(map, 100, 102, 0));
            RangeSpace* nova = RangeSpace.CreateNova(quota, ObjectType.PioSpace, map, PioSpace.Ports);
            nint[] spaces = [(nint)nova, (nint)PioSpace.Create(quota), (nint)PioSpace.Create(quota)];
            DelegationModel model = new();
            foreach (int operation in operations)
            {
                uint random = Operations.Mix(operation);
                int source = (int)((random >> 3) % 3);
                int destination = (int)(1 + ((random >> 5) & 1));
                uint order = (random >> 8) % 9;
                ulong first = (random >> 12) % 512 & ~((1ul << (int)order) - 1);
                uint mask = (random >> 22) % 4 != 0 ? 1u : 0;
                if (random % 4 == 0)
                {
                    Revocation revocation;
                    bool inclusive = (random & 0x80_0000) != 0;
                    Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, spaces[source].Head(), first, order, 1, inclusive));
                    while (Revocation.Step(&revocation))
                    {
                    }

                    if (source != 0)
                    {
                        model.Revoke(source, first, 1ul << (int)order, 1, inclusive);
                    }
                    else
                    {
                        model.Cells.Values.Where(n => n.Resource - first < 1ul << (int)order).ToList().ForEach(n => model.Withdraw(n, 1));
                    }
                }
                else
                {
                    Delegation delegation;
                    KernelObject* from = spaces[source].Head();
                    KernelObject* to = spaces[destination].Head();
                    Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, from, to, first, first, order, mask, 0));
                    while (Delegation.Step(&delegation))
                    {
                    }

                    Assert.Equal(Status.SUCCESS, delegation.Status);
                    for (ulong port = first; port < first + (1ul << (int)order); port++)
                    {
                        if (source != 0)
                        {
                            model.Delegate(source, port, destination, port, 1, mask);
                            continue;
                        }

                        model.Remove(destination, port);
                        if (mask != 0 && port is not (100 or 101))
                        {
                            model.Add(destination, port, port, 1, 0, null);
                        }
                    }
                }

                for (int space = 1; space < 3; space++)
                {
                    for (ulong port = 0; port < 512; port++)
                    {
                        Assert.Equal(model.At(space, port) != null, PioSpace.IsAllowed((PioSpace*)spaces[space], port));
                    }
                }
            }

            foreach (nint space in spaces.Skip(1))
            {
                while (!Space.TryDestroy(space.Head(), 3))
                {
                }
            }

            Assert.Equal(Budget - RangeSpace.Size - (2 * RangeSpace.Size), Quota.Available(quota));
            FakeMachine.Settle();
            Assert.Equal(Budget - RangeSpace.Size, Quota.Available(quota));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(80));

    [Fact]
    public void All_ports_go_at_once()
    {
        FakeMachine.Start(pages: 512);
        Quota* quota = Quota.CreateRoot(Budget);
        ResourceMap* map = ResourceMap.Create(1);
        Assert.True(ResourceMap.Except(map, 0x604, 0x605, 0));
        RangeSpace* nova = RangeSpace.CreateNova(quota, ObjectType.PioSpace, map, PioSpace.Ports);
        PioSpace* space = PioSpace.Create(quota);
        Delegation delegation;
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, &nova->Head, &space->Head, 0, 0, 16, 1, 0));
        while (Delegation.Step(&delegation))
        {
        }

        Assert.Equal(PioSpace.Ports, delegation.Done);
        Assert.True(PioSpace.IsAllowed(space, 0));
        Assert.True(PioSpace.IsAllowed(space, 0xffff));
        Assert.False(PioSpace.IsAllowed(space, 0x604));
        Assert.Equal(Status.BAD_PAR, Delegation.Begin(&delegation, &nova->Head, &space->Head, 1, 2, 0, 1, 0));
        Assert.Equal(Status.BAD_PAR, Delegation.Begin(&delegation, &nova->Head, &space->Head, 0, 0, 17, 1, 0));
    }

    [Theory]
    [InlineData(0x10ul, 1u)]
    [InlineData(0x49ul, 2u)]
    [InlineData(0x174ul, 3u)]
    [InlineData(0x176ul, 3u)]
    [InlineData(0x177ul, 0u)]
    [InlineData(0x1bul, 0u)]
    [InlineData(0xc000_0080ul, 3u)]
    [InlineData(0xc000_0082ul, 1u)]
    [InlineData(0xc000_0083ul, 0u)]
    [InlineData(0xc000_0103ul, 1u)]
    public void Msr_permissions_are_those_of_the_specification(ulong msr, uint permissions)
    {
        FakeMachine.Start(pages: 512);
        Quota* quota = Quota.CreateRoot(Budget);
        RangeSpace* nova = RangeSpace.CreateNova(quota, ObjectType.MsrSpace, MsrSpace.CreateResources(), MsrSpace.Registers);
        MsrSpace* space = MsrSpace.Create(quota);
        Assert.Equal(permissions, ResourceMap.PermissionsOf(nova->Resources, msr, out _));
        foreach (ulong first in new[] { 0ul, 0xc000_0000ul, 0x8000_0000ul })
        {
            Delegation delegation;
            uint order = first == 0xc000_0000 ? 30u : 31u;
            Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, &nova->Head, &space->Head, first, first, order, 3, 0));
            while (Delegation.Step(&delegation))
            {
            }

            Assert.Equal(delegation.Count, delegation.Done);
        }

        Assert.Equal(permissions, MsrSpace.PermissionsOf(space, msr));
        Revocation revocation;
        Revocation.BeginAll(&revocation, &space->Head);
        while (Revocation.Step(&revocation))
        {
        }

        Assert.Equal(0u, MsrSpace.PermissionsOf(space, msr));
    }

    [Fact]
    public void A_resource_map_answers_like_a_list_of_ranges() =>
        Prop.ForAll<int[]>(ranges =>
        {
            FakeMachine.Start();
            ResourceMap* map = ResourceMap.Create(7);
            HashSet<ulong> excepted = [];
            foreach (int range in ranges.Take(50))
            {
                uint random = Operations.Mix(range);
                ulong first = random % 200;
                ulong end = first + 1 + ((random >> 8) % 10);
                Assert.True(ResourceMap.Except(map, first, end, 0));
                for (ulong i = first; i < end; i++)
                {
                    excepted.Add(i);
                }
            }

            for (ulong i = 0; i < 220; i++)
            {
                Assert.Equal(excepted.Contains(i) ? 0u : 7u, ResourceMap.PermissionsOf(map, i, out ulong end));
                Assert.True(end > i);
                ulong expected = i;
                while (expected < 300 && excepted.Contains(expected) == excepted.Contains(i))
                {
                    expected++;
                }

                Assert.Equal(expected == 300 ? ulong.MaxValue : expected, end);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_full_resource_map_says_so()
    {
        FakeMachine.Start();
        ResourceMap* map = ResourceMap.Create(1);
        ulong count = 0;
        while (ResourceMap.Except(map, 2 * count, (2 * count) + 1, 0))
        {
            count++;
        }

        Assert.Equal((ulong)RangeList.Capacity, count);
        Assert.InRange(sizeof(ResourceMap), 1, (int)PhysicalMemory.PageSize);
        Assert.Equal(0u, ResourceMap.PermissionsOf(map, 2 * (count - 1), out _));
        Assert.Equal(1u, ResourceMap.PermissionsOf(map, (2 * count) + 1, out _));
    }
}
