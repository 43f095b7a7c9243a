using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Dma;

/// <summary>DMA spaces and assign_dev, sections 2.1.4 and 5.5.3, with a device that copies.</summary>
internal static unsafe class SpaceTests
{
    private const MemoryPermissions ReadWrite = MemoryPermissions.R | MemoryPermissions.W;
    private const ulong From = 0x10_0000;
    private const ulong To = 0x20_0000;
    private const uint Length = 64;

    internal static void Run()
    {
        Suite.Run("Assign_dev_needs_a_DMA_space_with_ASSIGN"u8, &NeedsAssign);
        Suite.Run("Assign_dev_needs_a_unit_and_a_device_behind_it"u8, &NeedsUnit);
        Suite.Run("A_device_reaches_its_DMA_space_and_nothing_else"u8, &Reaches);
        Suite.Run("A_device_does_not_write_what_it_may_only_read"u8, &ReadOnly);
        Suite.Run("What_is_taken_out_of_a_DMA_space_is_out_of_reach"u8, &TakenBack);
        Suite.Run("A_revoked_page_is_out_of_reach"u8, &Revoked);
        Suite.Run("A_device_that_moves_to_another_DMA_space_has_left_the_first"u8, &Moves);
        Suite.Run("A_device_whose_DMA_space_is_gone_reaches_nothing"u8, &Gone);
        Suite.Run("A_killed_domains_memory_is_out_of_reach"u8, &Killed);
        Suite.Run("Large_pages_reach_devices"u8, &LargePages);
    }

    internal static DmaSpace NewSpace() => NewSpace(Lab.Domain);

    internal static DmaSpace NewSpace(ProtectionDomain owner)
    {
        var space = new DmaSpace(Lab.Selector());
        Check.Succeeds(DmaSpace.Create(space.Selector, owner), "create_pd"u8);
        return space;
    }

    /// <summary>Memory that the device can name: a page with a pattern, and one without.</summary>
    internal static byte* Pages(byte pattern)
    {
        var memory = Lab.Memory(2);
        for (var i = 0u; i < Length; i++)
        {
            memory[i] = (byte)(pattern + i);
            memory[4096 + i] = 0;
        }

        return memory;
    }

    internal static void Map(DmaSpace space, byte* memory, MemoryPermissions permissions = ReadWrite)
    {
        Check.Succeeds(RootTask.HostSpace.Delegate(space, (ulong)memory >> 12, From >> 12, 0, permissions), "source"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(space, ((ulong)memory >> 12) + 1, To >> 12, 0, permissions), "destination"u8);
    }

    internal static void CopyArrives(byte* memory, bool arrives)
    {
        EduDevice.Copy(From, To, Length);
        var equal = true;
        for (var i = 0u; i < Length; i++)
            equal &= memory[4096 + i] == memory[i];

        Check.True(equal == arrives, "the copy"u8);
        for (var i = 0u; i < Length; i++)
            memory[4096 + i] = 0;
    }

    private static void Assign(DmaSpace space) => Check.Succeeds(space.AssignDevice(EduDevice.UnitPage, EduDevice.Requester), "assign_dev"u8);

    private static void NeedsAssign()
    {
        var space = NewSpace();
        var weak = new DmaSpace(Lab.Weakened(space.Selector, (uint)SpacePermissions.GRANT));
        Check.Is(weak.AssignDevice(EduDevice.UnitPage, EduDevice.Requester), Status.BAD_CAP, "without ASSIGN"u8);
        Check.Is(new DmaSpace(Lab.Selector()).AssignDevice(EduDevice.UnitPage, EduDevice.Requester), Status.BAD_CAP, "null"u8);
        Check.Is(new DmaSpace(Lab.Domain.Selector).AssignDevice(EduDevice.UnitPage, EduDevice.Requester), Status.BAD_CAP, "a domain"u8);
        var memory = Pages(1);
        var granted = new DmaSpace(Lab.Weakened(space.Selector, (uint)SpacePermissions.ASSIGN));
        Check.Is(RootTask.HostSpace.Delegate(granted, (ulong)memory >> 12, 1, 0, ReadWrite), Status.BAD_CAP, "without GRANT"u8);
    }

    private static void NeedsUnit()
    {
        var space = NewSpace();
        Check.Is(space.AssignDevice(EduDevice.UnitPage + 1, EduDevice.Requester), Status.BAD_DEV, "a page behind"u8);
        Check.Is(space.AssignDevice(0, EduDevice.Requester), Status.BAD_DEV, "page 0"u8);
        Check.Is(space.AssignDevice(EduDevice.UnitPage, EduDevice.Requester | 1ul << 32), Status.BAD_PAR, "reserved bits"u8);
        Check.Is(space.AssignDevice(EduDevice.UnitPage, EduDevice.Requester | 1u << 16), Status.BAD_PAR, "another segment"u8);
    }

