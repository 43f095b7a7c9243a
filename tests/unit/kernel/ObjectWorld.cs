using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>A few object spaces and objects, kernel and model side by side.</summary>
internal sealed unsafe class ObjectWorld
{
    public const int SpaceCount = 4;
    public const long Budget = 4_000_000;

    /// <summary>Selectors that operations use: neighbours, other tables, another directory, the last ones.</summary>
    public static readonly ulong[] Selectors =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 256, 257, 1 << 17, (1 << 17) + 1, (1 << 17) + 2, (1 << 17) + 3,
        ObjectSpace.Selectors - 2, ObjectSpace.Selectors - 1,
    ];

    public ObjectWorld(uint cpus = 1)
    {
        FakeMachine.Start(cpus, pages: 1024);
        FreeAtStart = FakeMachine.FreePagesAtRest();
        for (int i = 0; i < SpaceCount; i++)
        {
            Quotas[i] = (nint)Quota.CreateRoot(Budget);
            Spaces[i] = (nint)ObjectSpace.Create((Quota*)Quotas[i]);
        }

        for (int i = 0; i < Objects.Length; i++)
        {
            KernelObject* o = (KernelObject*)Slab.Allocate(0);
            o->Type = ObjectType.Semaphore;
            o->References = 1;
            Objects[i] = (nint)o;
        }
    }

    public ulong FreeAtStart { get; }

    public DelegationModel Model { get; } = new();

    public nint[] Quotas { get; } = new nint[SpaceCount];

    public nint[] Spaces { get; } = new nint[SpaceCount];

    public nint[] Objects { get; } = new nint[3];

    public ObjectSpace* Space(int index) => (ObjectSpace*)Spaces[index];

    public KernelObject* Object(int index) => (KernelObject*)Objects[index];

    public Status Insert(int space, ulong selector, int o, uint permissions)
    {
        Status status = ObjectSpace.Insert(Space(space), selector, Object(o), permissions);
        if (status == Status.SUCCESS)
        {
            Model.Add(space, selector, (ulong)o, permissions, 0, null);
        }

        return status;
    }

    public (Status Status, ulong Done) Delegate(int source, ulong from, int destination, ulong to, uint order, uint mask)
    {
        Delegation delegation;
        Status status = Delegation.Begin(&delegation, Spaces[source].Head(), Spaces[destination].Head(), from, to, order, mask, 0);
        if (status != Status.SUCCESS)
        {
            return (status, 0);
        }

        while (Delegation.Step(&delegation))
        {
        }

        Model.Delegate(source, from, destination, to, Math.Min(delegation.Done, 16), mask);
        return (delegation.Status, delegation.Done);
    }

    public void Revoke(int space, ulong selector, uint order, uint withdrawn, bool inclusive)
    {
        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, Spaces[space].Head(), selector, order, withdrawn, inclusive));
        while (Revocation.Step(&revocation))
        {
        }

        Model.Revoke(space, selector, 1ul << (int)Math.Min(order, 5), withdrawn, inclusive);
    }

    /// <summary>Destroys a space and puts an empty one in its place.</summary>
    public void Renew(int space)
    {
        while (!Kernel.Space.TryDestroy(Spaces[space].Head(), 3))
        {
        }

        foreach (ulong selector in Model.Cells.Keys.Where(key => key.Space == space).Select(key => key.Selector).ToList())
        {
            Model.Remove(space, selector);
        }

        FakeMachine.Settle();
        Spaces[space] = (nint)ObjectSpace.Create((Quota*)Quotas[space]);
    }

    /// <summary>Compares all slots with the model, and checks the shape of all trees and the references of all objects.</summary>
    public void Check()
    {
        int[] references = [1, 1, 1];
        for (int i = 0; i < SpaceCount; i++)
        {
            foreach (ulong selector in Selectors)
            {
                Capability capability = ObjectSpace.Lookup(Space(i), selector);
                DelegationModel.Node? expected = Model.At(i, selector);
                if (expected == null)
                {
                    Assert.True(capability.IsNull, $"slot {i}:{selector} is not empty");
                    continue;
                }

                Assert.True(capability.Object == Object((int)expected.Resource), $"slot {i}:{selector} has another object");
                Assert.Equal(expected.Permissions, capability.Permissions);
                MapNode* node = ObjectSpace.Find(Space(i), selector)->Node;
                Assert.True(node->Link.Space == &Space(i)->Head && node->Link.Tag == selector && node->Object == capability.Object);
                references[(int)expected.Resource]++;

                DerivationLink* parent = node->Link.Parent;
                while (parent != null && parent->Space == null)
                {
                    parent = parent->Parent;
                }

                if (expected.Parent == null)
                {
                    Assert.True(parent == null, $"slot {i}:{selector} should be a root");
                }
                else
                {
                    Assert.True(parent != null && (nint)parent->Space == Spaces[expected.Parent.Space]);
                    Assert.Equal(expected.Parent.Selector, parent->Tag);
                }
            }
        }

        for (int i = 0; i < Objects.Length; i++)
        {
            Assert.Equal(references[i], Object(i)->References);
            DerivationLink* roots = *MapNode.Roots(Object(i));
            (int live, int ghosts) = Shape.Check(roots, null, held: false);
            Assert.Equal(references[i] - 1, live);
            Assert.True(ghosts < live || live == 0 && ghosts == 0);
        }
    }

    /// <summary>Takes everything apart: all memory and all quota must be back.</summary>
    public void CheckNothingLeaks()
    {
        for (int i = 0; i < SpaceCount; i++)
        {
            while (!Kernel.Space.TryDestroy(Spaces[i].Head(), 100))
            {
            }
        }

        foreach (nint o in Objects)
        {
            Assert.Equal(1, ((KernelObject*)o)->References);
            Assert.True(((KernelObject*)o)->TreeRoot == null);
            Slab.Free((void*)o, 0);
        }

        FakeMachine.Settle();
        foreach (nint quota in Quotas)
        {
            Assert.Equal(Budget, Quota.Available((Quota*)quota));
            Slab.Delete((Quota*)quota);
        }

        Assert.Equal(FreeAtStart, FakeMachine.FreePagesAtRest());
    }
}

internal static unsafe class Pointers
{
    public static KernelObject* Head(this nint space) => (KernelObject*)space;
}

/// <summary>The invariants of a derivation tree.</summary>
internal static unsafe class Shape
{
    /// <summary>
    /// Checks links, and that ghosts have two children or more; <paramref name="held"/>: or are held. Counts live nodes and ghosts.
    /// </summary>
    public static (int Live, int Ghosts) Check(DerivationLink* first, DerivationLink* parent, bool held)
    {
        int live = 0;
        int ghosts = 0;
        DerivationLink* previous = null;
        for (DerivationLink* link = first; link != null; link = link->Next)
        {
            Assert.True(link->Parent == parent);
            Assert.True(link->Previous == previous);
            previous = link;
            if (link->Space != null)
            {
                live++;
            }
            else
            {
                ghosts++;
                bool needed = link->FirstChild != null && link->FirstChild->Next != null;
                Assert.True(needed || (held && link->Revocations != 0), "a ghost has two children");
            }

            if (!held)
            {
                Assert.Equal(0, link->Revocations);
                Assert.Equal(0, link->Withdrawn);
            }

            (int l, int g) = Check(link->FirstChild, link, held);
            live += l;
            ghosts += g;
        }

        return (live, ghosts);
    }
}
