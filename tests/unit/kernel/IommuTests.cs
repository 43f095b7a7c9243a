using System;
using System.Linq;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

/// <summary>Devices behind IOMMUs that remember whatever they are not told to forget.</summary>
public sealed unsafe class IommuTests : IDisposable
{
    public void Dispose()
    {
        Platform.DmarBytes = [];
        KernelOptions.NoIommu = false;
        LocalApic.IsX2Apic = false;
        Iommu.Initialize();
    }

    [Fact]
    public void Each_device_is_behind_the_unit_that_firmware_says()
    {
        IommuWorld world = new();

        Assert.Equal(IommuWorld.First, DeviceScopes.UnitOf(IommuWorld.Disk)->Physical);
        Assert.Equal(IommuWorld.First, DeviceScopes.UnitOf(0x0008)->Physical);
        Assert.Equal(IommuWorld.First, DeviceScopes.UnitOf(IommuWorld.Behind)->Physical);
        Assert.Equal(IommuWorld.First, DeviceScopes.UnitOf(0x07ff)->Physical);
        Assert.Equal(IommuWorld.Rest, DeviceScopes.UnitOf(0x0800)->Physical);
        Assert.Equal(IommuWorld.Rest, DeviceScopes.UnitOf(IommuWorld.Net)->Physical);
        Assert.Equal(IommuWorld.Other, DeviceScopes.UnitOf(IommuWorld.Foreign)->Physical);
        Assert.True(DeviceScopes.UnitOf(0x2_0000) == null);
        Assert.All(world.Units, unit => Assert.True(unit.IsTranslating));
        Assert.True(Iommu.UnitAt(IommuWorld.Rest >> 12) == DeviceScopes.UnitOf(IommuWorld.Net));
        Assert.True(Iommu.UnitAt(0xfed93) == null);
    }

