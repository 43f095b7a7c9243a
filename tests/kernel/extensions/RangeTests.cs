using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Extensions;

/// <summary>Revoke of memory, ports and MSRs: ranges, parts of ranges, the NOVA spaces as roots (docs/abi.md, Mapping tree and revoke).</summary>
internal static unsafe class RangeTests
{
    private const uint AllBits = 0x1f;
    private const uint ReadWrite = (uint)(MemoryPermissions.R | MemoryPermissions.W);
    private const ulong FarPage = 0x3_0000_0000 >> 12;
    private const ulong SomePort = 0x3c0;

    private static ulong s_address;

    internal static void Run()
    {
        Suite.Run("Revoked_memory_is_gone_at_once"u8, &MemoryIsGone);
        Suite.Run("Revoke_of_W_leaves_memory_readable"u8, &MemoryIsReadable);
        Suite.Run("Revoke_of_a_part_leaves_the_rest_of_a_range"u8, &PartOfRange);
        Suite.Run("Revoke_follows_memory_that_moved_in_parts"u8, &PartsOfParts);
        Suite.Run("Revoke_of_ports_reaches_other_domains"u8, &Ports);
        Suite.Run("Revoke_of_MSRs_reaches_other_spaces"u8, &Msrs);
        Suite.Run("Revoke_at_the_NOVA_spaces_reaches_everything"u8, &NovaSpaces);
        Suite.Run("A_page_that_came_twice_is_revoked_by_either_way_alone"u8, &TwoWays);
    }

    private static ulong Permissions(ulong space, ulong selector) => RevokeTests.Permissions(space, selector);

    private static void Look(ulong identifier, uint mtd)
    {
        *Server.Utcb = *(byte*)s_address;
        Server.Reply(1);
    }

    // A server in another domain reads memory while it may; when it may no more it faults, without a handler, and dies.
    private static void MemoryIsGone()
    {
        var portal = Lab.ForeignServer(&Look, out var host, out _);
        var memory = Lab.Memory(1);
        *memory = 0x77;
        s_address = (ulong)memory;
        Lab.Share(host, (ulong)memory >> 12, 1, MemoryPermissions.R);
        Check.Succeeds(portal.Call(1, out _), "look"u8);
        Check.Equal(*ThreadBlock.Current->Utcb, 0x77, "sees it"u8);
        Check.Succeeds(Extension.Revoke(RootTask.HostSpace.Selector, (ulong)memory >> 12, 0, AllBits, false), "revoke"u8);
        Check.Is(portal.Call(1, out _), Status.ABORTED, "look again"u8);
        Check.Equal(*memory, 0x77, "the origin is still there"u8);
    }

    private static void MemoryIsReadable()
    {
        var page = Lab.EmptyPage();
        var memory = Lab.Memory(1);
        Check.Succeeds(
            RootTask.HostSpace.Delegate(RootTask.HostSpace, (ulong)memory >> 12, page, 0, (MemoryPermissions)ReadWrite), "ctrl_pd"u8);
        *(byte*)(page << 12) = 1;
        Check.Succeeds(
            Extension.Revoke(RootTask.HostSpace.Selector, (ulong)memory >> 12, 0, (uint)MemoryPermissions.W, false), "revoke"u8);
        Fault.Expect();
        Check.Equal(Probe.Store(page << 12, 2), 1, "store"u8);
        Fault.Check(HostEvent.PF, "store"u8);
        Check.Equal(*(byte*)(page << 12), 1, "load"u8);
        *memory = 3;
        Check.Equal(*(byte*)(page << 12), 3, "the origin is writable"u8);
    }

