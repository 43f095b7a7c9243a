using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.KernelTests.Extensions;

/// <summary>Typed items: how many fit, and with which statuses they arrive (docs/abi.md, Items).</summary>
internal static unsafe class ItemTests
{
    private const uint AllBits = 0x1f;
    private const ulong SomePort = 0x2e8;

    // In the other domain, where nothing else is.
    private const ulong FarSelector = 0x1000;
    private const ulong FarPage = 0x3_0000_0000 >> 12;

    internal static void Run()
    {
        Suite.Run("Items_that_do_not_fit_beside_the_words_are_BAD_PAR"u8, &TooMany);
        Suite.Run("A_reply_with_too_many_items_sends_the_words_alone"u8, &TooManyInReply);
        Suite.Run("Objects_memory_and_ports_are_delivered_with_masked_permissions"u8, &Delivered);
        Suite.Run("The_hotspot_says_which_part_goes_where"u8, &Hotspot);
        Suite.Run("A_capability_that_descends_from_the_receivers_is_translated"u8, &Translated);
        Suite.Run("What_has_no_place_in_the_window_did_not_fit"u8, &DidNotFit);
        Suite.Run("Malformed_items_harm_neither_words_nor_other_items"u8, &Malformed);
        Suite.Run("Nothing_to_pass_on_arrives_empty"u8, &Empty);
    }

    private static void Open(ThreadBlock* block, Window objects, Window memory = default, Window ports = default) =>
        Check.Succeeds(new ExecutionContext(block->Selector).SetWindow(objects, memory, ports), "window"u8);

    private static Item OfObject(ulong selector, uint permissions = AllBits) => Item.Delegate(ItemKind.Object, selector, 0, permissions);

    private static void Is(Item item, ItemStatus status, System.ReadOnlySpan<byte> what) =>
        Check.Equal((ulong)item.Status, (ulong)status, what);

    private static void TooMany()
    {
        var portal = Peer.Local(out var block);
        Open(block, new Window(Lab.Selector(), 0));
        var entries = Peer.Entries;
        Check.Is(Peer.Send(portal, TypedItem.MaxCount + 1), Status.BAD_PAR, "65 items"u8);
        Check.Is(Peer.Send(portal, TypedItem.MaxCount, 385), Status.BAD_PAR, "64 items and 385 words"u8);
        Check.Is(Peer.Send(portal, 1, 511), Status.BAD_PAR, "1 item and 511 words"u8);
        Check.Is(Peer.Send(portal, 1ul << 63), Status.BAD_PAR, "2^63 items"u8);
        Check.Is(Peer.Send(portal, ulong.MaxValue), Status.BAD_PAR, "2^64-1 items"u8);
        Check.Equal(Peer.Entries, entries, "the server has not run"u8);
        Check.Succeeds(Peer.Send(portal, TypedItem.MaxCount, 384), "64 items and 384 words"u8);
        Check.Equal(Peer.Arrived.Rdx, TypedItem.MaxCount, "number of items"u8);
        Check.Succeeds(Peer.Send(portal, 1, 510), "1 item and 510 words"u8);
        Check.Succeeds(Peer.Send(portal, 0, 512), "no item and 512 words"u8);
        Check.Equal(Peer.Arrived.Rdx, 0, "number of items"u8);
    }

    private static void TooManyInReply()
    {
        var portal = Peer.Local(out _);
        Peer.AnswerItem(OfObject(Lab.Semaphore(0).Selector));
        Peer.Reply.Rdx = TypedItem.MaxCount + 1;
        SyscallRegisters registers;
        var utcb = ThreadBlock.Current->Utcb;
        Check.Succeeds(Peer.Call(portal, IpcCallFlags.Window, 7, 1, new Window(Lab.Selector(), 0), &registers), "call"u8);
        Check.Equal(utcb[0], Peer.Stale, "the word"u8);
        Check.Equal(registers.Rdx, 0, "number of items"u8);
    }