    private static void Reaches()
    {
        var memory = Pages(3);
        var space = NewSpace();
        Assign(space);
        CopyArrives(memory, false);
        Map(space, memory);
        CopyArrives(memory, true);

        // Where the memory really lies, nothing is.
        EduDevice.Write((Lab.PhysicalPage(memory) + 1) << 12, Length);
        Check.Equal(memory[4096], 0, "its physical address"u8);
    }

    private static void ReadOnly()
    {
        var memory = Pages(5);
        var space = NewSpace();
        Map(space, memory, MemoryPermissions.R);
        Assign(space);
        CopyArrives(memory, false);
        Map(space, memory);
        CopyArrives(memory, true);
    }

    private static void TakenBack()
    {
        var memory = Pages(7);
        var space = NewSpace();
        Map(space, memory);
        Assign(space);
        CopyArrives(memory, true);
        Check.Succeeds(RootTask.HostSpace.Delegate(space, (ulong)memory >> 12, To >> 12, 0, MemoryPermissions.None), "take"u8);
        CopyArrives(memory, false);
    }

    private static void Revoked()
    {
        var memory = Pages(9);
        var space = NewSpace();
        Map(space, memory);
        Assign(space);
        CopyArrives(memory, true);
        Check.Succeeds(
            Extension.Revoke(RootTask.HostSpace.Selector, ((ulong)memory >> 12) + 1, 0, (uint)MemoryPermissions.W, false), "revoke"u8);
        CopyArrives(memory, false);
    }

    private static void Moves()
    {
        var one = Pages(11);
        var two = Pages(13);
        var first = NewSpace();
        var second = NewSpace();
        Map(first, one);
        Map(second, two);
        Assign(first);
        CopyArrives(one, true);
        Assign(second);
        EduDevice.Copy(From, To, Length);
        Check.Equal(one[4096], 0, "the first"u8);
        Check.Equal(two[4096], two[0], "the second"u8);
    }

    private static void Gone()
    {
        var memory = Pages(15);
        var space = NewSpace();
        Map(space, memory);
        Assign(space);
        CopyArrives(memory, true);
        Check.Succeeds(RootTask.ObjectSpace.Remove(space.Selector, 0), "remove"u8);

        // After a grace period.
        Lab.Sleep(200);
        CopyArrives(memory, false);
    }

    private static void Killed()
    {
        var memory = Pages(17);
        var domain = Lab.NewDomain(out _, out var host, out _);
        var space = NewSpace(domain);
        var page = Lab.EmptyPage();
        Check.Succeeds(RootTask.HostSpace.Delegate(host, (ulong)memory >> 12, page, 0, ReadWrite), "its memory"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(host, ((ulong)memory >> 12) + 1, page + 1, 0, ReadWrite), "its memory"u8);
        Check.Succeeds(host.Delegate(space, page, From >> 12, 0, ReadWrite), "source"u8);
        Check.Succeeds(host.Delegate(space, page + 1, To >> 12, 0, ReadWrite), "destination"u8);
        Assign(space);
        CopyArrives(memory, true);
        Check.Succeeds(domain.Kill(), "kill"u8);
        CopyArrives(memory, false);
    }

    private static void LargePages()
    {
        const uint Order = 9;
        var memory = Lab.Memory(1 << (int)Order, 1 << (int)Order);
        var space = NewSpace();
        Check.Succeeds(RootTask.HostSpace.Delegate(space, (ulong)memory >> 12, 1 << (int)Order, Order, ReadWrite), "2 MiB"u8);
        Assign(space);
        memory[0] = 0x5a;
        memory[0x1f_f000] = 0;
        EduDevice.Copy(0x20_0000, 0x3f_f000, Length);
        Check.Equal(memory[0x1f_f000], 0x5a, "its last page"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(space, (ulong)memory >> 12, 0x3ff, 0, MemoryPermissions.None), "cut"u8);
        memory[0x1f_f000] = 0;
        EduDevice.Copy(0x20_0000, 0x3f_f000, Length);
        Check.Equal(memory[0x1f_f000], 0, "its last page, cut out"u8);
        EduDevice.Copy(0x20_0000, 0x3f_e000, Length);
        Check.Equal(memory[0x1f_e000], 0x5a, "the one before"u8);
    }
}