    private static void PartOfRange()
    {
        const uint Order = 5;
        _ = Lab.NewDomain(out _, out var a, out _);
        _ = Lab.NewDomain(out _, out var b, out _);
        var pages = (ulong)Lab.Memory(1ul << (int)Order, 1ul << (int)Order) >> 12;
        Check.Succeeds(RootTask.HostSpace.Delegate(a, pages, FarPage, Order, (MemoryPermissions)ReadWrite), "child"u8);
        Check.Succeeds(a.Delegate(b, FarPage, FarPage, Order, (MemoryPermissions)ReadWrite), "grandchild"u8);
        Check.Succeeds(Extension.Revoke(RootTask.HostSpace.Selector, pages + 8, 2, AllBits, false), "4 pages at the origin"u8);
        Check.Succeeds(Extension.Revoke(a.Selector, FarPage + 16, 0, AllBits, false), "1 page at the child"u8);
        Check.Succeeds(Extension.Revoke(a.Selector, FarPage + 31, 0, (uint)MemoryPermissions.W, true), "W of the last page"u8);
        for (var i = 0ul; i < 1ul << (int)Order; i++)
        {
            var child = i is >= 8 and < 12 ? 0 : i == 31 ? (uint)MemoryPermissions.R : ReadWrite;
            var grandchild = i == 16 ? 0 : child;
            Check.Equal(Permissions(RootTask.HostSpace.Selector, pages + i) & ReadWrite, ReadWrite, "origin"u8);
            Check.Equal(Permissions(a.Selector, FarPage + i), child, "child"u8);
            Check.Equal(Permissions(b.Selector, FarPage + i), grandchild, "grandchild"u8);
        }
    }

    // Page by page, backwards: nothing is contiguous any more.
    private static void PartsOfParts()
    {
        const uint Order = 4;
        const ulong Count = 1ul << (int)Order;
        _ = Lab.NewDomain(out _, out var a, out _);
        _ = Lab.NewDomain(out _, out var b, out _);
        var pages = (ulong)Lab.Memory(Count, Count) >> 12;
        Check.Succeeds(RootTask.HostSpace.Delegate(a, pages, FarPage, Order, (MemoryPermissions)ReadWrite), "child"u8);
        for (var i = 0ul; i < Count; i++)
            Check.Succeeds(a.Delegate(b, FarPage + i, FarPage + Count - 1 - i, 0, (MemoryPermissions)ReadWrite), "grandchild"u8);

        Check.Succeeds(a.Remove(FarPage, Order - 1), "the first half of the child goes"u8);
        for (var i = 0ul; i < Count; i++)
            Check.Equal(Permissions(b.Selector, FarPage + i), ReadWrite, "grandchildren stay"u8);

        Check.Succeeds(Extension.Revoke(a.Selector, FarPage, Order, AllBits, true), "revoke at the child"u8);
        for (var i = 0ul; i < Count; i++)
            Check.Equal(Permissions(b.Selector, FarPage + Count - 1 - i), i < Count / 2 ? ReadWrite : 0, "those of the second half"u8);

        Check.Succeeds(Extension.Revoke(RootTask.HostSpace.Selector, pages, Order, AllBits, false), "revoke at the origin"u8);
        for (var i = 0ul; i < Count; i++)
            Check.Equal(Permissions(b.Selector, FarPage + i), 0, "the others"u8);
    }

