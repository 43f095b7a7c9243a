using System;
using System.Linq;
using System.Threading;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>Threads play CPUs and do everything at once; afterwards every structure is whole and nothing is lost.</summary>
public unsafe class StressTests
{
    private const uint Cpus = 4;
    private const int Rounds = 4000;

    [Fact]
    public void Memory_is_delegated_revoked_and_reduced_on_all_cpus_at_once()
    {
        RangeWorld world = new(Cpus);
        Run(seed =>
        {
            Random random = new(seed);
            for (int round = 0; round < Rounds; round++)
            {
                int source = random.Next(-1, RangeWorld.SpaceCount);
                int destination = random.Next(RangeWorld.SpaceCount);
                uint order = (uint)random.Next(5);
                ulong first = (ulong)random.Next((int)RangeWorld.Window) & ~((1ul << (int)order) - 1);
                ulong to = (ulong)random.Next((int)RangeWorld.Window) & ~((1ul << (int)order) - 1);
                switch (random.Next(8))
                {
                    case 0:
                        Revoke(world.Head(source), first, order, random.Next(3) == 0 ? 2u : 0x1f, random.Next(2) == 0);
                        break;
                    case 1:
                        HostSpace.Activate(Cpu.This, world.Space(destination));
                        break;
                    default:
                        Delegate(world.Head(source), first, world.Head(destination), to, order, random.Next(4) == 0 ? 1u : 0xf);
                        break;
                }

                Leave();
            }
        });

        world.CheckConsistency();
        for (uint i = 0; i < Cpus; i++)
        {
            FakeMachine.On(i, () => HostSpace.ActivateKernel(Cpu.This));
        }

        world.Revoke(RangeWorld.Nova, 0, 24, 0x1f, true);
        world.CheckConsistency();
        Assert.True(((RangeSpace*)world.NovaSpace)->Nodes == null);
        world.CheckNothingLeaks();
    }

