using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Extensions;

/// <summary>Recursive revoke: what it refuses, and how far it reaches (docs/abi.md, Mapping tree and revoke).</summary>
internal static unsafe class RevokeTests
{
    private const uint AllBits = 0x1f;
    private const ulong Far = 0x1000;
    private const uint Up = (uint)SmPermissions.CTRL_UP;
    private const uint Down = (uint)SmPermissions.CTRL_DN;

    internal static void Run()
    {
        Suite.Run("Revoke_needs_a_space_with_TAKE"u8, &NeedsTake);
        Suite.Run("Revoke_refuses_ranges_that_are_misaligned_or_leave_the_space"u8, &BadRanges);
        Suite.Run("Revoke_takes_all_descendants_in_all_domains"u8, &Descendants);
        Suite.Run("Revoke_with_Self_takes_the_range_too"u8, &Self);
        Suite.Run("Revoke_withdraws_only_the_permissions_named"u8, &Partial);
        Suite.Run("Revoke_of_no_permission_changes_nothing"u8, &Nothing);
        Suite.Run("Revoke_of_an_empty_range_is_SUCCESS"u8, &EmptyRange);
        Suite.Run("Revoke_reaches_from_every_selector_of_its_range_and_from_no_other"u8, &Ranges);
        Suite.Run("Removing_a_capability_leaves_its_descendants_to_its_ancestor"u8, &RemovedMiddle);
        Suite.Run("Overwriting_a_capability_leaves_its_descendants_to_its_ancestor"u8, &OverwrittenMiddle);
        Suite.Run("Reducing_a_capability_in_place_reduces_no_descendant"u8, &ReducedMiddle);
        Suite.Run("A_capability_does_not_descend_from_a_copy_of_itself"u8, &NotUpwards);
    }

    internal static ulong Permissions(ulong space, ulong selector)
    {
        Check.Succeeds(Extension.Lookup(space, selector, out var mapping), "lookup"u8);
        return mapping.Permissions;
    }

    internal static Status Revoke(ulong space, ulong first, uint order, uint permissions, bool self) =>
        Extension.Revoke(space, first, order, permissions, self);

    private static ulong Root => RootTask.ObjectSpace.Selector;

    private static void Copy(ObjectSpace from, ulong source, ObjectSpace to, ulong destination, uint permissions = AllBits) =>
        Check.Succeeds(from.Delegate(to, source, destination, 0, permissions), "ctrl_pd"u8);

    private static void NeedsTake()
    {
        _ = Lab.NewDomain(out var objects, out var host, out var ports);
        var sm = Lab.Semaphore(0).Selector;
        Check.Is(Revoke(Lab.Selector(), 0, 0, AllBits, true), Status.BAD_CAP, "null capability"u8);
        Check.Is(Revoke(Lab.SelectorCount, 0, 0, AllBits, true), Status.BAD_CAP, "selector SELNUM"u8);
        Check.Is(Revoke(ulong.MaxValue >> 8, 0, 0, AllBits, true), Status.BAD_CAP, "largest selector"u8);
        Check.Is(Revoke(sm, 0, 0, AllBits, true), Status.BAD_CAP, "semaphore"u8);
        Check.Is(Revoke(Lab.Domain.Selector, 0, 0, AllBits, true), Status.BAD_CAP, "domain"u8);
        Check.Is(Revoke(RootTask.Thread.Selector, 0, 0, AllBits, true), Status.BAD_CAP, "thread"u8);
        Check.Is(Revoke(RootTask.Time.Selector, 0, 0, AllBits, true), Status.BAD_CAP, "scheduling context"u8);
        var spaces = stackalloc ulong[3] { objects.Selector, host.Selector, ports.Selector };
        for (var i = 0; i < 3; i++)
        {
            var weak = Lab.Weakened(spaces[i], AllBits & ~(uint)SpacePermissions.TAKE);
            Check.Is(Revoke(weak, Far, 0, AllBits, true), Status.BAD_CAP, "without TAKE"u8);
            var take = Lab.Weakened(spaces[i], (uint)SpacePermissions.TAKE);
            Check.Succeeds(Revoke(take, Far, 0, AllBits, true), "with nothing but TAKE"u8);
        }

        Check.True(Permissions(Root, sm) != 0, "refusals changed nothing"u8);
    }

    private static void BadRanges()
    {
        _ = Lab.NewDomain(out var objects, out var host, out var ports);
        var msrs = Lab.Selector();
        Check.Succeeds(MsrSpace.Create(msrs, Lab.Domain), "MSR space"u8);
        var last = ((ulong)RootTask.Hip >> 12) + 1;
        BadRanges(objects.Selector, Lab.SelectorCount, "objects"u8);
        BadRanges(host.Selector, last, "memory"u8);
        BadRanges(ports.Selector, 0x10000, "ports"u8);
        BadRanges(msrs, 1ul << 32, "MSRs"u8);
    }

