using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>A NOVA host space and a few host spaces, kernel and model side by side. In the model the NOVA space is number -1.</summary>
internal sealed unsafe class RangeWorld
{
    public const int SpaceCount = 3;
    public const int Nova = -1;
    public const long Budget = 8_000_000;
    public const ulong Frames = 1ul << 24;

    /// <summary>Pages that operations use, in two windows of this many: one in the first table, one that large pages may cover.</summary>
    public const ulong Window = 64;
    public const ulong LargeBase = 1024;

    /// <summary>Frames that are protected.</summary>
    public const ulong ProtectedFirst = 20;
    public const ulong ProtectedEnd = 23;

    public RangeWorld(uint cpus = 1)
    {
        FakeMachine.Start(cpus, pages: 2048);
        Kernel = (nint)PhysicalMemory.AllocatePage();
        ResourceMap* map = ResourceMap.Create(0xf);
        Map = (nint)map;
        Assert.True(ResourceMap.Except(map, ProtectedFirst, ProtectedEnd, 0));
        FreeAtStart = FakeMachine.FreePagesAtRest();
        HostSpace.Initialize((ulong*)Kernel, gigabytePages: true, identifiers: true);
        NovaQuota = (nint)Quota.CreateRoot(Budget);
        NovaSpace = (nint)RangeSpace.CreateNova((Quota*)NovaQuota, ObjectType.HostSpace, map, Frames);
        for (int i = 0; i < SpaceCount; i++)
        {
            Quotas[i] = (nint)Quota.CreateRoot(Budget);
            Spaces[i] = (nint)HostSpace.Create((Quota*)Quotas[i]);
        }
    }

    public ulong FreeAtStart { get; }

    public nint Kernel { get; }

    public nint Map { get; }

    public nint NovaSpace { get; }

    public nint NovaQuota { get; }

    public DelegationModel Model { get; } = new();

    public nint[] Quotas { get; } = new nint[SpaceCount];

    public nint[] Spaces { get; } = new nint[SpaceCount];

    public HostSpace* Space(int index) => (HostSpace*)Spaces[index];

    public KernelObject* Head(int index) => (KernelObject*)(index == Nova ? NovaSpace : Spaces[index]);

    public (Status Status, ulong Done) Delegate(
        int source, ulong from, int destination, ulong to, uint order, uint mask, uint attributes = 0)
    {
        Delegation delegation;
        Status status = Delegation.Begin(&delegation, Head(source), Head(destination), from, to, order, mask, attributes);
        if (status != Status.SUCCESS)
        {
            return (status, 0);
        }

        while (Delegation.Step(&delegation))
        {
        }

        ModelDelegate(source, from, destination, to, delegation.Done, mask, attributes);
        return (delegation.Status, delegation.Done);
    }

    public void ModelDelegate(int source, ulong from, int destination, ulong to, ulong count, uint mask, uint attributes)
    {
        for (ulong i = 0; i < count; i++)
        {
            if (to + i == 0)
            {
                Model.Remove(destination, 0);
            }
            else if (source != Nova)
            {
                Model.Delegate(source, from + i, destination, to + i, 1, mask);
            }
            else
            {
                ulong frame = from + i;
                uint permissions = frame is >= ProtectedFirst and < ProtectedEnd ? 0 : 0xf & mask;
                Model.Remove(destination, to + i);
                if (permissions != 0)
                {
                    Model.Add(destination, to + i, frame, permissions, attributes, null);
                }
            }
        }
    }

