using System;
using System.Linq;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class ShootdownTests
{
    // Of HostSpace; entry.S reads the first.
    private const int ShortSlot = 0x98;
    private const int Slot = 0xe8;

    [Fact]
    public void Only_cpus_on_which_the_space_is_current_are_interrupted()
    {
        RangeWorld world = Start(4);
        world.Delegate(RangeWorld.Nova, 8, 0, 8, 3, 3);
        Activate(world, 1, 0);
        Activate(world, 2, 0);
        Activate(world, 2, 1);
        Activate(world, 3, 1);
        world.Delegate(1, 0, 0, 8, 0, 0);
        Assert.Equal([(1u, Vectors.Remote)], FakeMachine.Interrupts);
        Assert.Equal(FakeMachine.CpuAt(1)->Memory.ShootdownRequests, FakeMachine.CpuAt(1)->Memory.ShootdownsServed);
    }

    [Fact]
    public void Where_a_switch_takes_barriers_the_short_way_never_finds_its_translations_up_to_date()
    {
        RangeWorld world = Start(1);
        Assert.Equal(*(ulong*)((byte*)world.Space(0) + ShortSlot), *(ulong*)((byte*)world.Space(0) + Slot));
        HostSpace.Initialize((ulong*)PhysicalMemory.AllocatePage(), true, true, barriers: true);
        HostSpace* space = HostSpace.Create(world.Space(0)->Head.Quota);
        HostSpace.Activate(Cpu.This, space);
        Assert.Equal(space->Stamp, HostSpace.SlotOf(Cpu.This, space)->Stamp);
        Assert.Equal(0ul, *(ulong*)((byte*)Cpu.This + *(ulong*)((byte*)space + ShortSlot)));
    }

    [Fact]
    public void Mapping_something_new_and_removing_nothing_interrupt_nobody()
    {
        RangeWorld world = Start(2);
        Activate(world, 1, 0);
        world.Delegate(RangeWorld.Nova, 8, 0, 8, 3, 3);
        world.Delegate(RangeWorld.Nova, 8, 0, 8, 3, 3);
        world.Delegate(1, 0, 0, 32, 3, 0);
        world.Delegate(0, 8, 0, 8, 3, 3);
        Assert.Empty(FakeMachine.Interrupts);
        world.Delegate(0, 8, 0, 8, 3, 1);
        Assert.Single(FakeMachine.Interrupts);
    }

    [Fact]
    public void A_step_of_a_revocation_interrupts_a_cpu_once()
    {
        RangeWorld world = Start(2);
        world.Delegate(RangeWorld.Nova, 0, 0, 32, 5, 3);
        for (ulong page = 32; page < 48; page++)
        {
            world.Delegate(0, page, 1, page, 0, 3);
        }

        Activate(world, 1, 1);
        world.Revoke(0, 32, 5, 0x1f, false);
        Assert.Single(FakeMachine.Interrupts);
        world.Check();
    }

    [Fact]
    public void The_own_cpu_forgets_single_pages_one_by_one_and_many_at_once()
    {
        RangeWorld world = Start(1);
        world.Delegate(RangeWorld.Nova, 8, 0, 8, 3, 3);
        HostSpace.Activate(Cpu.This, world.Space(0));
        Tlb.Clear();
        world.Delegate(1, 0, 0, 9, 0, 0);
        Assert.Equal([9ul << 12], Tlb.Invalidated);
        Assert.Empty(Tlb.Loaded);
        world.Delegate(1, 0, 0, 12, 2, 0);
        Assert.Single(Tlb.Loaded);
        Assert.Equal(0ul, Tlb.Loaded[0] & Tlb.KeepTranslations);
    }

    [Fact]
    public void Translations_are_kept_across_switches_until_the_space_changes()
    {
        RangeWorld world = Start(1);
        world.Delegate(RangeWorld.Nova, 8, 0, 8, 3, 3);
        Switch(world, 0);
        Switch(world, 1);
        Assert.Equal(Tlb.KeepTranslations, Switch(world, 0) & Tlb.KeepTranslations);
        Assert.Equal(Tlb.KeepTranslations, Switch(world, 1) & Tlb.KeepTranslations);
        world.Delegate(1, 0, 0, 8, 0, 0);
        Assert.Equal(0ul, Switch(world, 0) & Tlb.KeepTranslations);
        Switch(world, 1);
        Assert.Equal(Tlb.KeepTranslations, Switch(world, 0) & Tlb.KeepTranslations);
    }

    [Fact]
    public void Identifiers_that_two_spaces_share_are_never_mistaken()
    {
        RangeWorld world = Start(1);
        HostSpace*[] spaces = new HostSpace*[(int)(MemoryCpu.PcidSlots * 2)];
        for (int i = 0; i < spaces.Length; i++)
        {
            spaces[i] = HostSpace.Create((Quota*)world.Quotas[0]);
            Tlb.Clear();
            HostSpace.Activate(Cpu.This, spaces[i]);
            Assert.Equal(0ul, Tlb.Loaded.Single() & Tlb.KeepTranslations);
            Assert.InRange(Tlb.Loaded.Single() & 0xfff, 1ul, MemoryCpu.PcidSlots);
        }

        Tlb.Clear();
        HostSpace.Activate(Cpu.This, spaces[0]);
        Assert.Equal(0ul, Tlb.Loaded.Single() & Tlb.KeepTranslations);
    }

    [Fact]
    public void A_space_that_goes_is_left_by_all_cpus_before_its_tables_are_freed()
    {
        RangeWorld world = Start(3);
        Activate(world, 0, 0);
        Activate(world, 1, 0);
        Activate(world, 2, 1);
        world.Renew(0);
        Assert.True(FakeMachine.CpuAt(0)->Space == null);
        Assert.True(FakeMachine.CpuAt(1)->Space == null);
        Assert.True(FakeMachine.CpuAt(2)->Space == world.Space(1));
        Assert.Equal([(1u, Vectors.Remote)], FakeMachine.Interrupts);
        world.Renew(1);
        Assert.True(FakeMachine.CpuAt(2)->Space == null);
        world.CheckNothingLeaks();
    }

    private static RangeWorld Start(uint cpus)
    {
        RangeWorld world = new(cpus);
        FakeMachine.OnInterrupt = (_, _) => Shootdown.Serve(Cpu.This);
        return world;
    }

    private static void Activate(RangeWorld world, uint cpu, int space) =>
        FakeMachine.On(cpu, () => HostSpace.Activate(Cpu.This, world.Space(space)));

    private static ulong Switch(RangeWorld world, int space)
    {
        Tlb.Clear();
        HostSpace.Activate(Cpu.This, world.Space(space));
        return Tlb.Loaded.Single();
    }
}