    [Fact]
    public void A_device_in_no_space_reaches_nothing()
    {
        IommuWorld world = new();
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1000, write: false));
        Assert.Null(world.Nets.Access(IommuWorld.Net, IommuWorld.ReservedFirst << 12, write: false));
    }

    [Fact]
    public void A_device_reaches_what_its_space_maps_and_no_more()
    {
        IommuWorld world = new();
        HostSpace* space = world.NewSpace();
        world.Map(space, 16, 0x300, order: 1);
        world.Map(space, 18, 0x400, permissions: 1);
        IommuWorld.Assign(IommuWorld.Disk, space);

        Assert.Equal(0x30_0123ul, world.Disks.Access(IommuWorld.Disk, 0x1_0123, write: true));
        Assert.Equal(0x30_1fffUL, world.Disks.Access(IommuWorld.Disk, 0x1_1fff, write: false));
        Assert.Equal(0x40_0000ul, world.Disks.Access(IommuWorld.Disk, 0x1_2000, write: false));
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1_2000, write: true));
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1_3000, write: false));
        Assert.Null(world.Disks.Access(0x0011, 0x1_0000, write: false));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(9u)]
    public void What_is_taken_away_is_out_of_reach_when_the_call_returns(uint order)
    {
        IommuWorld world = new();
        HostSpace* space = world.NewSpace();
        world.Map(space, 512, 0x400, order);
        IommuWorld.Assign(IommuWorld.Disk, space);
        Assert.Equal(0x40_0000ul, world.Disks.Access(IommuWorld.Disk, 0x20_0000, write: true));

        world.Map(space, 512, 0, order, permissions: 0);

        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x20_0000, write: true));
    }

    [Fact]
    public void Memory_replaced_under_a_device_is_the_new_one_and_permissions_shrink_at_once()
    {
        IommuWorld world = new();
        HostSpace* space = world.NewSpace();
        world.Map(space, 1, 0x300);
        IommuWorld.Assign(IommuWorld.Disk, space);
        Assert.Equal(0x30_0000ul, world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));

        world.Map(space, 1, 0x301, permissions: 1);

        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
        Assert.Equal(0x30_1000ul, world.Disks.Access(IommuWorld.Disk, 0x1000, write: false));
    }

    [Fact]
    public void A_revocation_reaches_the_devices_of_all_spaces_before_it_returns()
    {
        IommuWorld world = new();
        HostSpace* one = world.NewSpace();
        HostSpace* two = IommuWorld.NewSpace(world.Ranges, 1);
        world.Ranges.Delegate(RangeWorld.Nova, 32, 0, 32, 3, 3);
        IommuWorld.Delegate(world.Ranges.Head(0), 32, one, 0, 3, 3);
        IommuWorld.Delegate(world.Ranges.Head(0), 32, two, 8, 3, 3);
        IommuWorld.Assign(IommuWorld.Disk, one);
        IommuWorld.Assign(IommuWorld.Net, two);
        Assert.Equal(33ul << 12, world.Disks.Access(IommuWorld.Disk, 1 << 12, write: true));
        Assert.Equal(33ul << 12, world.Nets.Access(IommuWorld.Net, 9 << 12, write: true));

        Revocation revocation;
        Assert.Equal(Status.SUCCESS, Revocation.Begin(&revocation, world.Ranges.Head(0), 32, 3, 2, false));
        while (Revocation.Step(&revocation))
        {
        }

        Assert.Null(world.Disks.Access(IommuWorld.Disk, 1 << 12, write: true));
        Assert.Null(world.Nets.Access(IommuWorld.Net, 9 << 12, write: true));
        Assert.Equal(33ul << 12, world.Disks.Access(IommuWorld.Disk, 1 << 12, write: false));
        world.Ranges.Revoke(0, 32, 3, 0x1f, true);
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 1 << 12, write: false));
        Assert.Null(world.Nets.Access(IommuWorld.Net, 9 << 12, write: false));
    }

    [Fact]
    public void A_space_that_goes_lets_its_devices_reach_nothing_and_gives_all_memory_back()
    {
        IommuWorld world = new();
        HostSpace* warm = world.NewSpace();
        IommuWorld.Assign(IommuWorld.Disk, warm);
        IommuWorld.Assign(IommuWorld.Net, warm);
        IommuWorld.Destroy(warm);
        ulong free = FakeMachine.FreePagesAtRest();
        long available = Quota.Available((Quota*)world.Ranges.Quotas[0]);

        HostSpace* space = world.NewSpace();
        uint domain = space->Domain;
        world.Map(space, 8, 0x300, order: 3);
        world.Map(space, 512, 0x400, order: 9);
        IommuWorld.Assign(IommuWorld.Disk, space);
        IommuWorld.Assign(IommuWorld.Net, space);
        Assert.NotNull(world.Disks.Access(IommuWorld.Disk, 8 << 12, write: true));
        Assert.NotNull(world.Nets.Access(IommuWorld.Net, 8 << 12, write: true));
        IommuWorld.Destroy(space);

        Assert.Null(world.Disks.Access(IommuWorld.Disk, 8 << 12, write: true));
        Assert.Null(world.Nets.Access(IommuWorld.Net, 8 << 12, write: true));
        Assert.Equal(free, FakeMachine.FreePagesAtRest());
        Assert.Equal(available, Quota.Available((Quota*)world.Ranges.Quotas[0]));
        Assert.Equal(domain, world.NewSpace()->Domain);
    }

    [Fact]
    public void A_device_that_moves_forgets_its_old_space()
    {
        IommuWorld world = new();
        HostSpace* one = world.NewSpace();
        HostSpace* two = world.NewSpace();
        Assert.NotEqual(one->Domain, two->Domain);
        world.Map(one, 1, 0x300);
        world.Map(two, 2, 0x301);
        IommuWorld.Assign(IommuWorld.Disk, one);
        Assert.Equal(0x30_0000ul, world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));

        IommuWorld.Assign(IommuWorld.Disk, two);

        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
        Assert.Equal(0x30_1000ul, world.Disks.Access(IommuWorld.Disk, 0x2000, write: true));
        IommuWorld.Destroy(one);
        Assert.Equal(0x30_1000ul, world.Disks.Access(IommuWorld.Disk, 0x2000, write: true));
    }

    [Fact]
    public void Reserved_memory_stays_in_reach_of_its_device_alone_wherever_that_goes()
    {
        IommuWorld world = new();
        Assert.Equal(0x70_0040ul, world.Nets.Access(IommuWorld.Usb, 0x70_0040, write: true));
        Assert.Equal(0x70_f000ul, world.Nets.Access(IommuWorld.Usb, 0x70_f000, write: true));
        Assert.Null(world.Nets.Access(IommuWorld.Usb, 0x71_0000, write: true));
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x70_0000, write: false));

        HostSpace* space = world.NewSpace();
        IommuWorld.Assign(IommuWorld.Disk, space);
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x70_0000, write: false));
        IommuWorld.Assign(IommuWorld.Usb, space);
        Assert.Equal(0x70_0040ul, world.Nets.Access(IommuWorld.Usb, 0x70_0040, write: true));
    }

    [Fact]
    public void A_device_that_does_wrong_is_reported_once_until_somebody_looks()
    {
        IommuWorld world = new();
        Status status;
        DeviceContext* device = DeviceContext.Create(Machine.Quota, IommuWorld.Disk, IommuWorld.Disk, &status);
        Semaphore bell = default;
        bell.Head.References = 1;
        DeviceContext.Watch(device, &bell);
        for (int i = 0; i < 3; i++)
        {
            Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1234_5678, write: true));
            Iommu.HandleFaults();
        }

        Assert.Equal(1ul, bell.Counter);
        Assert.Equal(1ul, DeviceContext.Look(device, out ulong address, out ulong kind));
        Assert.Equal(0x1234_5000ul, address);
        Assert.Equal((ulong)DeviceFault.Write, kind & DeviceFaultResult.FaultMask);
        Assert.Equal(IommuWorld.Disk, (uint)(kind >> DeviceFaultResult.RequesterShift));
        Assert.Equal(0ul, DeviceContext.Look(device, out _, out _));

        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x5000, write: false));
        Iommu.HandleFaults();
        Assert.Equal(2ul, bell.Counter);
        Assert.Equal(1ul, DeviceContext.Look(device, out address, out kind));
        Assert.Equal((0x5000ul, (ulong)DeviceFault.Read), (address, kind & DeviceFaultResult.FaultMask));
        Assert.DoesNotContain("blocked", Log.Text.ToString(), StringComparison.Ordinal);

        DeviceContext.Destroy(device);
        Assert.Equal(1, bell.Head.References);
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x5000, write: false));
        Iommu.HandleFaults();
        Assert.Contains("memory access of device", Log.Text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_of_a_raging_device_cannot_keep_a_CPU_busy()
    {
        IommuWorld world = new();
        for (uint i = 0; i < 1000; i++)
        {
            Assert.Null(world.Disks.Message(IommuWorld.Disk, 4000 + i));
            if (world.Disks.ReportsFaults)
                Iommu.HandleFaults();
        }

        Assert.False(world.Disks.ReportsFaults);
        Assert.True(Log.Text.ToString().Split('\n').Length < 100);
        IommuWorld.Assign(IommuWorld.Disk, world.NewSpace());
        Assert.True(world.Disks.ReportsFaults);
    }

    [Fact]
    public void Contexts_do_not_overlap_and_need_a_unit()
    {
        IommuWorld world = new();
        Status status;
        DeviceContext* bus = DeviceContext.Create(Machine.Quota, 0x0500, 0x05ff, &status);
        Assert.True(bus != null);
        Assert.True(DeviceContext.Create(Machine.Quota, 0x0510, 0x0510, &status) == null);
        Assert.Equal(Status.ABORTED, status);
        Assert.True(DeviceContext.Create(Machine.Quota, 0x2_0000, 0x2_0000, &status) == null);
        Assert.Equal(Status.BAD_DEV, status);
        Assert.True(DeviceContext.Create(Machine.Quota, 0x000f, 0x0011, &status) == null);
        Assert.Equal(Status.BAD_DEV, status);
        Assert.True(DeviceContext.Has(0x05ff));
        Assert.False(DeviceContext.Has(0x0600));

        HostSpace* space = world.NewSpace();
        world.Map(space, 1, 0x300);
        Assert.Equal(Status.SUCCESS, Iommu.Assign(bus->Unit, bus->First, bus->Last, space));
        Assert.Equal(0x30_0000ul, world.Disks.Access(0x0500, 0x1000, write: true));
        Assert.Equal(0x30_0000ul, world.Disks.Access(0x05ff, 0x1000, write: true));
        Assert.Null(world.Disks.Access(0x0600, 0x1000, write: true));

        DeviceContext.Destroy(bus);
        Assert.Null(world.Disks.Access(0x0500, 0x1000, write: true));
        Assert.Equal([0x0500 | Iommu.WholeBus], Interrupts.Detached);
        Assert.False(DeviceContext.Has(0x0510));
    }

    [Fact]
    public void An_interrupt_passes_from_its_source_in_its_segment_alone()
    {
        IommuWorld world = new();
        Vtd.Remap(77, IommuWorld.Disk, 0x41, 5, level: false);

        Assert.Equal((5u << 8, 0x41u, false), world.Disks.Message(IommuWorld.Disk, 77));
        Assert.Null(world.Disks.Message(IommuWorld.Behind, 77));
        Assert.Null(world.Units[2].Message(IommuWorld.Foreign, 77));
        Assert.Equal(0xfee0_0000u | 77 << 5 | 1 << 4, Vtd.MessageAddress(77));
    }

    [Fact]
    public void A_rerouted_interrupt_goes_to_its_new_CPU_when_the_call_returns()
    {
        LocalApic.IsX2Apic = true;
        IommuWorld world = new();
        Vtd.Remap(8000, IommuWorld.Foreign, 0x41, 5, level: true);
        Assert.Equal((5u, 0x41u, true), world.Units[2].Message(IommuWorld.Foreign, 8000));

        Vtd.Remap(8000, IommuWorld.Foreign, 0x99, 300, level: true);
        Assert.Equal((300u, 0x99u, true), world.Units[2].Message(IommuWorld.Foreign, 8000));
        Vtd.Remap(8000, IommuWorld.Disk, 0x99, 300, level: true);
        Assert.Null(world.Units[2].Message(IommuWorld.Foreign, 8000));
        Assert.NotNull(world.Disks.Message(IommuWorld.Disk, 8000));
        Vtd.Remap(8000, IommuWorld.Disk, 0, 300, level: true);
        Assert.Null(world.Disks.Message(IommuWorld.Disk, 8000));
    }

    [Fact]
    public void What_changes_nothing_is_not_waited_for()
    {
        IommuWorld world = new();
        Vtd.Remap(3, Iommu.AnySource, 0x41, 0, level: true);
        int done = world.Disks.Done.Count;
        Vtd.Remap(3, Iommu.AnySource, 0x41, 0, level: true);
        HostSpace* space = world.NewSpace();
        world.Map(space, 1, 0x300);
        Assert.Equal(done, world.Disks.Done.Count);
        Assert.NotNull(world.Disks.Message(0x1234, 3));
    }

    [Fact]
    public void Sources_of_a_bus_and_of_an_IO_APIC_are_checked_too()
    {
        IommuWorld world = new();
        Vtd.Remap(5, 0x0500 | Iommu.WholeBus, 0x41, 0, level: false);
        Assert.NotNull(world.Disks.Message(0x05f8, 5));
        Assert.Null(world.Disks.Message(0x0600, 5));
        Assert.Equal(0xf0f8ul, DeviceScopes.SourceOfIoApic(8));
        Assert.Equal(Iommu.AnySource, DeviceScopes.SourceOfIoApic(9));
    }

    [Fact]
    public void A_queue_that_stops_at_an_error_is_started_again_and_nothing_stays_in_reach()
    {
        IommuWorld world = new();
        HostSpace* space = world.NewSpace();
        world.Map(space, 1, 0x300);
        IommuWorld.Assign(IommuWorld.Disk, space);
        Assert.NotNull(world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));

        world.Disks.Refuses = 1;
        world.Map(space, 1, 0, permissions: 0);

        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
        Assert.Contains("starts again", Log.Text.ToString(), StringComparison.Ordinal);
        world.Map(space, 1, 0x301);
        Assert.Equal(0x30_1000ul, world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
    }

    [Fact]
    public void A_unit_that_never_answers_again_stops_the_machine()
    {
        IommuWorld world = new();
        HostSpace* space = world.NewSpace();
        world.Map(space, 1, 0x300);
        world.Disks.IsDead = true;

        Assert.Throws<InvalidOperationException>(() => world.Map(space, 1, 0, permissions: 0));
    }

    [Fact]
    public void The_queue_goes_round_and_round()
    {
        IommuWorld world = new();
        HostSpace* space = world.NewSpace();
        IommuWorld.Assign(IommuWorld.Disk, space);
        for (uint i = 0; i < 1000; i++)
        {
            world.Map(space, 1, 0x300);
            Assert.NotNull(world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
            world.Map(space, 1, 0, permissions: 0);
            Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
        }
    }

    [Fact]
    public void A_unit_with_three_levels_of_tables_limits_all_spaces()
    {
        IommuWorld world = new(FakeVtd.ThreeLevels | (38ul << 16) | 6);
        HostSpace* space = world.NewSpace();
        Assert.Equal(1ul << 27, space->Range.Selectors);
        world.Map(space, 1, 0x300);
        world.Map(space, (1ul << 27) - 1, 0x301);
        IommuWorld.Assign(IommuWorld.Disk, space);
        IommuWorld.Assign(IommuWorld.Net, space);

        Assert.Equal(0x30_0000ul, world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
        Assert.Equal(0x30_1000ul, world.Disks.Access(IommuWorld.Disk, (1ul << 39) - 4096, write: true));
        Assert.Equal(0x30_0000ul, world.Nets.Access(IommuWorld.Net, 0x1000, write: true));
        IommuWorld.Destroy(space);
        Assert.Null(world.Disks.Access(IommuWorld.Disk, 0x1000, write: true));
    }

    [Fact]
    public void A_unit_without_large_pages_finds_none()
    {
        IommuWorld world = new(FakeVtd.FourLevels | (47ul << 16) | 6);
        HostSpace* space = world.NewSpace();
        world.Map(space, 512, 0x400, order: 9);
        _ = HostSpace.Walk(space, 512, out int level);
        Assert.Equal(0, level);
    }

    [Fact]
    public void Units_that_do_not_see_caches_find_every_entry_in_memory()
    {
        IommuWorld world = new(extended: 0x1a);
        HostSpace* space = world.NewSpace();
        world.Map(space, 500, 0x300, order: 2);
        IommuWorld.Assign(IommuWorld.Disk, space);
        Vtd.Remap(77, IommuWorld.Disk, 0x41, 5, level: false);

        ulong entry = HostSpace.RootOf(space);
        for (int level = 3; level >= 0; level--)
        {
            ulong* table = (ulong*)DirectMap.ToVirtual(entry & ~0xffful);
            for (int i = 0; i < 512; i += 8)
                Assert.Contains((ulong)(table + i), Cache.Lines);

            entry = table[500ul >> (9 * level) & 0x1ff];
        }

        VtdUnit* unit = DeviceScopes.UnitOf(IommuWorld.Disk);
        Assert.Contains((ulong)unit->Root, Cache.Lines);
        Assert.Contains((ulong)DirectMap.ToVirtual(unit->Root[0] & ~1ul) + (IommuWorld.Disk * 16), Cache.Lines);
        Assert.Contains((ulong)(unit->InterruptTable + (2 * 77)) & ~63ul, Cache.Lines);
        Cache.Lines.Clear();
        world.Map(space, 500, 0, order: 2, permissions: 0);
        Assert.NotEmpty(Cache.Lines);
    }

    [Fact]
    public void Units_that_remember_what_was_absent_are_told_of_new_entries()
    {
        IommuWorld world = new(IommuWorld.Capable | FakeVtd.CachingMode);
        HostSpace* space = world.NewSpace();
        int done = world.Disks.Done.Count;
        world.Map(space, 1, 0x300);
        Assert.Equal([2ul, 5ul], world.Disks.Done.Skip(done));
    }

    [Fact]
    public void A_unit_that_cannot_be_used_confines_nobody_and_says_so()
    {
        IommuWorld world = new(FakeVtd.FourLevels | (47ul << 16) | 6, extended: 0x19);
        Assert.False(Iommu.IsPresent);
        Assert.False(Iommu.RemapsInterrupts);
        Assert.True(DeviceScopes.UnitOf(IommuWorld.Disk) == null);
        Assert.Contains("cannot be used", Log.Text.ToString(), StringComparison.Ordinal);
        Assert.False(world.Disks.RemapsInterrupts);
    }

    [Fact]
    public void Interrupts_are_remapped_by_all_units_or_by_none()
    {
        IommuWorld world = new(extended: 0x13);
        Assert.True(Iommu.IsPresent);
        Assert.False(Iommu.RemapsInterrupts);
        Assert.All(world.Units, unit => Assert.False(unit.RemapsInterrupts));
    }

    [Fact]
    public void Identifiers_run_out_with_an_error_and_come_back()
    {
        // CAP.ND 0: 16 domains, of which one is nobody's and one holds reserved memory.
        IommuWorld world = new(FakeVtd.FourLevels | (47ul << 16));
        HostSpace* space = null;
        for (int i = 0; i < 14; i++)
            space = world.NewSpace();

        long available = Quota.Available((Quota*)world.Ranges.Quotas[0]);
        Assert.True(HostSpace.Create((Quota*)world.Ranges.Quotas[0], ObjectType.DmaSpace) == null);
        Assert.Equal(available, Quota.Available((Quota*)world.Ranges.Quotas[0]));
        IommuWorld.Destroy(space);
        _ = world.NewSpace();
    }

    [Fact]
    public void Without_memory_for_a_bus_nothing_is_assigned()
    {
        IommuWorld world = new();
        HostSpace* space = world.NewSpace();
        Faults.FailAt(0);
        Status status = Iommu.Assign(DeviceScopes.UnitOf(IommuWorld.Behind), IommuWorld.Behind, IommuWorld.Behind, space);
        Assert.Equal(Status.MEM_OBJ, status);
        Faults.Clear();
        Assert.Null(world.Disks.Access(IommuWorld.Behind, 0x1000, write: false));
        IommuWorld.Assign(IommuWorld.Behind, space);
    }

    [Fact]
    public void Where_the_command_line_says_so_units_are_left_alone()
    {
        KernelOptions.NoIommu = true;
        IommuWorld world = new();
        Assert.False(Iommu.IsPresent);
        Assert.Equal(0u, world.Disks.Read(0x1c));
    }
}
