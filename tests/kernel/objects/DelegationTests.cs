using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>ctrl_pd between object spaces when it succeeds, section 5.4.1.</summary>
internal static unsafe class DelegationTests
{
    private const uint AllBits = 0x1f;
    private const int Order = 4;
    private const int Group = 1 << Order;

    internal static void Run()
    {
        Suite.Run("A_delegated_capability_names_the_same_object"u8, &SameObject);
        Suite.Run("Permissions_are_masked"u8, &PermissionsAreMasked);
        Suite.Run("Permissions_never_grow"u8, &PermissionsNeverGrow);
        Suite.Run("Without_permissions_nothing_arrives"u8, &NoPermissions);
        Suite.Run("A_range_arrives_as_it_is_with_its_holes"u8, &Ranges);
        Suite.Run("What_was_in_the_destination_is_replaced"u8, &DestinationIsReplaced);
        Suite.Run("A_capability_reduces_its_own_permissions_in_place"u8, &ReducesInPlace);
        Suite.Run("Attributes_do_not_matter_for_objects"u8, &AttributesAreIgnored);
        Suite.Run("Another_domains_object_space_is_filled_and_read"u8, &OtherDomain);
        Suite.Run("A_whole_object_space_is_one_delegation"u8, &WholeSpace);
        Suite.Run("Selectors_far_apart_do_not_alias"u8, &NoAliasing);
    }

    private static bool IsSemaphore(ulong selector) => new Semaphore(selector).Up() == Status.SUCCESS;

    private static Status Copy(ulong from, ulong to, uint order = 0, uint permissions = AllBits) =>
        RootTask.ObjectSpace.Delegate(RootTask.ObjectSpace, from, to, order, permissions);

    private static void SameObject()
    {
        var sm = Lab.Semaphore(0);
        var copy = new Semaphore(Lab.Selector());
        Check.Succeeds(Copy(sm.Selector, copy.Selector), "ctrl_pd"u8);
        Check.Succeeds(copy.Up(), "up by the copy"u8);
        Check.Succeeds(sm.Down(1), "down by the original"u8);
    }

    private static void PermissionsAreMasked()
    {
        var sm = Lab.Semaphore(1);
        var up = new Semaphore(Lab.Weakened(sm.Selector, (uint)SmPermissions.CTRL_UP));
        var down = new Semaphore(Lab.Weakened(sm.Selector, (uint)SmPermissions.CTRL_DN));
        Check.Succeeds(up.Up(), "up with CTRL_UP"u8);
        Check.Is(up.Down(1), Status.BAD_CAP, "down with CTRL_UP"u8);
        Check.Succeeds(down.Down(1), "down with CTRL_DN"u8);
        Check.Is(down.Up(), Status.BAD_CAP, "up with CTRL_DN"u8);
    }

    private static void PermissionsNeverGrow()
    {
        var weak = Lab.Weakened(Lab.Semaphore(1).Selector, (uint)SmPermissions.CTRL_UP);
        var copy = new Semaphore(Lab.Weakened(weak, AllBits));
        Check.Is(copy.Down(1), Status.BAD_CAP, "down"u8);
        Check.Succeeds(copy.Up(), "up"u8);
        Check.Succeeds(Copy(weak, weak), "onto itself"u8);
        Check.Is(new Semaphore(weak).Down(1), Status.BAD_CAP, "down after that"u8);
    }

    private static void NoPermissions()
    {
        var sm = Lab.Semaphore(0);
        var target = Lab.Selector();
        Check.Succeeds(Copy(sm.Selector, target, permissions: 0), "mask 0"u8);
        Check.True(!IsSemaphore(target), "nothing arrived"u8);

        // ASSIGN is not defined for a semaphore that was created.
        Check.Succeeds(Copy(sm.Selector, target, permissions: (uint)SmPermissions.ASSIGN), "a permission it has not"u8);
        Check.True(!IsSemaphore(target), "nothing arrived"u8);
        Check.Succeeds(Hypercalls.CreateSm(target, Lab.Domain.Selector, 0), "the selector is empty"u8);
    }

    private static void Ranges()
    {
        var source = RootTask.TakeSelectors(Order);
        var target = RootTask.TakeSelectors(Order);
        for (var i = 0ul; i < Group; i += 3)
            Check.Succeeds(Hypercalls.CreateSm(source + i, Lab.Domain.Selector, 0), "create_sm"u8);

        Check.Succeeds(Copy(source, target, Order), "ctrl_pd"u8);
        for (var i = 0ul; i < Group; i++)
            Check.Equal(IsSemaphore(target + i) ? 1u : 0u, i % 3 == 0 ? 1u : 0u, "selector"u8);
    }

