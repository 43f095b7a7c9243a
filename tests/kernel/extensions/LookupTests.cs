using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Extensions;

/// <summary>Lookup: what it refuses and what it tells (docs/abi.md, Lookup).</summary>
internal static unsafe class LookupTests
{
    private const uint AllBits = 0x1f;
    private const ulong FarPage = 0x3_0000_0000 >> 12;

    internal static void Run()
    {
        Suite.Run("Lookup_needs_a_space_with_TAKE"u8, &NeedsTake);
        Suite.Run("Lookup_beyond_a_space_is_BAD_PAR"u8, &OutOfRange);
        Suite.Run("An_empty_slot_gives_zeros"u8, &Empty);
        Suite.Run("Lookup_tells_the_type_of_every_object"u8, &Types);
        Suite.Run("Lookup_tells_permissions_of_objects"u8, &ObjectPermissions);
        Suite.Run("Lookup_tells_the_range_that_was_delegated_as_one"u8, &MemoryRanges);
        Suite.Run("Lookup_tells_attributes_of_memory"u8, &Attributes);
        Suite.Run("Lookup_tells_nothing_of_physical_addresses"u8, &NoPhysicalAddresses);
        Suite.Run("Lookup_tells_ports_and_MSRs"u8, &PortsAndMsrs);
        Suite.Run("Lookup_tells_nothing_of_UTCBs_and_the_information_page"u8, &KernelPages);
    }

    private static Status Look(ulong space, ulong selector) => Extension.Lookup(space, selector, out _);

    private static Mapping At(ulong space, ulong selector)
    {
        Check.Succeeds(Extension.Lookup(space, selector, out var mapping), "lookup"u8);
        return mapping;
    }

    private static void NeedsTake()
    {
        _ = Lab.NewDomain(out var objects, out var host, out var ports);
        Check.Is(Look(Lab.Selector(), 0), Status.BAD_CAP, "null capability"u8);
        Check.Is(Look(Lab.SelectorCount, 0), Status.BAD_CAP, "selector SELNUM"u8);
        Check.Is(Look(ulong.MaxValue >> 8, 0), Status.BAD_CAP, "largest selector"u8);
        Check.Is(Look(Lab.Semaphore(0).Selector, 0), Status.BAD_CAP, "semaphore"u8);
        Check.Is(Look(Lab.Domain.Selector, 0), Status.BAD_CAP, "domain"u8);
        Check.Is(Look(RootTask.Thread.Selector, 0), Status.BAD_CAP, "thread"u8);
        var spaces = stackalloc ulong[3] { objects.Selector, host.Selector, ports.Selector };
        for (var i = 0; i < 3; i++)
        {
            var weak = Lab.Weakened(spaces[i], AllBits & ~(uint)SpacePermissions.TAKE);
            Check.Is(Look(weak, 0x1000), Status.BAD_CAP, "without TAKE"u8);
            Check.Succeeds(Look(Lab.Weakened(spaces[i], (uint)SpacePermissions.TAKE), 0x1000), "with nothing but TAKE"u8);
        }
    }

    private static void OutOfRange()
    {
        var msrs = Lab.Selector();
        Check.Succeeds(MsrSpace.Create(msrs, Lab.Domain), "MSR space"u8);
        OutOfRange(RootTask.ObjectSpace.Selector, Lab.SelectorCount, "objects"u8);
        OutOfRange(RootTask.HostSpace.Selector, ((ulong)RootTask.Hip >> 12) + 1, "memory"u8);
        OutOfRange(RootTask.PioSpace.Selector, 0x10000, "ports"u8);
        OutOfRange(msrs, 1ul << 32, "MSRs"u8);
        OutOfRange(RootSelectors.NovaPioSpace, 0x10000, "ports of the NOVA space"u8);
    }

    private static void OutOfRange(ulong space, ulong selectors, ReadOnlySpan<byte> kind)
    {
        Check.Succeeds(Look(space, selectors - 1), kind);
        Check.Is(Look(space, selectors), Status.BAD_PAR, kind);
        Check.Is(Look(space, (1ul << 52) - 1), Status.BAD_PAR, kind);
    }