    private static void BadRanges(ulong space, ulong selectors, ReadOnlySpan<byte> kind)
    {
        for (var order = 1u; order <= 12; order++)
        {
            var half = 1ul << (int)(order - 1);
            Check.Is(Revoke(space, 0x2000 + half, order, AllBits, true), Status.BAD_PAR, kind);
            Check.Succeeds(Revoke(space, 0x2000, order, AllBits, true), kind);
        }

        Check.Is(Revoke(space, selectors, 0, AllBits, true), Status.BAD_PAR, kind);
        Check.Is(Revoke(space, (1ul << 52) - 1, 0, AllBits, true), Status.BAD_PAR, kind);
        Check.Succeeds(Revoke(space, selectors - 1, 0, AllBits, true), kind);
        for (var order = 0; order < 32; order++)
        {
            var size = 1ul << order;
            var expected = size <= selectors ? Status.SUCCESS : Status.BAD_PAR;
            Check.Is(Revoke(space, 0, (uint)order, 0, true), expected, kind);
        }
    }

    // root -> A -> B -> root, and root -> root.
    private static void Descendants()
    {
        _ = Lab.NewDomain(out var a, out _, out _);
        _ = Lab.NewDomain(out var b, out _, out _);
        var sm = Lab.Semaphore(0).Selector;
        var back = Lab.Selector();
        var copy = Lab.Selector();
        Copy(RootTask.ObjectSpace, sm, a, Far);
        Copy(a, Far, b, Far + 1);
        Copy(b, Far + 1, RootTask.ObjectSpace, back);
        Copy(RootTask.ObjectSpace, sm, RootTask.ObjectSpace, copy);
        Check.Succeeds(Revoke(Root, sm, 0, AllBits, false), "revoke"u8);
        Check.Equal(Permissions(a.Selector, Far), 0, "child"u8);
        Check.Equal(Permissions(b.Selector, Far + 1), 0, "grandchild"u8);
        Check.Equal(Permissions(Root, back), 0, "great-grandchild, back at home"u8);
        Check.Equal(Permissions(Root, copy), 0, "the other child"u8);
        Check.Succeeds(new Semaphore(sm).Up(), "the origin stays"u8);
        Check.Is(new Semaphore(back).Up(), Status.BAD_CAP, "what was withdrawn does not serve"u8);
        Copy(RootTask.ObjectSpace, sm, a, Far);
        Check.Equal(Permissions(a.Selector, Far), Up | Down, "it can be delegated again"u8);
    }

    private static void Self()
    {
        _ = Lab.NewDomain(out var a, out _, out _);
        var sm = Lab.Semaphore(0).Selector;
        var middle = Lab.Selector();
        Copy(RootTask.ObjectSpace, sm, RootTask.ObjectSpace, middle);
        Copy(RootTask.ObjectSpace, middle, a, Far);
        Check.Succeeds(Revoke(Root, middle, 0, AllBits, true), "revoke"u8);
        Check.Equal(Permissions(Root, middle), 0, "itself"u8);
        Check.Equal(Permissions(a.Selector, Far), 0, "its child"u8);
        Check.Succeeds(new Semaphore(sm).Up(), "its parent stays"u8);
        Check.Succeeds(Hypercalls.CreateSm(middle, Lab.Domain.Selector, 0), "the selector is empty"u8);
    }

    private static void Partial()
    {
        _ = Lab.NewDomain(out var a, out _, out _);
        var sm = Lab.Semaphore(0).Selector;
        var onlyUp = Lab.Selector();
        Copy(RootTask.ObjectSpace, sm, a, Far);
        Copy(a, Far, a, Far + 1);
        Copy(RootTask.ObjectSpace, sm, RootTask.ObjectSpace, onlyUp, Up);
        Check.Succeeds(Revoke(Root, sm, 0, Up, false), "revoke"u8);
        Check.Equal(Permissions(a.Selector, Far), Down, "child"u8);
        Check.Equal(Permissions(a.Selector, Far + 1), Down, "grandchild"u8);
        Check.Equal(Permissions(Root, onlyUp), 0, "one without other permissions"u8);
        Check.Equal(Permissions(Root, sm), Up | Down, "origin"u8);
        Check.Succeeds(Revoke(Root, sm, 0, Up, true), "revoke with Self"u8);
        Check.Equal(Permissions(Root, sm), Down, "origin"u8);
        Check.Equal(Permissions(a.Selector, Far), Down, "child"u8);
        Check.Is(new Semaphore(sm).Up(), Status.BAD_CAP, "up"u8);
    }

    private static void Nothing()
    {
        _ = Lab.NewDomain(out var a, out _, out _);
        var sm = Lab.Semaphore(0).Selector;
        Copy(RootTask.ObjectSpace, sm, a, Far);
        Check.Succeeds(Revoke(Root, sm, 0, 0, true), "mask 0"u8);
        Check.Succeeds(Revoke(Root, sm, 0, (uint)SmPermissions.ASSIGN, true), "a permission that none has"u8);
        Check.Equal(Permissions(Root, sm), Up | Down, "origin"u8);
        Check.Equal(Permissions(a.Selector, Far), Up | Down, "child"u8);
    }

