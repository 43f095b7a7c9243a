// Typed items of generated code: kernel interface, "typed items" (Kilonova.Abi.TypedItem).
using System;
using Kilonova.Abi;

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
        int at = First(index);
        message[at + 1] = Permissions(range);
        message[at] = (Base(range) << TypedItem.BaseShift) | ((ulong)operation << TypedItem.OperationShift)
            | ((ulong)kind << TypedItem.KindShift) | (uint)Order(range);
    }

    /// <summary>Reads an item that arrived as <paramref name="expected"/>; false where it did not.</summary>
    public static bool TryRead(Span<ulong> message, int index, ItemKind kind, ItemStatus expected, out ulong range)
    {
        int at = First(index);
        ulong permissions = message[at + 1];
        ulong word = message[at];
        ulong status = (word >> TypedItem.OperationShift) & TypedItem.OperationMask;
        ulong found = (word >> TypedItem.KindShift) & TypedItem.KindMask;
        bool arrived = status == (ulong)expected && found == (ulong)kind;
        range = arrived ? Range(word >> TypedItem.BaseShift, (int)(word & TypedItem.OrderMask), (uint)permissions) : 0;
        return arrived;
    }

    internal static ulong Range(ulong first, int order, uint permissions) =>
        (first << TypedItem.BaseShift) | ((permissions & TypedItem.PermissionMask) << PermissionShift) | ((ulong)order & TypedItem.OrderMask);

    internal static ulong Base(ulong range) => range >> TypedItem.BaseShift;

    internal static int Order(ulong range) => (int)(range & TypedItem.OrderMask);

    internal static uint Permissions(ulong range) => (uint)((range >> PermissionShift) & TypedItem.PermissionMask);

    private static int First(int index) => Utcb.Words - (TypedItem.WordsPerItem * (index + 1));
}