    private static void Empty()
    {
        _ = Lab.NewDomain(out var objects, out var host, out var ports);
        var spaces = stackalloc ulong[3] { objects.Selector, host.Selector, ports.Selector };
        for (var i = 0; i < 3; i++)
        {
            SyscallRegisters registers;
            registers.Rdi = Extension.Identifier(ExtensionOperation.Lookup, spaces[i]);
            registers.Rsi = registers.Rax = registers.R8 = registers.R9 = ulong.MaxValue;
            registers.Rdx = 0x1234ul << 12;
            Check.Is((Status)Syscall.Invoke(&registers), Status.SUCCESS, "lookup"u8);
            Check.Equal(registers.Rdx, 0, "base and order"u8);
            Check.Equal(registers.Rax, 0, "permissions and type"u8);
            Check.Equal(registers.R8, 0, "attributes"u8);
        }
    }

    private static void Is(ulong selector, CapabilityType type) =>
        Check.Equal((ulong)At(RootTask.ObjectSpace.Selector, selector).Type, (ulong)type, "type"u8);

    private static void Types()
    {
        var domain = Lab.NewDomain(out var objects, out var host, out var ports);
        var msrs = Lab.Selector();
        Check.Succeeds(MsrSpace.Create(msrs, domain), "MSR space"u8);
        Is(domain.Selector, CapabilityType.ProtectionDomain);
        Is(RootTask.Thread.Selector, CapabilityType.ExecutionContext);
        Is(RootTask.Time.Selector, CapabilityType.SchedulingContext);
        Is(Peer.Local(out _).Selector, CapabilityType.Portal);
        Is(Lab.Semaphore(0).Selector, CapabilityType.Semaphore);
        Is(objects.Selector, CapabilityType.ObjectSpace);
        Is(host.Selector, CapabilityType.HostSpace);
        Is(ports.Selector, CapabilityType.PioSpace);
        Is(msrs, CapabilityType.MsrSpace);
        Is(RootSelectors.NovaHostSpace, CapabilityType.HostSpace);
        Is(Lab.Selector(), CapabilityType.Null);
    }

    private static void ObjectPermissions()
    {
        var portal = Peer.Local(out _).Selector;
        for (var permissions = 1u; permissions <= (uint)PtPermissions.All; permissions++)
        {
            var weak = Lab.Weakened(portal, permissions);
            var found = At(RootTask.ObjectSpace.Selector, weak);
            Check.Equal(found.Permissions, permissions, "permissions"u8);
            Check.Equal(found.Base, weak, "base"u8);
            Check.Equal(found.Order, 0, "order"u8);
            Check.Equal(found.Attributes, 0, "attributes"u8);
        }
    }

    private static void MemoryRanges()
    {
        const uint Order = 6;
        const ulong Count = 1ul << (int)Order;
        _ = Lab.NewDomain(out _, out var host, out _);
        var pages = (ulong)Lab.Memory(Count, Count) >> 12;
        Check.Succeeds(RootTask.HostSpace.Delegate(host, pages, FarPage, Order, MemoryPermissions.R | MemoryPermissions.W), "ctrl_pd"u8);
        for (var i = 0ul; i < Count; i += 7)
            Is(At(host.Selector, FarPage + i), FarPage, Order, (uint)(MemoryPermissions.R | MemoryPermissions.W));

        Check.Succeeds(host.Remove(FarPage + 0x10, 4), "a quarter goes"u8);
        Is(At(host.Selector, FarPage + 3), FarPage, 4, (uint)(MemoryPermissions.R | MemoryPermissions.W));
        Is(At(host.Selector, FarPage + 0x33), FarPage + 0x20, 5, (uint)(MemoryPermissions.R | MemoryPermissions.W));
        Is(At(host.Selector, FarPage + 0x12), 0, 0, 0);
        Check.Succeeds(host.Delegate(host, FarPage + 0x3f, FarPage + 0x3f, 0, MemoryPermissions.R), "the last page is reduced"u8);
        Is(At(host.Selector, FarPage + 0x3f), FarPage + 0x3f, 0, (uint)MemoryPermissions.R);
        Is(At(host.Selector, FarPage + 0x2f), FarPage + 0x20, 4, (uint)(MemoryPermissions.R | MemoryPermissions.W));
    }

