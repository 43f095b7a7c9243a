using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.KernelTests.Extensions;

/// <summary>Translation proves descent and nothing else; items that cannot be paid for (docs/abi.md, Translation, ItemStatus).</summary>
internal static unsafe class TranslateTests
{
    private const uint AllBits = 0x1f;
    private const ulong Far = 0x1000;
    private const ulong FarPage = 0x3_0000_0000 >> 12;

    internal static void Run()
    {
        Suite.Run("Translation_finds_the_receivers_over_any_number_of_delegations"u8, &LongWay);
        Suite.Run("Translation_finds_the_receivers_after_one_between_was_removed"u8, &RemovedBetween);
        Suite.Run("Translation_finds_the_nearest_of_the_receivers"u8, &Nearest);
        Suite.Run("Siblings_and_strangers_are_not_translated"u8, &Strangers);
        Suite.Run("Translation_gives_permissions_that_sender_and_mask_have"u8, &Permissions);
        Suite.Run("Translation_delegates_nothing"u8, &NothingMoves);
        Suite.Run("Translation_needs_no_window_of_its_kind"u8, &AnyWindow);
        Suite.Run("Items_that_cannot_be_paid_for_are_NoMemory_and_the_message_arrives"u8, &NoMemory);
        Suite.Run("The_receiver_pays_for_items"u8, &ReceiverPays);
    }

    private static void Is(Item item, ItemStatus status, System.ReadOnlySpan<byte> what) =>
        Check.Equal((ulong)item.Status, (ulong)status, what);

    private static Portal Receiver(out ForeignThread other, out ThreadBlock* block)
    {
        var portal = Peer.Foreign(out other, out block);
        Open(block, new Window(Far + 0x800, 0));
        return portal;
    }

    private static void Open(ThreadBlock* block, Window objects, Window memory = default, Window ports = default) =>
        Check.Succeeds(new ExecutionContext(block->Selector).SetWindow(objects, memory, ports), "window"u8);

    private static ulong Given(ForeignThread other, ulong at = Far, uint permissions = AllBits)
    {
        var sm = Lab.Semaphore(0).Selector;
        Check.Succeeds(RootTask.ObjectSpace.Delegate(other.Objects, sm, at, 0, permissions), "to the receiver"u8);
        return sm;
    }

    private static ulong Back(ObjectSpace from, ulong at, uint permissions = AllBits)
    {
        var back = Lab.Selector();
        Check.Succeeds(from.Delegate(RootTask.ObjectSpace, at, back, 0, permissions), "back"u8);
        return back;
    }

    private static Item Translate(Portal portal, ulong selector, uint permissions = AllBits) =>
        Peer.Send(portal, Item.Translate(ItemKind.Object, selector, 0, permissions));

    private static void LongWay()
    {
        var portal = Receiver(out var other, out _);
        _ = Given(other);
        var last = other.Objects;
        for (var i = 0ul; i < 10; i++)
        {
            _ = Lab.NewDomain(out var next, out _, out _);
            Check.Succeeds(last.Delegate(next, Far + i, Far + i + 1, 0, AllBits), "on"u8);
            last = next;
        }

        var item = Translate(portal, Back(last, Far + 10));
        Is(item, ItemStatus.Translated, "status"u8);
        Check.Equal(item.Base, Far, "the receiver's selector"u8);
    }

    private static void RemovedBetween()
    {
        var portal = Receiver(out var other, out _);
        _ = Given(other);
        _ = Lab.NewDomain(out var between, out _, out _);
        Check.Succeeds(other.Objects.Delegate(between, Far, Far, 0, AllBits), "between"u8);
        var back = Back(between, Far);
        Check.Succeeds(between.Remove(Far, 0), "remove"u8);
        var item = Translate(portal, back);
        Is(item, ItemStatus.Translated, "status"u8);
        Check.Equal(item.Base, Far, "the receiver's selector"u8);
    }

    private static void Nearest()
    {
        var portal = Receiver(out var other, out _);
        _ = Given(other);
        Check.Succeeds(other.Objects.Delegate(other.Objects, Far, Far + 5, 0, AllBits), "a second one"u8);
        Check.Equal(Translate(portal, Back(other.Objects, Far + 5)).Base, Far + 5, "of the second"u8);
        Check.Equal(Translate(portal, Back(other.Objects, Far)).Base, Far, "of the first"u8);
    }

    private static void Strangers()
    {
        var portal = Receiver(out var other, out _);
        var sm = Given(other);
        var sibling = Lab.Weakened(sm, AllBits);
        var stranger = Lab.Semaphore(0).Selector;
        Is(Translate(portal, sm), ItemStatus.Empty, "the receiver's descends from it"u8);
        Is(Translate(portal, sibling), ItemStatus.Empty, "another child of the same object"u8);
        Is(Translate(portal, stranger), ItemStatus.Empty, "another object"u8);
        Is(Translate(portal, Lab.Selector()), ItemStatus.Empty, "null capability"u8);
        Is(Translate(portal, Lab.SelectorCount), ItemStatus.Empty, "selector SELNUM"u8);
        Check.Succeeds(Extension.Revoke(RootTask.ObjectSpace.Selector, sm, 0, AllBits, false), "revoke"u8);
        Is(Translate(portal, sm), ItemStatus.Empty, "after revoke"u8);
    }

