using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class OrderedTreeTests
{
    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(300);

    /// <summary>
    /// Random insertions, removals, shrinkings and replacements, with overlapping ranges and equal keys, against a sorted list.
    /// </summary>
    [Fact]
    public void The_tree_answers_like_a_sorted_list() =>
        Prop.ForAll<int[]>(operations =>
        {
            FakeMachine.Start(pages: 256);
            TreeLink* root = null;
            List<nint> model = [];
            foreach (int operation in operations)
            {
                uint random = (uint)operation * 2654435761;
                TreeLink* victim = model.Count != 0 ? (TreeLink*)model[(int)((random >> 8) % (uint)model.Count)] : null;
                switch (random % 6)
                {
                    case 0 when victim != null:
                        OrderedTree.Remove(&root, victim);
                        model.Remove((nint)victim);
                        Slab.Delete(victim);
                        break;
                    case 1 when victim != null && victim->End - victim->Key > 1:
                        ulong cut = (victim->Key + victim->End) / 2;
                        OrderedTree.Shrink(victim, victim->Key, cut);
                        break;
                    case 2 when victim != null:
                        OrderedTree.Remove(&root, victim);
                        victim->Key = (random >> 16) % 50;
                        victim->End = victim->Key + 1 + ((random >> 24) % 9);
                        OrderedTree.Insert(&root, victim);
                        break;
                    default:
                        TreeLink* link = Slab.New<TreeLink>();
                        link->Key = (random >> 12) % 50;
                        link->End = link->Key + 1 + ((random >> 20) % 20);
                        link->Priority = OrderedTree.NextPriority(Cpu.This);
                        OrderedTree.Insert(&root, link);
                        model.Add((nint)link);
                        break;
                }

                model.Sort((a, b) => Compare((TreeLink*)a, (TreeLink*)b));
                CheckShape(root);
                Assert.Equal(model, InOrder(root));
                ulong key = (random >> 5) % 60;
                Assert.Equal(model.LastOrDefault(l => ((TreeLink*)l)->Key <= key), (nint)OrderedTree.Floor(root, key));
                Assert.Equal(model.FirstOrDefault(l => ((TreeLink*)l)->Key >= key), (nint)OrderedTree.Ceiling(root, key));
                Assert.Equal(model.Where(l => Overlaps(l, key, key + 4)), Overlapping(root, key, key + 4));
            }
        }).Check(Many);

    [Fact]
    public void Replacing_keeps_place_and_range()
    {
        FakeMachine.Start();
        TreeLink* root = null;
        for (ulong key = 0; key < 40; key += 2)
        {
            TreeLink* link = Slab.New<TreeLink>();
            link->Key = key;
            link->End = key + 2;
            link->Priority = OrderedTree.NextPriority(Cpu.This);
            OrderedTree.Insert(&root, link);
        }

        for (ulong key = 0; key < 40; key += 2)
        {
            TreeLink* old = OrderedTree.Floor(root, key);
            TreeLink* link = Slab.New<TreeLink>();
            OrderedTree.Replace(&root, old, link);
            Assert.True(OrderedTree.Floor(root, key + 1) == link);
            CheckShape(root);
        }
    }

    /// <summary>Ranges that follow each other, in several rows at once, against the insertion from the root.</summary>
    [Fact]
    public void Inserting_behind_a_neighbour_is_inserting() =>
        Prop.ForAll<int[]>(operations =>
        {
            FakeMachine.Start(pages: 256);
            TreeLink* root = null;
            List<nint> model = [];
            foreach (int operation in operations)
            {
                uint random = (uint)operation * 2654435761;
                ulong key = (random >> 8) % 40;
                TreeLink* previous = OrderedTree.Floor(root, key);
                TreeLink* next = OrderedTree.Ceiling(root, key);
                if (next != null && next->Key == key)
                {
                    OrderedTree.Remove(&root, next);
                    model.Remove((nint)next);
                    Slab.Delete(next);
                }
                else
                {
                    TreeLink* link = Slab.New<TreeLink>();
                    link->Key = key;
                    link->End = key + 1;
                    link->Priority = OrderedTree.NextPriority(Cpu.This);
                    if (previous != null && random % 4 != 0)
                    {
                        OrderedTree.InsertBehind(&root, previous, link);
                    }
                    else
                    {
                        OrderedTree.Insert(&root, link);
                    }

                    model.Add((nint)link);
                }

                model.Sort((a, b) => Compare((TreeLink*)a, (TreeLink*)b));
                CheckShape(root);
                Assert.Equal(model, InOrder(root));
            }
        }).Check(Many);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Depth_stays_logarithmic_for_ordered_keys(bool descending)
    {
        FakeMachine.Start(pages: 4096);
        TreeLink* root = null;
        const int Count = 20_000;
        for (int i = 0; i < Count; i++)
        {
            TreeLink* link = Slab.New<TreeLink>();
            link->Key = (ulong)(descending ? Count - i : i);
            link->End = link->Key + 1;
            link->Priority = OrderedTree.NextPriority(Cpu.This);
            OrderedTree.Insert(&root, link);
        }

        Assert.InRange(InOrder(root).Max(Depth), 14, 60);
    }

    private static int Compare(TreeLink* a, TreeLink* b) => a->Key != b->Key ? a->Key.CompareTo(b->Key) : ((nint)a).CompareTo((nint)b);

    private static bool Overlaps(nint link, ulong from, ulong end) => ((TreeLink*)link)->Key < end && ((TreeLink*)link)->End > from;

    private static int Depth(nint link)
    {
        int depth = 0;
        for (TreeLink* up = ((TreeLink*)link)->Up; up != null; up = up->Up)
        {
            depth++;
        }

        return depth;
    }

    private static List<nint> InOrder(TreeLink* root)
    {
        List<nint> links = [];
        for (TreeLink* link = OrderedTree.Ceiling(root, 0); link != null; link = OrderedTree.Next(link))
        {
            links.Add((nint)link);
        }

        return links;
    }

    private static List<nint> Overlapping(TreeLink* root, ulong from, ulong end)
    {
        List<nint> links = [];
        TreeLink* link = OrderedTree.NextOverlap(root, from, end, 0, 0);
        while (link != null)
        {
            links.Add((nint)link);
            link = OrderedTree.NextOverlap(root, from, end, link->Key, (nuint)link);
        }

        return links;
    }

    private static void CheckShape(TreeLink* root)
    {
        foreach (nint l in InOrder(root))
        {
            TreeLink* link = (TreeLink*)l;
            ulong end = link->End;
            foreach (nint c in new[] { (nint)link->Left, (nint)link->Right })
            {
                TreeLink* child = (TreeLink*)c;
                if (child != null)
                {
                    Assert.True(child->Up == link);
                    Assert.True(child->Priority <= link->Priority);
                    end = Math.Max(end, child->MaxEnd);
                }
            }

            Assert.Equal(end, link->MaxEnd);
        }
    }
}
