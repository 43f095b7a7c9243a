using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class QuotaTests
{
    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(200);

    [Fact]
    public void A_charge_beyond_what_is_available_changes_nothing()
    {
        FakeMachine.Start();
        Quota* quota = Quota.CreateRoot(1000);
        Assert.True(Quota.TryCharge(quota, 1000));
        Assert.False(Quota.TryCharge(quota, 1));
        Assert.Equal(0, Quota.Available(quota));
        Quota.Credit(quota, 400);
        Assert.True(Quota.TryCharge(quota, 400));
        Assert.Equal(1000, Quota.Total(quota));
    }

    [Fact]
    public void A_forced_charge_must_be_repaid_before_the_next_one()
    {
        FakeMachine.Start();
        Quota* quota = Quota.CreateRoot(100);
        Quota.Charge(quota, 150);
        Assert.False(Quota.TryCharge(quota, 1));
        Quota.Credit(quota, 150);
        Assert.True(Quota.TryCharge(quota, 100));
    }

    [Fact]
    public void A_new_account_is_empty_and_paid_by_its_parent()
    {
        FakeMachine.Start();
        Quota* root = Quota.CreateRoot(10_000);
        Quota* child = Quota.Create(root);
        Assert.Equal(0, Quota.Total(child));
        Assert.Equal(10_000 - sizeof(Quota), Quota.Available(root));
        Assert.True(Quota.TryMove(root, child, 500));
        Assert.False(Quota.TryMove(child, root, 501));
        Assert.False(Quota.TryMove(child, root, -1));
        Assert.Equal(500, Quota.Available(child));
        Assert.True(Quota.Create(child) != null);
    }

    [Fact]
    public void Without_quota_or_memory_no_account_is_made_and_nothing_is_charged()
    {
        FakeMachine.Start();
        Quota* root = Quota.CreateRoot(sizeof(Quota) - 1);
        Assert.True(Quota.Create(root) == null);
        Assert.Equal(sizeof(Quota) - 1, Quota.Available(root));
        Quota* rich = Quota.CreateRoot(10_000);
        for (int i = 0; i < 2; i++)
        {
            Faults.FailAt(i);
            Assert.True(Quota.Create(rich) == null);
            Assert.True(Faults.Hit);
            Assert.Equal(10_000, Quota.Available(rich));
        }
    }

    [Fact]
    public void A_closed_account_passes_on_what_comes_back_and_vanishes()
    {
        FakeMachine.Start();
        ulong free = FakeMachine.FreePagesAtRest();
        Quota* root = Quota.CreateRoot(10_000);
        Quota* child = Quota.Create(root);
        Quota* grandchild = Quota.Create(root);
        Assert.True(Quota.TryMove(root, child, 3000));
        Assert.True(Quota.TryCharge(child, 1000));
        Quota.Close(child);
        Assert.Equal(9000 - (2 * sizeof(Quota)), Quota.Available(root));
        Quota.Credit(child, 600);
        Quota.Credit(child, 400);
        Quota.Close(grandchild);
        Assert.Equal(10_000, Quota.Available(root));
        Slab.Delete(root);
        Assert.Equal(free, FakeMachine.FreePagesAtRest());
    }

    /// <summary>Random creation, moves, charges, credits and closing: no byte appears or is lost, and in the end all is back.</summary>
    [Fact]
    public void Bytes_are_neither_made_nor_lost() =>
        Prop.ForAll<int[]>(operations =>
        {
            FakeMachine.Start();
            ulong free = FakeMachine.FreePagesAtRest();
            const long All = 100_000;
            Quota* root = Quota.CreateRoot(All);
            List<nint> open = [(nint)root];
            List<(nint Account, long Bytes)> charges = [];
            foreach (int operation in operations)
            {
                uint random = (uint)operation * 2654435761;
                Quota* a = (Quota*)open[(int)((random >> 8) % (uint)open.Count)];
                Quota* b = (Quota*)open[(int)((random >> 16) % (uint)open.Count)];
                long bytes = (random >> 4) % 3000;
                switch (random % 6)
                {
                    case 0:
                        Quota* child = Quota.Create(a);
                        if (child != null)
                        {
                            open.Add((nint)child);
                        }

                        break;
                    case 1:
                        _ = Quota.TryMove(a, b, bytes);
                        break;
                    case 2 or 3:
                        if (Quota.TryCharge(a, bytes))
                        {
                            charges.Add(((nint)a, bytes));
                        }

                        break;
                    case 4 when charges.Count != 0:
                        int index = (int)((random >> 12) % (uint)charges.Count);
                        Quota.Credit((Quota*)charges[index].Account, charges[index].Bytes);
                        charges.RemoveAt(index);
                        break;
                    case 5 when a != root:
                        open.Remove((nint)a);
                        Quota.Close(a);
                        break;
                }

                // Totals of open accounts never exceed what there is.
                Assert.True(open.Sum(account => Quota.Total((Quota*)account)) <= All);
                Assert.True(open.All(account => Quota.Available((Quota*)account) >= 0));
            }

            charges.ForEach(charge => Quota.Credit((Quota*)charge.Account, charge.Bytes));
            open.Where(account => account != (nint)root).ToList().ForEach(account => Quota.Close((Quota*)account));
            Assert.Equal(All, Quota.Available(root));
            Assert.Equal(All, Quota.Total(root));
            Slab.Delete(root);
            Assert.Equal(free, FakeMachine.FreePagesAtRest());
        }).Check(Many);
}