    private static void Is(Mapping mapping, ulong first, uint order, uint permissions)
    {
        Check.Equal(mapping.Permissions, permissions, "permissions"u8);
        Check.Equal((ulong)mapping.Type, (ulong)(permissions != 0 ? CapabilityType.Memory : CapabilityType.Null), "type"u8);
        Check.Equal(mapping.Base, first, "base"u8);
        Check.Equal(mapping.Order, order, "order"u8);
    }

    private static void Attributes()
    {
        var memory = Lab.Memory(1);
        for (var attributes = 0u; attributes <= (uint)Cacheability.WP; attributes++)
        {
            var page = Lab.EmptyPage();
            var copy = Lab.EmptyPage();
            Check.Succeeds(
                RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, Lab.PhysicalPage(memory), page, 0, MemoryPermissions.R, attributes), "map"u8);
            Check.Succeeds(RootTask.HostSpace.Delegate(RootTask.HostSpace, page, copy, 0, MemoryPermissions.R), "copy"u8);
            Check.Equal(At(RootTask.HostSpace.Selector, page).Attributes, attributes, "attributes"u8);
            Check.Equal(At(RootTask.HostSpace.Selector, copy).Attributes, attributes, "inherited attributes"u8);
        }
    }

    // Memory that lies elsewhere than it is mapped: no register says where.
    private static void NoPhysicalAddresses()
    {
        var physical = Lab.PhysicalPage(Lab.Memory(1));
        var page = Lab.EmptyPage();
        Check.Succeeds(RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, physical, page, 0, MemoryPermissions.R), "map"u8);
        SyscallRegisters registers;
        registers.Rdi = Extension.Identifier(ExtensionOperation.Lookup, RootTask.HostSpace.Selector);
        registers.Rsi = registers.Rax = registers.R8 = registers.R9 = 0;
        registers.Rdx = page << 12;
        Check.Is((Status)Syscall.Invoke(&registers), Status.SUCCESS, "lookup"u8);
        Check.Equal(registers.Rdx >> 12, page, "RDX is the selector"u8);
        Check.Equal(registers.Rsi | registers.R8 | registers.R9, 0, "other registers"u8);
        Check.Equal(registers.Rax & ~0xffful, 0, "RAX"u8);
    }

    private static void PortsAndMsrs()
    {
        const ulong SomePort = 0x3c0;
        const ulong FsBase = 0xc000_0100;
        _ = Lab.NewDomain(out _, out _, out var ports);
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(ports, SomePort, 3), "8 ports"u8);
        var port = At(ports.Selector, SomePort + 5);
        Check.Equal((ulong)port.Type, (ulong)CapabilityType.Port, "type"u8);
        Check.Equal(port.Base, SomePort, "base"u8);
        Check.Equal(port.Order, 3, "order"u8);
        Check.Equal(port.Permissions, (uint)PioPermissions.A, "permissions"u8);

        var msrs = Lab.Selector();
        Check.Succeeds(MsrSpace.Create(msrs, Lab.Domain), "MSR space"u8);
        Check.Succeeds(new MsrSpace(RootSelectors.NovaMsrSpace).Delegate(new MsrSpace(msrs), FsBase, 1, MsrPermissions.R), "2 MSRs"u8);
        var msr = At(msrs, FsBase + 1);
        Check.Equal((ulong)msr.Type, (ulong)CapabilityType.Msr, "type"u8);
        Check.Equal(msr.Base, FsBase, "base"u8);
        Check.Equal(msr.Order, 1, "order"u8);
        Check.Equal(msr.Permissions, (uint)MsrPermissions.R, "permissions"u8);
    }

    private static void KernelPages()
    {
        Is(At(RootTask.HostSpace.Selector, (ulong)RootTask.Hip >> 12), 0, 0, 0);
        Is(At(RootTask.HostSpace.Selector, (ulong)ThreadBlock.Current->Utcb >> 12), 0, 0, 0);
    }
}