    public void Revoke(int space, ulong selector, uint order, uint withdrawn, bool inclusive)
    {
        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, Head(space), selector, order, withdrawn, inclusive));
        while (Revocation.Step(&revocation))
        {
        }

        ModelRevoke(space, selector, 1ul << (int)order, withdrawn, inclusive);
    }

    public void ModelRevoke(int space, ulong selector, ulong count, uint withdrawn, bool inclusive)
    {
        if (space != Nova)
        {
            Model.Revoke(space, selector, count, withdrawn, inclusive);
            return;
        }

        foreach (DelegationModel.Node node in Model.Cells.Values.Where(node => node.Resource - selector < count).ToList())
        {
            Model.Withdraw(node, withdrawn);
        }
    }

    public void Renew(int space)
    {
        Destroy(space);
        foreach (ulong selector in Model.Cells.Keys.Where(key => key.Space == space).Select(key => key.Selector).ToList())
        {
            Model.Remove(space, selector);
        }

        FakeMachine.Settle();
        Spaces[space] = (nint)HostSpace.Create((Quota*)Quotas[space]);
    }

    /// <summary>Compares nodes and page tables with the model, and checks the shape of all trees.</summary>
    public void Check()
    {
        for (int i = 0; i < SpaceCount; i++)
        {
            CheckWindow(i, 0);
            CheckWindow(i, LargeBase);
            CheckPlaces(i);
        }

        CheckTrees();
    }

    /// <summary>Without the model: page tables agree with nodes, and all trees are whole.</summary>
    public void CheckConsistency()
    {
        for (int i = 0; i < SpaceCount; i++)
        {
            CheckPlaces(i);
            for (ulong page = 0; page < Window; page++)
            {
                ulong entry = HostSpace.Walk(Space(i), page, out int level);
                RangeNode* node = RangeSpace.Find(&Space(i)->Range, page);
                bool present = node != null && node->Place.Key <= page;
                Assert.Equal(present, (entry & PageAttributes.Present) != 0);
                if (present)
                {
                    Assert.Equal(0, level);
                    Assert.Equal(page + node->Delta, (entry & PageAttributes.AddressMask) >> 12);
                    Assert.Equal((node->Permissions & 2) != 0, (entry & PageAttributes.Writable) != 0);
                }
            }
        }

        CheckTrees();
    }

    public void CheckNothingLeaks()
    {
        for (int i = 0; i < SpaceCount; i++)
        {
            Destroy(i);
        }

        FakeMachine.Settle();
        Assert.True(((RangeSpace*)NovaSpace)->Nodes == null, "no tree is left");
        Assert.Equal(0ul, ((RangeSpace*)NovaSpace)->Revocations);
        Slab.Free((void*)NovaSpace, Slab.ClassOf(RangeSpace.Size));
        Slab.Delete((Quota*)NovaQuota);
        foreach (nint quota in Quotas)
        {
            Assert.Equal(Budget, Quota.Available((Quota*)quota));
            Slab.Delete((Quota*)quota);
        }

        Assert.Equal(FreeAtStart, FakeMachine.FreePagesAtRest());
    }

    private void Destroy(int space)
    {
        while (!Kilonova.Kernel.Space.TryDestroy(Head(space), 5))
        {
        }
    }

    private void CheckWindow(int space, ulong first)
    {
        for (ulong page = first; page < first + Window; page++)
        {
            ulong entry = HostSpace.Walk(Space(space), page, out int level);
            DelegationModel.Node? expected = Model.At(space, page);
            RangeNode* node = RangeSpace.Find(&Space(space)->Range, page);
            if (expected == null)
            {
                Assert.True((entry & PageAttributes.Present) == 0, $"page {space}:{page} is mapped");
                Assert.True(node == null || node->Place.Key > page, $"page {space}:{page} has a node");
                continue;
            }

            ulong offset = page & ((1ul << (9 * level)) - 1);
            Assert.True((entry & PageAttributes.Present) != 0, $"page {space}:{page} is not mapped");
            Assert.Equal(expected.Resource, ((entry & PageAttributes.AddressMask & ~((1ul << (9 * level + 12)) - 1)) >> 12) + offset);
            Assert.Equal((expected.Permissions & 2) != 0, (entry & PageAttributes.Writable) != 0);
            Assert.Equal((expected.Permissions & 12) == 0, (entry & PageAttributes.NoExecute) != 0);
            Assert.True((entry & PageAttributes.User) != 0);
            Assert.True(node != null && node->Place.Key <= page);
            Assert.Equal(expected.Permissions, node->Permissions);
            Assert.Equal(expected.Attributes, node->Attributes);
            Assert.Equal(expected.Resource, page + node->Delta);
            CheckParent(node, expected);
        }
    }

    private void CheckParent(RangeNode* node, DelegationModel.Node expected)
    {
        for (RangeNode* head = (RangeNode*)RangeNode.HeadOf(node)->Link.Parent; head != null; head = (RangeNode*)head->Link.Parent)
        {
            RangeNode* part = (RangeNode*)Parts(head).FirstOrDefault(p =>
                ((RangeNode*)p)->Place.Key <= expected.Resource - head->Delta && expected.Resource - head->Delta < ((RangeNode*)p)->Place.End);
            if (part != null)
            {
                Assert.True(expected.Parent != null, $"{expected.Space}:{expected.Selector} should be a root");
                Assert.Equal(Spaces[expected.Parent!.Space], (nint)part->Link.Space);
                Assert.Equal(expected.Parent.Selector, expected.Resource - part->Delta);
                return;
            }
        }

        Assert.True(expected.Parent == null, $"{expected.Space}:{expected.Selector} has lost its parent");
    }

    private static List<nint> Parts(RangeNode* head)
    {
        List<nint> parts = [];
        if (head->Link.Space != null)
        {
            parts.Add((nint)head);
        }

        for (DerivationLink* fragment = head->Fragments; fragment != null; fragment = fragment->Next)
        {
            parts.Add((nint)fragment);
        }

        return parts;
    }

    private void CheckPlaces(int space)
    {
        ulong end = 0;
        for (TreeLink* link = OrderedTree.Ceiling(Space(space)->Range.Nodes, 0); link != null; link = OrderedTree.Next(link))
        {
            RangeNode* node = RangeNode.OfPlace(link);
            Assert.True(link->Key >= end, "nodes of a space are disjoint");
            Assert.True(node->Link.Space == Head(space));
            end = link->End;
        }
    }

    private void CheckTrees()
    {
        for (TreeLink* link = OrderedTree.Ceiling(((RangeSpace*)NovaSpace)->Nodes, 0); link != null; link = OrderedTree.Next(link))
        {
            RangeTree* tree = (RangeTree*)link;
            Assert.True(tree->Root->Link.Parent == null);
            (int live, int ghosts) = CheckFamily(tree, tree->Root, link->Key, link->End);
            Assert.True(live != 0 && ghosts < live);
        }
    }

    /// <summary>Checks a node and all below it: links, resources, parts. Counts live nodes and ghosts.</summary>
    private static (int Live, int Ghosts) CheckFamily(RangeTree* tree, RangeNode* node, ulong first, ulong limit)
    {
        Assert.True(node->Tree == tree);
        Assert.Equal(0, node->Link.Revocations);
        Assert.Equal(0, node->Link.Withdrawn);
        Assert.Equal(0u, node->Link.Tag & RangeNode.Fragment);
        Assert.True(node->Among.Key >= first && node->Among.End <= limit, "resources stay within the parent's");
        foreach (nint p in Parts(node))
        {
            RangeNode* part = (RangeNode*)p;
            Assert.True(part->Link.Space == node->Link.Space && part->Delta == node->Delta);
            Assert.True(part->Place.Key + part->Delta >= node->Among.Key && part->Place.End + part->Delta <= node->Among.End);
        }

        int live = node->Link.Space != null ? 1 : 0;
        int ghosts = 1 - live;
        int children = 0;
        for (TreeLink* among = OrderedTree.Ceiling(node->Children, 0); among != null; among = OrderedTree.Next(among))
        {
            RangeNode* leader = RangeNode.OfAmong(among);
            RangeNode* child = leader;
            do
            {
                children++;
                Assert.True(child->Link.Parent == &node->Link && child->Link.Next->Previous == &child->Link);
                Assert.Equal(child == leader, (child->Link.Tag & RangeNode.Leader) != 0);
                Assert.Equal((among->Key, among->End), (child->Among.Key, child->Among.End));
                (int l, int g) = CheckFamily(tree, child, node->Among.Key, node->Among.End);
                live += l;
                ghosts += g;
                child = (RangeNode*)child->Link.Next;
            }
            while (child != leader);
        }

        Assert.True(node->Link.Space != null || children > 1, "a ghost has two children");
        return (live, ghosts);
    }
}
