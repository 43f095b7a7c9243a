using System;
using System.Collections.Generic;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class RcuTests
{
    private static readonly List<nint> s_freed = [];

    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(300);

    [Fact]
    public void A_callback_waits_until_every_cpu_has_left_the_kernel()
    {
        Start(3);
        RcuHead* head = Slab.New<RcuHead>();
        Rcu.Call(head, &Note);
        Leave(0);
        Leave(1);
        Assert.Empty(s_freed);
        Assert.NotEqual(0u, FakeMachine.CpuAt(2)->Hazard & Hazard.Rcu);
        Leave(2);
        Leave(0);
        Assert.Equal([(nint)head], s_freed);
    }

    [Fact]
    public void Sleeping_cpus_do_not_hold_up_a_grace_period_and_get_no_interrupt()
    {
        Start(4);
        Sleep(1);
        Sleep(2);
        Sleep(3);
        Rcu.Call(Slab.New<RcuHead>(), &Note);
        Leave(0);
        Assert.Single(s_freed);
        Assert.Empty(FakeMachine.Interrupts);
    }

    [Fact]
    public void A_callback_queued_during_a_grace_period_waits_for_the_next()
    {
        Start(2);
        Rcu.Call(Slab.New<RcuHead>(), &Note);
        Leave(1);
        RcuHead* late = Slab.New<RcuHead>();
        FakeMachine.On(1, () => Rcu.Call(late, &Note));
        Leave(0);
        Assert.Single(s_freed);
        Assert.DoesNotContain((nint)late, s_freed);
        Leave(0);
        Leave(1);
        Leave(0);
        Leave(1);
        Assert.Contains((nint)late, s_freed);
    }

    [Fact]
    public void A_cpu_that_sleeps_on_callbacks_is_woken_when_they_are_due()
    {
        Start(2);
        Rcu.Call(Slab.New<RcuHead>(), &Note);
        FakeMachine.CpuAt(0)->Hazard = 0;
        Assert.True(Rcu.EnterIdle(FakeMachine.CpuAt(0)));
        Leave(1);
        Assert.Equal([(0u, Vectors.Remote)], FakeMachine.Interrupts);
        Rcu.LeaveIdle(FakeMachine.CpuAt(0));
        Leave(0);
        Assert.Single(s_freed);
    }

    [Fact]
    public void Callbacks_do_not_keep_somebody_of_higher_priority_waiting()
    {
        Start(1);
        Rcu.Call(Slab.New<RcuHead>(), &Note);
        FakeMachine.CpuAt(0)->Hazard |= Hazard.Reschedule;
        Leave(0);
        Assert.Empty(s_freed);
        Assert.Equal(Hazard.Reschedule, FakeMachine.CpuAt(0)->Hazard);

        // The scheduler has looked, and then the timer comes.
        FakeMachine.CpuAt(0)->Hazard = 0;
        Rcu.Resume(FakeMachine.CpuAt(0));
        Assert.Equal(Hazard.Rcu, FakeMachine.CpuAt(0)->Hazard);
        Leave(0);
        Assert.Single(s_freed);
    }

    [Fact]
    public void Lazy_callbacks_wait_for_company_or_sleep()
    {
        Start(1);
        for (int i = 0; i < 31; i++)
        {
            Rcu.CallLazily(Slab.New<RcuHead>(), &Note);
        }

        Assert.Equal(0u, FakeMachine.CpuAt(0)->Hazard);
        Rcu.CallLazily(Slab.New<RcuHead>(), &Note);
        Leave(0);
        Assert.Equal(32, s_freed.Count);
        Rcu.CallLazily(Slab.New<RcuHead>(), &Note);
        while (!Rcu.EnterIdle(FakeMachine.CpuAt(0)))
        {
            Leave(0);
        }

        Assert.Equal(33, s_freed.Count);
    }

    [Fact]
    public void A_cpu_does_not_sleep_on_what_its_last_callback_left()
    {
        Start(1);
        Rcu.Call(Slab.New<RcuHead>(), &NoteAndLeaveMore);

        // The grace period ends on the way to sleep: no mark tells of it.
        FakeMachine.CpuAt(0)->Hazard = 0;
        while (!Rcu.EnterIdle(FakeMachine.CpuAt(0)))
        {
            Leave(0);
        }

        Assert.Equal(2, s_freed.Count);
    }

    [Fact]
    public void Callbacks_run_a_few_at_a_time()
    {
        Start(1);
        for (int i = 0; i < 100; i++)
        {
            Rcu.Call(Slab.New<RcuHead>(), &Note);
        }

        int before = 0;
        while (FakeMachine.CpuAt(0)->Hazard != 0)
        {
            Leave(0);
            Assert.InRange(s_freed.Count - before, 0, 32);
            before = s_freed.Count;
        }

        Assert.Equal(100, s_freed.Count);
    }

    /// <summary>
    /// Random interleavings of lookups, unlinking, leaving and sleeping on several CPUs: nothing is freed while a CPU that looked it up
    /// before is still in the kernel, and everything is freed in the end.
    /// </summary>
    [Fact]
    public void Nothing_is_freed_under_a_reader() =>
        Prop.ForAll<int[]>(operations =>
        {
            const uint Cpus = 4;
            Start(Cpus);
            List<nint>[] held = [[], [], [], []];
            bool[] asleep = new bool[Cpus];
            List<nint> linked = [];
            int made = 0;
            foreach (int operation in operations)
            {
                uint random = (uint)operation * 2654435761;
                uint cpu = (random >> 8) % Cpus;
                if (asleep[cpu])
                {
                    Rcu.LeaveIdle(FakeMachine.CpuAt(cpu));
                    asleep[cpu] = false;
                }

                switch (random % 5)
                {
                    case 0:
                        RcuHead* head = Slab.New<RcuHead>();
                        made++;
                        linked.Add((nint)head);
                        break;
                    case 1 when linked.Count != 0:
                        held[cpu].Add(linked[(int)((random >> 12) % (uint)linked.Count)]);
                        break;
                    case 2 when linked.Count != 0:
                        nint victim = linked[(int)((random >> 12) % (uint)linked.Count)];
                        linked.Remove(victim);
                        FakeMachine.On(cpu, () =>
                        {
                            if ((random & 0x1000_0000) != 0)
                            {
                                Rcu.Call((RcuHead*)victim, &Note);
                            }
                            else
                            {
                                Rcu.CallLazily((RcuHead*)victim, &Note);
                            }
                        });
                        break;
                    case 3:
                        held[cpu].Clear();
                        if ((FakeMachine.CpuAt(cpu)->Hazard & Hazard.Rcu) != 0)
                        {
                            Leave(cpu);
                        }

                        break;
                    case 4:
                        held[cpu].Clear();
                        FakeMachine.On(cpu, () => asleep[cpu] = Rcu.EnterIdle(Cpu.This));
                        break;
                }

                foreach (List<nint> pointers in held)
                {
                    Assert.DoesNotContain(pointers, pointer => s_freed.Contains(pointer));
                }
            }

            for (uint cpu = 0; cpu < Cpus; cpu++)
            {
                Rcu.LeaveIdle(FakeMachine.CpuAt(cpu));
            }

            FakeMachine.Settle();
            Assert.Equal(made - linked.Count, s_freed.Count);
        }).Check(Many);

    private static void Start(uint cpus)
    {
        FakeMachine.Start(cpus);
        s_freed.Clear();
    }

    private static void Leave(uint number) => FakeMachine.On(number, () =>
    {
        Cpu* cpu = Cpu.This;
        cpu->Hazard &= ~Hazard.Rcu;
        Rcu.Quiescent(cpu);
    });

    private static void Sleep(uint number) => FakeMachine.On(number, () => Assert.True(Rcu.EnterIdle(Cpu.This)));

    private static void Note(RcuHead* head) => s_freed.Add((nint)head);

    private static void NoteAndLeaveMore(RcuHead* head)
    {
        Note(head);
        Rcu.CallLazily(Slab.New<RcuHead>(), &Note);
    }
}
