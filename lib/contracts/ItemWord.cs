// Typed items of generated code, over Kilonova.Nova.Item.
using System;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Contracts;

/// <summary>For generated code: writes items to send and reads items that arrived. Item i lies at words 512-2(i+1) of the UTCB.</summary>
public static class ItemWord
{
    /// <summary>Passes on every permission that the sender has.</summary>
    public const uint AllPermissions = (uint)TypedItem.PermissionMask;

    // A range in one word: base as in an item, permissions where an item has its kind, order as in an item.
    private const int PermissionShift = 5;

    /// <summary>Writes an item.</summary>
    public static void Write(Span<ulong> message, int index, ItemKind kind, ItemOperation operation, ulong range)
    {
        Item item = operation == ItemOperation.Translate
            ? Item.Translate(kind, Base(range), (uint)Order(range), Permissions(range))
            : Item.Delegate(kind, Base(range), (uint)Order(range), Permissions(range));
        int at = Item.WordIndex(index);
        message[at + 1] = item.Word1;
        message[at] = item.Word0;
    }

    /// <summary>Reads an item that arrived as <paramref name="expected"/>; false where it did not.</summary>
    public static bool TryRead(Span<ulong> message, int index, ItemKind kind, ItemStatus expected, out ulong range)
    {
        int at = Item.WordIndex(index);
        Item item;
        item.Word1 = message[at + 1];
        item.Word0 = message[at];
        bool arrived = item.Status == expected && item.Kind == kind;
        range = arrived ? Range(item.Base, (int)item.Order, item.Permissions) : 0;
        return arrived;
    }

    internal static ulong Range(ulong first, int order, uint permissions) =>
        (first << TypedItem.BaseShift) | ((permissions & TypedItem.PermissionMask) << PermissionShift)
            | ((ulong)order & TypedItem.OrderMask);

    internal static ulong Base(ulong range) => range >> TypedItem.BaseShift;

    internal static int Order(ulong range) => (int)(range & TypedItem.OrderMask);

    internal static uint Permissions(ulong range) => (uint)((range >> PermissionShift) & TypedItem.PermissionMask);
}