    private static void Delivered()
    {
        var portal = Peer.Foreign(out var other, out var block);
        Open(block, new Window(FarSelector, 0), new Window(FarPage, 0), new Window(SomePort, 0));
        _ = RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, SomePort, 0);
        var page = (ulong)Lab.Memory(1) >> 12;
        Peer.Put(0, OfObject(Lab.Semaphore(0).Selector, (uint)SmPermissions.CTRL_UP));
        Peer.Put(1, Item.Delegate(ItemKind.Memory, page, 0, (uint)MemoryPermissions.R));
        Peer.Put(2, Item.Delegate(ItemKind.Port, SomePort, 0, AllBits));
        Check.Succeeds(Peer.Send(portal, 3), "call"u8);
        Check.Equal(Peer.Arrived.Rdx, 3, "number of items"u8);
        Arrived(Peer.Item(0), ItemKind.Object, FarSelector, (uint)SmPermissions.CTRL_UP);
        Arrived(Peer.Item(1), ItemKind.Memory, FarPage, (uint)MemoryPermissions.R);
        Arrived(Peer.Item(2), ItemKind.Port, SomePort, (uint)PioPermissions.A);
        Holds(other.Objects.Selector, FarSelector, (uint)SmPermissions.CTRL_UP);
        Holds(other.Host.Selector, FarPage, (uint)MemoryPermissions.R);
        Holds(other.Ports.Selector, SomePort, (uint)PioPermissions.A);
    }

    private static void Arrived(Item item, ItemKind kind, ulong first, uint permissions)
    {
        Is(item, ItemStatus.Delivered, "status"u8);
        Check.Equal((ulong)item.Kind, (ulong)kind, "kind"u8);
        Check.Equal(item.Base, first, "base"u8);
        Check.Equal(item.Order, 0, "order"u8);
        Check.Equal(item.Permissions, permissions, "permissions"u8);
    }

    private static void Holds(ulong space, ulong selector, uint permissions)
    {
        Check.Succeeds(Extension.Lookup(space, selector, out var mapping), "lookup"u8);
        Check.Equal(mapping.Permissions, permissions, "permissions in the space"u8);
    }

    private static void Hotspot()
    {
        var portal = Peer.Foreign(out var other, out var block);
        var source = RootTask.TakeSelectors(3);
        for (var i = 0u; i < 8; i++)
            Check.Succeeds(Hypercalls.CreateSm(source + i, Lab.Domain.Selector, i), "create_sm"u8);

        Open(block, new Window(FarSelector, 1));
        var item = Peer.Send(portal, Item.Delegate(ItemKind.Object, source, 3, AllBits, 0x15));
        Is(item, ItemStatus.Delivered, "large item, small window"u8);
        Check.Equal(item.Base, FarSelector, "base"u8);
        Check.Equal(item.Order, 1, "order"u8);
        Check.Equal(item.Word1 >> TypedItem.HotspotShift, 0x15, "the hotspot is preserved"u8);
        Check.Succeeds(other.Objects.Delegate(RootTask.ObjectSpace, FarSelector, source, 0, AllBits), "back"u8);
        for (var i = 0; i < 4; i++)
            Check.Succeeds(new Semaphore(source).Down(1), "the fourth has come"u8);

        Check.Is(new Semaphore(source).Down(1), Status.TIMEOUT, "not the fifth"u8);
        Open(block, new Window(FarSelector, 4));
        item = Peer.Send(portal, Item.Delegate(ItemKind.Object, source + 2, 1, AllBits, 0x1b));
        Is(item, ItemStatus.Delivered, "small item, large window"u8);
        Check.Equal(item.Base, FarSelector + 0xa, "base"u8);
        Check.Equal(item.Order, 1, "order"u8);
    }

    private static void Translated()
    {
        var portal = Peer.Foreign(out var other, out var block);
        Open(block, new Window(FarSelector + 1, 0));
        var mine = Lab.Semaphore(0).Selector;
        var back = Lab.Selector();
        Check.Succeeds(RootTask.ObjectSpace.Delegate(other.Objects, mine, FarSelector, 0, AllBits), "there"u8);
        Check.Succeeds(other.Objects.Delegate(RootTask.ObjectSpace, FarSelector, back, 0, AllBits), "and back"u8);
        var item = Peer.Send(portal, Item.Translate(ItemKind.Object, back, 0, (uint)SmPermissions.CTRL_DN));
        Is(item, ItemStatus.Translated, "status"u8);
        Check.Equal(item.Base, FarSelector, "the receiver's selector"u8);
        Check.Equal(item.Order, 0, "order"u8);
        Check.Equal(item.Permissions, (uint)SmPermissions.CTRL_DN, "permissions"u8);
        Is(Peer.Send(portal, Item.Translate(ItemKind.Object, mine, 0, AllBits)), ItemStatus.Empty, "the receiver's descends from it"u8);

        Peer.AnswerItem(Item.Translate(ItemKind.Object, FarSelector, 0, AllBits));
        SyscallRegisters registers;
        Check.Succeeds(Peer.Call(portal, IpcCallFlags.Window, 0, 1, new Window(Lab.Selector(), 0), &registers), "call"u8);
        Check.Equal(ThreadBlock.Current->Utcb[Item.WordIndex(0)] >> TypedItem.BaseShift, mine, "translated in a reply"u8);
    }

    private static void DidNotFit()
    {
        var portal = Peer.Local(out var block);
        Open(block, default, default, new Window(0x100, 3));
        Peer.Put(0, OfObject(Lab.Semaphore(0).Selector));
        Peer.Put(1, Item.Delegate(ItemKind.Memory, (ulong)Lab.Memory(1) >> 12, 0, AllBits));
        Peer.Put(2, Item.Delegate(ItemKind.Port, 0x108, 3, AllBits));
        Check.Succeeds(Peer.Send(portal, 3), "call"u8);
        Is(Peer.Item(0), ItemStatus.DidNotFit, "objects are closed"u8);
        Is(Peer.Item(1), ItemStatus.DidNotFit, "memory is closed"u8);
        Is(Peer.Item(2), ItemStatus.DidNotFit, "ports do not overlap"u8);
    }

    private static void Malformed()
    {
        var portal = Peer.Local(out var block);
        Open(block, new Window(Lab.Selector(), 0));
        var good = OfObject(Lab.Semaphore(0).Selector);
        for (var bits = 0ul; bits < 0x1000; bits += 0x20)
        {
            var kind = (bits >> TypedItem.KindShift) & TypedItem.KindMask;
            var operation = (bits >> TypedItem.OperationShift) & TypedItem.OperationMask;
            if (kind <= (ulong)ItemKind.Port && operation <= (ulong)ItemOperation.Translate)
                continue;

            Item bad;
            bad.Word0 = bits;
            bad.Word1 = AllBits;
            ThreadBlock.Current->Utcb[0] = 0x1234;
            Peer.Put(0, bad);
            Peer.Put(1, good);
            Check.Succeeds(Peer.Send(portal, 2), "call"u8);
            Is(Peer.Item(0), ItemStatus.Malformed, "unknown kind or operation"u8);
            Is(Peer.Item(1), ItemStatus.Delivered, "the other item"u8);
            Check.Equal(Peer.Word(0), 0x1234, "word"u8);
        }

        Is(Peer.Send(portal, Item.Delegate(ItemKind.Object, 1, 1, AllBits)), ItemStatus.Malformed, "misaligned"u8);
    }

    private static void Empty()
    {
        var portal = Peer.Local(out var block);
        Open(block, new Window(Lab.Selector(), 0));
        Is(Peer.Send(portal, OfObject(Lab.Selector())), ItemStatus.Empty, "null capability"u8);
        Is(Peer.Send(portal, OfObject(Lab.Semaphore(0).Selector, 0)), ItemStatus.Empty, "mask 0"u8);
        Is(Peer.Send(portal, Item.Translate(ItemKind.Object, Lab.Selector(), 0, AllBits)), ItemStatus.Empty, "null, translated"u8);
        Is(Peer.Send(portal, Item.Translate(ItemKind.Memory, 0x1000, 0, AllBits)), ItemStatus.Empty, "memory, translated"u8);
    }
}
