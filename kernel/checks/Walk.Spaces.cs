namespace Kilonova.Kernel;

/// <summary>Spaces of ranges: what they are charged for, and what the hardware sees against what the nodes say.</summary>
public static unsafe class WalkSpaces
{
    /// <summary>Bytes that the account of a space has paid for it, its nodes and its tables; trees are charged to their accounts.</summary>
    public static long Charge(RangeSpace* space)
    {
        long charge = Slab.SizeOf(Slab.ClassOf(RangeSpace.Size));
        if (RangeSpace.IsNova(space))
        {
            for (TreeLink* link = First(space->Nodes); link != null; link = Next(link))
                Quota.WalkCharge(((RangeTree*)link)->Quota, RangeTree.Size);

            return charge;
        }

        ulong pages = 0;
        ulong end = 0;
        for (TreeLink* link = First(space->Nodes); link != null; link = Next(link))
        {
            RangeNode* node = RangeNode.OfPlace(link);
            charge += (node->Link.Tag & (RangeNode.Fragment | RangeNode.KernelPage)) != 0 ? RangeNode.FragmentCharge : RangeNode.Charge;
            Walk.That(node->Link.Space == &space->Head, "range knows its space"u8, node, (ulong)node->Link.Space, (ulong)space);
            Walk.That(link->Key >= end && link->End > link->Key, "ranges are disjoint and in order"u8, node, link->Key, end);
            Walk.That(link->End <= space->Selectors, "range is in its space"u8, node, link->End, space->Selectors);
            end = link->End;
            pages += link->End - link->Key;
            CheckHardware(space, node);
        }

        switch (space->Head.Type)
        {
            case ObjectType.HostSpace or ObjectType.GuestSpace or ObjectType.DmaSpace:
                charge += 4096 * (long)HostSpace.WalkTables((HostSpace*)space, out ulong mapped);
                Walk.That(mapped == pages, "pages are mapped that nodes name"u8, space, mapped, pages);
                break;
            case ObjectType.PioSpace:
                charge += PioSpace.BitmapBytes;
                break;
            default:
                charge += MsrSpace.BitmapBytes;
                break;
        }

        return charge;
    }

    private static void CheckHardware(RangeSpace* space, RangeNode* node)
    {
        if (space->Head.Type is ObjectType.HostSpace or ObjectType.GuestSpace or ObjectType.DmaSpace)
        {
            HostSpace.WalkRange((HostSpace*)space, node);
        }
        else if (space->Head.Type == ObjectType.PioSpace)
        {
            for (ulong port = node->Place.Key; port < node->Place.End; port++)
                Walk.That(PioSpace.IsAllowed((PioSpace*)space, port), "port of a node is allowed"u8, node, port);
        }
    }

    private static TreeLink* First(TreeLink* link)
    {
        while (link != null && link->Left != null)
            link = link->Left;

        return link;
    }

    private static TreeLink* Next(TreeLink* link)
    {
        if (link->Right != null)
            return First(link->Right);

        while (link->Up != null && link == link->Up->Right)
            link = link->Up;

        return link->Up;
    }
}

public unsafe partial struct HostSpace
{
    private const ulong Sampled = 1024;

    /// <summary>Number of table pages, of a host space those of the user half, the top one included, and of pages mapped.</summary>
    internal static ulong WalkTables(HostSpace* space, out ulong mapped)
    {
        ulong tables = 1;
        mapped = 0;
        for (int i = 0; i < (space->Head.Type != ObjectType.HostSpace ? 512 : 256); i++)
        {
            ulong* third = TableOf(space->_table[i], ref tables);
            for (int j = 0; third != null && j < 512; j++)
            {
                ulong* second = Below(third[j], 18, ref tables, ref mapped);
                for (int k = 0; second != null && k < 512; k++)
                {
                    ulong* first = Below(second[k], 9, ref tables, ref mapped);
                    for (int l = 0; first != null && l < 512; l++)
                        mapped += first[l] & PageAttributes.Present;
                }
            }
        }

        return tables;
    }

    /// <summary>The pages of a node are mapped as it says.</summary>
    internal static void WalkRange(HostSpace* space, RangeNode* node)
    {
        ulong count = node->Place.End - node->Place.Key;
        ulong step = count > Sampled ? count / Sampled : 1;
        for (ulong i = 0; i < count; i += step)
        {
            ulong entry = Walk(space, node->Place.Key + i, out int level);
            ulong offset = (node->Place.Key + i) & ((1ul << (level * 9)) - 1);
            ulong page = ((entry & PageAttributes.AddressMask) >> 12 & ~((1ul << (level * 9)) - 1)) + offset;
            bool present = (entry & PageAttributes.Present) != 0;
            Kernel.Walk.That(present, "page of a node is mapped"u8, node, node->Place.Key + i);
            Kernel.Walk.That(
                !present || (node->Link.Tag & RangeNode.KernelPage) != 0 || page == node->Place.Key + i + node->Delta,
                "page of a node is the right one"u8, node, page, node->Place.Key + i + node->Delta);
            Kernel.Walk.That(
                (node->Link.Tag & RangeNode.KernelPage) != 0 || ((entry & PageAttributes.Writable) != 0) == ((node->Permissions & 2) != 0),
                "page of a node is writable as it says"u8, node, entry, node->Permissions);
            Kernel.Walk.That(
                (node->Link.Tag & RangeNode.KernelPage) != 0 || (entry & PageAttributes.NoExecute) == 0 == ((node->Permissions & 4) != 0),
                "page of a node is executable as it says"u8, node, entry, node->Permissions);
        }
    }

    private static ulong* TableOf(ulong entry, ref ulong tables)
    {
        if ((entry & PageAttributes.Present) == 0)
            return null;

        tables++;
        return (ulong*)DirectMap.ToVirtual(entry & PageAttributes.AddressMask);
    }

    private static ulong* Below(ulong entry, int order, ref ulong tables, ref ulong mapped)
    {
        if ((entry & (PageAttributes.Present | PageAttributes.Large)) == (PageAttributes.Present | PageAttributes.Large))
        {
            mapped += 1ul << order;
            return null;
        }

        return TableOf(entry, ref tables);
    }
}
