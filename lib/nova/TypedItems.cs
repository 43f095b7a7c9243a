using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>Extension: one typed item, two words at the end of a UTCB; see <see cref="TypedItem"/>.</summary>
public struct Item
{
    /// <summary>Base, operation or status, kind and order.</summary>
    public ulong Word0;

    /// <summary>Hotspot and permissions.</summary>
    public ulong Word1;

    /// <summary>An item that delegates 2^order capabilities.</summary>
    public static Item Delegate(ItemKind kind, ulong @base, uint order, uint permissions, ulong hotspot = 0) =>
        Make(kind, ItemOperation.Delegate, @base, order, permissions, hotspot);

    /// <summary>An item that names the receiver's own capability from which the sender's descends.</summary>
    public static Item Translate(ItemKind kind, ulong @base, uint order, uint permissions) =>
        Make(kind, ItemOperation.Translate, @base, order, permissions, 0);

    /// <summary>Index of the first of the item's words in a UTCB.</summary>
    public static int WordIndex(int item) => Utcb.Words - TypedItem.WordsPerItem * (item + 1);

    /// <summary>On arrival: where it lies.</summary>
    public readonly ulong Base => Word0 >> TypedItem.BaseShift;

    /// <summary>On arrival: what became of it.</summary>
    public readonly ItemStatus Status => (ItemStatus)((Word0 >> TypedItem.OperationShift) & TypedItem.OperationMask);

    /// <summary>What it names.</summary>
    public readonly ItemKind Kind => (ItemKind)((Word0 >> TypedItem.KindShift) & TypedItem.KindMask);

    /// <summary>On arrival: the order that arrived.</summary>
    public readonly uint Order => (uint)(Word0 & TypedItem.OrderMask);

    /// <summary>On arrival: the permissions that arrived.</summary>
    public readonly uint Permissions => (uint)(Word1 & TypedItem.PermissionMask);

    private static Item Make(ItemKind kind, ItemOperation operation, ulong @base, uint order, uint permissions, ulong hotspot)
    {
        Item item;
        item.Word0 = (@base << TypedItem.BaseShift) | ((ulong)operation << TypedItem.OperationShift)
            | ((ulong)kind << TypedItem.KindShift) | order;
        item.Word1 = (hotspot << TypedItem.HotspotShift) | permissions;
        return item;
    }
}
