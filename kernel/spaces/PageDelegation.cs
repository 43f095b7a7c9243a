namespace Kilonova.Kernel;

/// <summary>
/// The straight way for what pagers do most: one page from a host space to an empty place of another, or of a guest space, or one page
/// taken away. Does what
/// <see cref="RangeDelegation"/> does for any range, under the same locks; where anything is out of the ordinary it changes nothing, and
/// the long way is taken.
/// </summary>
public static unsafe class PageDelegation
{
    private const ulong Pages = HostSpace.UserEnd >> PhysicalMemory.PageShift;

    /// <summary>Delegates one page, or takes one away if the mask is 0. False if nothing was done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPerform(HostSpace* source, HostSpace* destination, ulong from, ulong to, uint mask) =>
        IsFor(source, destination, from, to) && (mask == 0 ? TryRemove(destination, to) : Map(source, destination, from, to, mask) != 0);

    /// <summary>Whether a page does not come from a NOVA space, and both numbers are valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFor(HostSpace* source, HostSpace* destination, ulong from, ulong to) =>
        !RangeSpace.IsNova(&source->Range) && from < Pages && (to - 1 < Pages - 1 || (HostSpace.IsGuest(destination) && to < 2 * Pages));

    /// <summary>Delegates one page for which <see cref="IsFor"/> holds. The permissions that arrive; 0 if nothing was done.</summary>
    public static uint Map(HostSpace* source, HostSpace* destination, ulong from, ulong to, uint mask)
    {
        Space.LockBothInline(&source->Range.Lock, &destination->Range.Lock);
        uint arrived = 0;
        RangeNode* origin = RangeSpace.FindRecent(&source->Range, from);
        ulong* entry = HostSpace.LeafEntry(destination, to);
        if (origin != null && entry != null && *entry == 0)
        {
            uint permissions = origin->Permissions & mask;
            RangeNode* node = permissions != 0 ? RangeNode.TryNew(&destination->Range, RangeNode.Charge, false) : null;
            if (node != null)
            {
                RangeTree* tree = origin->Tree;
                ulong frame = from + origin->Delta;
                RangeNode.SetRange(node, to, 1, frame);
                node->Permissions = (byte)permissions;
                node->Attributes = origin->Attributes;
                node->Tree = tree;
                tree->Guard.AcquireInline();
                RangeNode* head = RangeNode.HeadOf(origin);
                if (tree->Nova->Revocations == 0 && DepthBelow(head) <= Derivation.MaxDepth)
                {
                    // From here on a revocation can find the node; to remove it, it needs the destination's lock, which is held here.
                    RangeFamily.Add(head, node);
                    tree->Guard.Release();
                    arrived = permissions;
                    *entry = HostSpace.Leaf(destination, frame, permissions, node->Attributes);
                    RangeSpace.Add(&destination->Range, node);
                }
                else
                {
                    tree->Guard.Release();
                    RangeNode.Delete(&destination->Range, node, RangeNode.Charge);
                }
            }
        }

        Space.UnlockBoth(&source->Range.Lock, &destination->Range.Lock);
        return arrived;
    }

    /// <summary>The generation of a head's children; too many where anything above them is being revoked. With the tree's lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint DepthBelow(RangeNode* head)
    {
        uint depth = 1;
        DerivationLink* link = (DerivationLink*)head;
        do
        {
            depth += 1 + (link->Withdrawn * Derivation.MaxDepth);
            link = link->Parent;
        }
        while (link != null);

        return depth;
    }

    private static bool TryRemove(HostSpace* space, ulong page)
    {
        space->Range.Lock.AcquireInline();
        RangeNode* node = RangeSpace.FindRecent(&space->Range, page);
        ulong* entry = HostSpace.LeafEntry(space, page);
        if (node == null || entry == null || node->Place.End - node->Place.Key != 1 || node->Fragments != null)
        {
            space->Range.Lock.Release();
            return false;
        }

        Shootdown shootdown;
        Shootdown.Begin(&shootdown);
        RangeTree* tree = node->Tree;
        tree->Guard.AcquireInline();
        *entry = 0;
        Shootdown.Note(&shootdown, space, page, false);

        // The next page is likely to be the next one taken away.
        RangeNode* next = RangeNode.OfPlace(OrderedTree.Next(RangeNode.PlaceOf(node)));
        RangeNode.Remove(node);
        space->Range.Recent = next;
        tree->Guard.Release();
        RangeTree.Reap(tree);
        space->Range.Lock.Release();
        Shootdown.Finish(&shootdown);
        return true;
    }
}