    private static void Ports()
    {
        _ = Lab.NewDomain(out _, out _, out var a);
        _ = Lab.NewDomain(out _, out _, out var b);
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, SomePort, 4), "16 ports"u8);
        Check.Succeeds(RootTask.PioSpace.Delegate(a, SomePort, 4), "child"u8);
        Check.Succeeds(a.Delegate(b, SomePort, 4), "grandchild"u8);
        Check.Succeeds(Extension.Revoke(RootTask.PioSpace.Selector, SomePort + 4, 1, AllBits, false), "2 ports"u8);
        for (var i = 0ul; i < 16; i++)
        {
            var expected = i is 4 or 5 ? 0 : (uint)PioPermissions.A;
            Check.Equal(Permissions(RootTask.PioSpace.Selector, SomePort + i), (uint)PioPermissions.A, "origin"u8);
            Check.Equal(Permissions(a.Selector, SomePort + i), expected, "child"u8);
            Check.Equal(Permissions(b.Selector, SomePort + i), expected, "grandchild"u8);
        }

        Check.Succeeds(Extension.Revoke(RootTask.PioSpace.Selector, SomePort, 4, AllBits, true), "all, with Self"u8);
        Check.Equal(Permissions(RootTask.PioSpace.Selector, SomePort), 0, "origin"u8);
        Check.Equal(Permissions(b.Selector, SomePort), 0, "grandchild"u8);
    }

    private static void Msrs()
    {
        const ulong FsBase = 0xc000_0100;
        const uint Both = (uint)(MsrPermissions.R | MsrPermissions.W);
        var a = Lab.Selector();
        var b = Lab.Selector();
        Check.Succeeds(MsrSpace.Create(a, Lab.Domain), "MSR space"u8);
        Check.Succeeds(MsrSpace.Create(b, Lab.Domain), "MSR space"u8);
        Check.Succeeds(new MsrSpace(RootSelectors.NovaMsrSpace).Delegate(new MsrSpace(a), FsBase, 1, (MsrPermissions)Both), "child"u8);
        Check.Succeeds(new MsrSpace(a).Delegate(new MsrSpace(b), FsBase, 1, (MsrPermissions)Both), "grandchild"u8);
        Check.Equal(Permissions(b, FsBase), Both, "before"u8);
        Check.Succeeds(Extension.Revoke(a, FsBase, 0, (uint)MsrPermissions.W, false), "revoke W of one"u8);
        Check.Equal(Permissions(b, FsBase), (uint)MsrPermissions.R, "it can be read"u8);
        Check.Equal(Permissions(b, FsBase + 1), Both, "the other is as before"u8);
        Check.Succeeds(Extension.Revoke(a, FsBase, 1, AllBits, false), "revoke"u8);
        Check.Equal(Permissions(b, FsBase) | Permissions(b, FsBase + 1), 0, "grandchild"u8);
        Check.Equal(Permissions(a, FsBase), Both, "child"u8);
    }

    private static void NovaSpaces()
    {
        _ = Lab.NewDomain(out _, out var a, out var ports);
        var memory = Lab.Memory(1);
        var physical = Lab.PhysicalPage(memory);
        var page = Lab.EmptyPage();
        Check.Succeeds(RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, physical, page, 0, (MemoryPermissions)ReadWrite), "map"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(a, page, FarPage, 0, (MemoryPermissions)ReadWrite), "child"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(a, (ulong)memory >> 12, FarPage + 1, 0, (MemoryPermissions)ReadWrite), "cousin"u8);
        Check.Succeeds(Extension.Revoke(RootSelectors.NovaHostSpace, physical, 0, AllBits, false), "revoke the frame"u8);
        Check.Equal(Permissions(RootTask.HostSpace.Selector, page), 0, "mapping"u8);
        Check.Equal(Permissions(RootTask.HostSpace.Selector, (ulong)memory >> 12), 0, "the root task's own mapping"u8);
        Check.Equal(Permissions(a.Selector, FarPage) | Permissions(a.Selector, FarPage + 1), 0, "other domain"u8);
        Check.Succeeds(
            RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, physical, (ulong)memory >> 12, 0, (MemoryPermissions)ReadWrite), "map again"u8);
        *memory = 1;

        Check.Succeeds(RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, SomePort, 0), "port"u8);
        Check.Succeeds(RootTask.PioSpace.Delegate(ports, SomePort, 0), "port"u8);
        Check.Succeeds(Extension.Revoke(RootSelectors.NovaPioSpace, SomePort, 0, AllBits, true), "revoke the port"u8);
        Check.Equal(Permissions(ports.Selector, SomePort) | Permissions(RootTask.PioSpace.Selector, SomePort), 0, "port"u8);
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, SomePort, 0), "the NOVA space keeps it"u8);
        Check.Equal(Permissions(RootTask.PioSpace.Selector, SomePort), (uint)PioPermissions.A, "port"u8);
        Check.Succeeds(Extension.Revoke(RootTask.PioSpace.Selector, SomePort, 0, AllBits, true), "clean up"u8);
    }

    // One frame, mapped twice from the NOVA space: two branches.
    private static void TwoWays()
    {
        _ = Lab.NewDomain(out _, out var a, out _);
        var physical = Lab.PhysicalPage(Lab.Memory(1));
        var first = Lab.EmptyPage();
        var second = Lab.EmptyPage();
        Check.Succeeds(RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, physical, first, 0, (MemoryPermissions)ReadWrite), "first"u8);
        Check.Succeeds(RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, physical, second, 0, (MemoryPermissions)ReadWrite), "second"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(a, first, FarPage, 0, (MemoryPermissions)ReadWrite), "of the first"u8);
        Check.Succeeds(RootTask.HostSpace.Delegate(a, second, FarPage + 1, 0, (MemoryPermissions)ReadWrite), "of the second"u8);
        Check.Succeeds(Extension.Revoke(RootTask.HostSpace.Selector, first, 0, AllBits, true), "revoke the first"u8);
        Check.Equal(Permissions(a.Selector, FarPage), 0, "what descends from the first"u8);
        Check.Equal(Permissions(a.Selector, FarPage + 1), ReadWrite, "what descends from the second"u8);
        Check.Equal(Permissions(RootTask.HostSpace.Selector, second), ReadWrite, "the second"u8);
    }
}