    private static void DestinationIsReplaced()
    {
        var source = RootTask.TakeSelectors(1);
        var target = RootTask.TakeSelectors(1);
        Check.Succeeds(Hypercalls.CreateSm(source, Lab.Domain.Selector, 0), "create_sm"u8);
        Check.Succeeds(Hypercalls.CreateSm(target, Lab.Domain.Selector, 7), "create_sm"u8);
        Check.Succeeds(Hypercalls.CreateSm(target + 1, Lab.Domain.Selector, 7), "create_sm"u8);
        Check.Succeeds(Copy(source, target, 1), "ctrl_pd"u8);
        Check.Is(new Semaphore(target).Down(1), Status.TIMEOUT, "replaced by the source"u8);
        Check.Is(new Semaphore(target + 1).Down(1), Status.BAD_CAP, "replaced by nothing"u8);
    }

    private static void ReducesInPlace()
    {
        var sm = Lab.Semaphore(2);
        var copy = new Semaphore(Lab.Weakened(sm.Selector, AllBits));
        Check.Succeeds(Copy(sm.Selector, sm.Selector, permissions: (uint)SmPermissions.CTRL_DN), "ctrl_pd"u8);
        Check.Is(sm.Up(), Status.BAD_CAP, "up"u8);
        Check.Succeeds(sm.Down(1), "down"u8);
        Check.Succeeds(copy.Up(), "the copy has kept its permissions"u8);
        Check.Succeeds(Copy(sm.Selector, sm.Selector, permissions: 0), "remove"u8);
        Check.Is(sm.Down(1), Status.BAD_CAP, "removed"u8);
        Check.Succeeds(copy.Down(1), "the copy is still there"u8);
    }

    private static void AttributesAreIgnored()
    {
        var sm = Lab.Semaphore(0);
        var target = Lab.Selector();
        Check.Succeeds(
            Hypercalls.CtrlPd(
                RootTask.ObjectSpace.Selector, RootTask.ObjectSpace.Selector, sm.Selector, target, 0, AllBits, uint.MaxValue),
            "ctrl_pd"u8);
        Check.True(IsSemaphore(target), "arrived"u8);
    }

    private static void OtherDomain()
    {
        _ = Lab.NewDomain(out var objects, out _, out _);
        var sm = Lab.Semaphore(0);
        var last = Lab.SelectorCount - 1;
        Check.Succeeds(RootTask.ObjectSpace.Delegate(objects, sm.Selector, last, 0, AllBits), "into the last selector"u8);
        var back = Lab.Selector();
        Check.Succeeds(objects.Delegate(RootTask.ObjectSpace, last, back, 0, AllBits), "back"u8);
        Check.True(IsSemaphore(back), "arrived"u8);
        Check.Succeeds(objects.Delegate(RootTask.ObjectSpace, last - 1, back, 0, AllBits), "a null capability"u8);
        Check.True(!IsSemaphore(back), "replaces"u8);
    }

    private static void WholeSpace()
    {
        var order = 0u;
        while (1ul << (int)(order + 1) <= Lab.SelectorCount)
            order++;

        _ = Lab.NewDomain(out var objects, out _, out _);
        _ = Lab.NewDomain(out var copy, out _, out _);
        var sm = Lab.Semaphore(0);
        Check.Succeeds(RootTask.ObjectSpace.Delegate(objects, sm.Selector, 3, 0, AllBits), "one capability"u8);
        Check.Succeeds(objects.Delegate(copy, 0, 0, order, AllBits), "the whole space"u8);
        var back = Lab.Selector();
        Check.Succeeds(copy.Delegate(RootTask.ObjectSpace, 3, back, 0, AllBits), "back"u8);
        Check.True(IsSemaphore(back), "arrived"u8);
        Check.Succeeds(copy.Remove(0, order), "remove everything"u8);
        Check.Succeeds(copy.Delegate(RootTask.ObjectSpace, 3, back, 0, AllBits), "back"u8);
        Check.True(!IsSemaphore(back), "gone"u8);
    }

    private static void NoAliasing()
    {
        _ = Lab.NewDomain(out var objects, out _, out _);
        var sm = Lab.Semaphore(0);
        var back = Lab.Selector();
        Check.Succeeds(RootTask.ObjectSpace.Delegate(objects, sm.Selector, 0, 0, AllBits), "selector 0"u8);
        for (var selector = 1ul; selector < Lab.SelectorCount; selector <<= 1)
        {
            Check.Succeeds(objects.Delegate(RootTask.ObjectSpace, selector, back, 0, AllBits), "read"u8);
            Check.True(!IsSemaphore(back), "a power of two is not selector 0"u8);
        }
    }
}