    private static void Permissions()
    {
        const uint Up = (uint)SmPermissions.CTRL_UP;
        const uint Down = (uint)SmPermissions.CTRL_DN;
        var portal = Receiver(out var other, out _);
        _ = Given(other);
        Check.Equal(Translate(portal, Back(other.Objects, Far)).Permissions, Up | Down, "all"u8);
        Check.Equal(Translate(portal, Back(other.Objects, Far), Up).Permissions, Up, "masked"u8);
        var item = Translate(portal, Back(other.Objects, Far, Down));
        Check.Equal(item.Permissions, Down, "the sender has less than the receiver"u8);
        item = Translate(portal, Back(other.Objects, Far, Down), Up);
        Is(item, ItemStatus.Translated, "nothing in common: where it comes from is true all the same"u8);
        Check.Equal(item.Permissions, 0, "no permissions"u8);
    }

    private static void NothingMoves()
    {
        var portal = Receiver(out var other, out _);
        _ = Given(other);
        Is(Translate(portal, Back(other.Objects, Far)), ItemStatus.Translated, "status"u8);
        Check.Equal(RevokeTests.Permissions(other.Objects.Selector, Far + 0x800), 0, "the window is empty"u8);
    }

    private static void AnyWindow()
    {
        var portal = Receiver(out var other, out var block);
        _ = Given(other);
        var back = Back(other.Objects, Far);
        Open(block, default, new Window(FarPage, 0));
        Is(Translate(portal, back), ItemStatus.Translated, "window for memory"u8);
        Open(block, default, default, new Window(0x100, 0));
        Is(Translate(portal, back), ItemStatus.Translated, "window for ports"u8);
        Open(block, default);
        var word = Peer.Stale;
        ThreadBlock.Current->Utcb[0] = word;
        Peer.Put(0, Item.Translate(ItemKind.Object, back, 0, AllBits));
        Check.Succeeds(Peer.Send(portal, 1), "without a window"u8);
        Check.Equal(Peer.Word(0), word, "the word"u8);
    }

    // The receiver has little more than it is made of, and uses that up; what it gets lies far apart.
    private static void NoMemory()
    {
        var portal = Peer.Poor(56, out var other, out var block);
        var failures = 0;
        var sm = Lab.Semaphore(0).Selector;
        for (var i = 0ul; i < 60; i++)
        {
            var at = (i + 1) << 13;
            Open(block, new Window(at, 0), new Window(FarPage + (i << 18), 0));
            ThreadBlock.Current->Utcb[0] = i;
            Peer.Put(0, Item.Delegate(ItemKind.Object, sm, 0, AllBits));
            Peer.Put(1, Item.Delegate(ItemKind.Memory, (ulong)ThreadBlock.Current >> 12, 0, (uint)MemoryPermissions.R));
            Check.Succeeds(Peer.Send(portal, 2), "call"u8);
            Check.Equal(Peer.Word(0), i, "the word arrives"u8);
            Check.Equal(Peer.Arrived.Rdx, 2, "the number of items arrives"u8);
            var held = RevokeTests.Permissions(other.Objects.Selector, at);
            if (Peer.Item(0).Status == ItemStatus.Delivered)
            {
                Check.Equal(held, (uint)(SmPermissions.CTRL_UP | SmPermissions.CTRL_DN), "what was delivered is there"u8);
                continue;
            }

            Is(Peer.Item(0), ItemStatus.NoMemory, "status"u8);
            Check.Equal(Peer.Item(0).Permissions, 0, "no permissions arrive"u8);
            Check.Equal(held, 0, "what was not paid for is not there"u8);
            Is(Peer.Item(1), ItemStatus.NoMemory, "status of memory"u8);
            Check.Equal(RevokeTests.Permissions(other.Host.Selector, FarPage + (i << 18)), 0, "no memory"u8);
            failures++;
        }

        Check.True(failures >= 10, "memory ran out"u8);
        Check.Succeeds(Lab.Domain.MoveQuota(other.Domain, 10, out _, out _), "more"u8);
        Open(block, new Window(61ul << 13, 0));
        Is(Peer.Send(portal, Item.Delegate(ItemKind.Object, sm, 0, AllBits)), ItemStatus.Delivered, "with memory it arrives"u8);
    }

    private static void ReceiverPays()
    {
        var portal = Peer.Poor(72, out var other, out var block);
        Check.Succeeds(other.Domain.MoveQuota(other.Domain, 0, out _, out var before), "ask"u8);
        for (var i = 0ul; i < 8; i++)
        {
            Open(block, new Window((i + 1) << 16, 0));
            Is(Peer.Send(portal, Item.Delegate(ItemKind.Object, Lab.Domain.Selector, 0, AllBits)), ItemStatus.Delivered, "status"u8);
        }

        Check.Succeeds(other.Domain.MoveQuota(other.Domain, 0, out _, out var after), "ask"u8);
        Check.True(after >= before + 8, "a table for each has been charged"u8);
    }
}