    private static void EmptyRange()
    {
        _ = Lab.NewDomain(out var objects, out var host, out var ports);
        Check.Succeeds(Revoke(objects.Selector, 0, 10, AllBits, true), "objects"u8);
        Check.Succeeds(Revoke(host.Selector, 0, 30, AllBits, true), "memory"u8);
        Check.Succeeds(Revoke(ports.Selector, 0, 16, AllBits, true), "ports"u8);
    }

    private static void Ranges()
    {
        const int Order = 4;
        _ = Lab.NewDomain(out var a, out _, out _);
        var first = RootTask.TakeSelectors(Order + 1);
        for (var i = 0ul; i < 2ul << Order; i++)
        {
            Check.Succeeds(Hypercalls.CreateSm(first + i, Lab.Domain.Selector, 0), "create_sm"u8);
            Copy(RootTask.ObjectSpace, first + i, a, Far + i);
        }

        var middle = first + (1ul << Order);
        Check.Succeeds(Revoke(Root, middle, Order - 1, AllBits, false), "revoke"u8);
        for (var i = 0ul; i < 2ul << Order; i++)
        {
            var isInside = first + i >= middle && first + i < middle + (1ul << (Order - 1));
            Check.Equal(Permissions(a.Selector, Far + i), isInside ? 0 : Up | Down, "child"u8);
        }
    }

    private static void RemovedMiddle()
    {
        _ = Lab.NewDomain(out var a, out _, out _);
        _ = Lab.NewDomain(out var b, out _, out _);
        var sm = Lab.Semaphore(0).Selector;
        Copy(RootTask.ObjectSpace, sm, a, Far);
        Copy(a, Far, b, Far);
        Check.Succeeds(a.Remove(Far, 0), "remove"u8);
        Check.Equal(Permissions(b.Selector, Far), Up | Down, "the grandchild stays"u8);
        Check.Succeeds(Revoke(a.Selector, Far, 0, AllBits, true), "revoke where the child was"u8);
        Check.Equal(Permissions(b.Selector, Far), Up | Down, "does not reach it"u8);
        Check.Succeeds(Revoke(Root, sm, 0, AllBits, false), "revoke at the origin"u8);
        Check.Equal(Permissions(b.Selector, Far), 0, "does"u8);
    }

    private static void OverwrittenMiddle()
    {
        _ = Lab.NewDomain(out var a, out _, out _);
        _ = Lab.NewDomain(out var b, out _, out _);
        var sm = Lab.Semaphore(0).Selector;
        var other = Lab.Semaphore(0).Selector;
        Copy(RootTask.ObjectSpace, sm, a, Far);
        Copy(a, Far, b, Far);
        Copy(RootTask.ObjectSpace, other, a, Far);
        Check.Succeeds(Revoke(a.Selector, Far, 0, AllBits, false), "revoke at what lies there now"u8);
        Check.Equal(Permissions(b.Selector, Far), Up | Down, "does not reach the other's child"u8);
        Check.Succeeds(Revoke(Root, other, 0, AllBits, false), "revoke at the other's origin"u8);
        Check.Equal(Permissions(b.Selector, Far), Up | Down, "neither"u8);
        Check.Succeeds(Revoke(Root, sm, 0, AllBits, false), "revoke at the origin"u8);
        Check.Equal(Permissions(b.Selector, Far), 0, "does"u8);
    }

    private static void ReducedMiddle()
    {
        _ = Lab.NewDomain(out var a, out _, out _);
        _ = Lab.NewDomain(out var b, out _, out _);
        var sm = Lab.Semaphore(0).Selector;
        Copy(RootTask.ObjectSpace, sm, a, Far);
        Copy(a, Far, b, Far);
        Check.Succeeds(a.Delegate(a, Far, Far, 0, Up), "reduce"u8);
        Check.Equal(Permissions(a.Selector, Far), Up, "reduced"u8);
        Check.Equal(Permissions(b.Selector, Far), Up | Down, "its child keeps what it has"u8);
        Check.Succeeds(Revoke(a.Selector, Far, 0, AllBits, false), "revoke"u8);
        Check.Equal(Permissions(b.Selector, Far), 0, "and is its child still"u8);
        Check.Equal(Permissions(a.Selector, Far), Up, "the origin keeps what it had"u8);
    }

    private static void NotUpwards()
    {
        var sm = Lab.Semaphore(0).Selector;
        var copy = Lab.Selector();
        Copy(RootTask.ObjectSpace, sm, RootTask.ObjectSpace, copy);
        Check.Succeeds(Revoke(Root, copy, 0, AllBits, true), "revoke"u8);
        Check.Equal(Permissions(Root, copy), 0, "the copy"u8);
        Check.Equal(Permissions(Root, sm), Up | Down, "the original"u8);
    }
}