    [Fact]
    public void Objects_are_delegated_revoked_and_looked_up_on_all_cpus_at_once()
    {
        ObjectWorld world = new(Cpus);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Status.SUCCESS, ObjectSpace.Insert(world.Space(0), (ulong)i, world.Object(i), 7));
        }

        Run(seed =>
        {
            Random random = new(seed);
            for (int round = 0; round < Rounds; round++)
            {
                int source = random.Next(ObjectWorld.SpaceCount);
                int destination = random.Next(ObjectWorld.SpaceCount);
                ulong from = ObjectWorld.Selectors[random.Next(ObjectWorld.Selectors.Length)];
                ulong to = ObjectWorld.Selectors[random.Next(3, ObjectWorld.Selectors.Length)];
                switch (random.Next(8))
                {
                    case 0:
                        Revoke(world.Spaces[source].Head(), from, 0, random.Next(3) == 0 ? 2u : 0x1f, from > 2 && random.Next(2) == 0);
                        break;
                    case 1:
                        Capability capability = ObjectSpace.Lookup(world.Space(source), from);
                        Assert.True(capability.IsNull || capability.Is(ObjectType.Semaphore, 0));
                        break;
                    case 2:
                        _ = CapabilityInfo.TryTranslate(world.Space(source), from, world.Space(destination), out _, out _);
                        break;
                    default:
                        Delegate(world.Spaces[source].Head(), from, world.Spaces[destination].Head(), to, 0, random.Next(4) == 0 ? 5u : 7);
                        break;
                }

                Leave();
            }
        });

        for (int i = 0; i < 3; i++)
        {
            (int live, int ghosts) = Shape.Check(*MapNode.Roots(world.Object(i)), null, held: false);
            Assert.True(ghosts < live);
            Assert.Equal(live + 1, world.Object(i)->References);
            Revoke(world.Spaces[0].Head(), (ulong)i, 0, 0x1f, false);
            Assert.Equal(2, world.Object(i)->References);
        }

        world.CheckNothingLeaks();
    }

    [Fact]
    public void A_revocation_is_not_outrun()
    {
        ObjectWorld world = new(Cpus);
        Assert.Equal(Status.SUCCESS, ObjectSpace.Insert(world.Space(0), 0, world.Object(0), 7));
        Delegate(world.Spaces[0].Head(), 0, world.Spaces[0].Head(), 1, 0, 7);
        int finished = 0;
        Run(seed =>
        {
            Random random = new(seed);
            if (seed == 0)
            {
                for (int round = 0; round < 300; round++)
                {
                    Revoke(world.Spaces[0].Head(), 0, 0, 0x1f, false);
                    Delegate(world.Spaces[0].Head(), 0, world.Spaces[0].Head(), 1, 0, 7);
                    Leave();
                }

                // The last one takes the way in from the others, who then have nothing to delegate from.
                Revoke(world.Spaces[0].Head(), 0, 0, 0x1f, false);
                Assert.Equal(2, world.Object(0)->References);
                Volatile.Write(ref finished, 1);
                return;
            }

            while (Volatile.Read(ref finished) == 0)
            {
                int own = seed;
                Delegate(world.Spaces[0].Head(), 1, world.Spaces[own].Head(), (ulong)random.Next(200), 0, 7);
                KernelObject* other = world.Spaces[random.Next(1, 4)].Head();
                Delegate(world.Spaces[own].Head(), (ulong)random.Next(200), other, (ulong)random.Next(200), 0, 7);
                Leave();
            }
        });

        Assert.Equal(2, world.Object(0)->References);
        world.CheckNothingLeaks();
    }

    [Fact]
    public void Slabs_pages_and_accounts_are_shared_by_all_cpus()
    {
        FakeMachine.Start(Cpus, pages: 512);
        ulong free = FakeMachine.FreePagesAtRest();
        Quota* quota = Quota.CreateRoot(200_000);
        Run(seed =>
        {
            Random random = new(seed);
            nint[] mine = new nint[64];
            uint[] classes = new uint[64];
            for (int round = 0; round < 20 * Rounds; round++)
            {
                int place = random.Next(mine.Length);
                if (mine[place] != 0)
                {
                    Assert.Equal(mine[place], *(nint*)mine[place]);
                    Slab.Free((void*)mine[place], classes[place]);
                    Quota.Credit(quota, 100);
                    mine[place] = 0;
                    continue;
                }

                if (Quota.TryCharge(quota, 100))
                {
                    classes[place] = (uint)random.Next((int)Slab.Classes);
                    mine[place] = (nint)Slab.Allocate(classes[place]);
                    Assert.NotEqual(0, mine[place]);
                    *(nint*)mine[place] = mine[place];
                }
            }

            for (int place = 0; place < mine.Length; place++)
            {
                if (mine[place] != 0)
                {
                    Slab.Free((void*)mine[place], classes[place]);
                    Quota.Credit(quota, 100);
                }
            }
        });

        Assert.Equal(200_000, Quota.Available(quota));
        Slab.Delete(quota);
        Assert.Equal(free, FakeMachine.FreePagesAtRest());
    }

    private static void Run(Action<int> body)
    {
        Tlb.Recording = false;
        Exception? failure = null;
        int done = 0;
        Thread[] threads = [.. Enumerable.Range(0, (int)Cpus).Select(number => new Thread(() =>
        {
            FakeMachine.Current = FakeMachine.CpuAt((uint)number);
            try
            {
                body(number);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
            }

            // The others may still ask this CPU for something.
            Interlocked.Increment(ref done);
            while (Volatile.Read(ref done) < Cpus)
            {
                Leave();
                Thread.Yield();
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), $"a CPU hangs {failure}"));
        Assert.Null(failure);
        for (uint i = 0; i < Cpus; i++)
        {
            FakeMachine.On(i, () => Shootdown.Serve(Cpu.This));
        }
    }

    /// <summary>What a CPU does on its way to user mode, and when an interrupt comes.</summary>
    private static void Leave()
    {
        Cpu* cpu = Cpu.This;
        Shootdown.Serve(cpu);
        if ((Volatile.Read(ref cpu->Hazard) & Hazard.Rcu) != 0)
        {
            Interlocked.And(ref cpu->Hazard, ~Hazard.Rcu);
            Rcu.Quiescent(cpu);
        }
    }

    private static void Delegate(KernelObject* source, ulong from, KernelObject* destination, ulong to, uint order, uint mask)
    {
        Delegation delegation;
        Assert.Equal(Status.SUCCESS, Delegation.Begin(&delegation, source, destination, from, to, order, mask, 0));
        while (Delegation.Step(&delegation))
        {
        }

        Assert.True(delegation.Status is Status.SUCCESS or Status.MEM_CAP);
    }

    private static void Revoke(KernelObject* space, ulong first, uint order, uint withdrawn, bool inclusive)
    {
        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, space, first, order, withdrawn, inclusive));
        while (Revocation.Step(&revocation))
        {
        }
    }
}
