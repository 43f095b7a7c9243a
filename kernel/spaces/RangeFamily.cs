namespace Kilonova.Kernel;

/// <summary>
/// The derivation of ranges: the children of a node by their resources, so that a revocation of a part meets no others.
/// </summary>
/// <remarks>
/// A node's children form an ordered tree. Those with the same resources (a page that many share) are a ring, of which one, the leader,
/// stands in the tree: to add or remove another is a few stores, however many there are. The order of siblings is that of the tree, and
/// in each ring the leader comes last: who takes all of a ring never needs another one. It does not change while they live. As in <see cref="Derivation"/>, a ghost has two children or is
/// held by a revocation; when one child is left, that takes the ghost's place, with the ghost's resources, so that the order stays.
/// Each method wants the tree's lock.
/// </remarks>
public static unsafe class RangeFamily
{
    /// <summary>Makes a node, whose resources are set, a child of a head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(RangeNode* parent, RangeNode* node)
    {
        node->Link.Parent = (DerivationLink*)parent;
        TreeLink* equal = OrderedTree.FindEqual(parent->Children, node->Among.Key, node->Among.End);
        if (equal != null)
        {
            DerivationLink* leader = &RangeNode.OfAmong(equal)->Link;
            Join((DerivationLink*)node, leader, leader->Next);
            return;
        }

        node->Link.Tag |= RangeNode.Leader;
        node->Link.Next = (DerivationLink*)node;
        node->Link.Previous = (DerivationLink*)node;
        OrderedTree.Insert(&parent->Children, RangeNode.AmongOf(node));
    }

    /// <summary>Removes a node, and ghosts above it, that are ghosts and not needed as such.</summary>
    public static void Reduce(RangeNode* node)
    {
        while (node != null && node->Link.Space == null && node->Link.Revocations == 0)
        {
            TreeLink* children = node->Children;
            if (children != null)
            {
                RangeNode* child = RangeNode.OfAmong(children);
                if (children->Left != null || children->Right != null || child->Link.Next != (DerivationLink*)child)
                    return;

                Replace(node, child);
                RangeNode.Discard(node);
                return;
            }

            RangeNode* parent = (RangeNode*)node->Link.Parent;
            Remove(node);
            RangeNode.Discard(node);
            node = parent;
        }
    }

    /// <summary>
    /// The node that follows <paramref name="behind"/> below <paramref name="top"/>, children before parents, or the first if that is
    /// null; <paramref name="top"/> itself comes last, behind it null if it has no parent. Those whose resources are none of the given
    /// ones are passed over, with all below them. Ghosts are not.
    /// </summary>
    public static RangeNode* Next(RangeNode* top, RangeNode* behind, ulong first, ulong limit)
    {
        if (behind != null)
        {
            RangeNode* parent = (RangeNode*)behind->Link.Parent;
            if (parent == null)
                return null;

            top = behind;
            if ((behind->Link.Tag & RangeNode.Leader) != 0)
            {
                top = RangeNode.OfAmong(OrderedTree.NextOverlap(RangeNode.AmongOf(behind), first, limit));
                if (top == null)
                    return parent;
            }

            top = (RangeNode*)top->Link.Next;
        }

        // Down to the first that has no child there.
        TreeLink* leader = top != null ? OrderedTree.FirstOverlap(top->Children, first, limit) : null;
        for (; leader != null; leader = OrderedTree.FirstOverlap(top->Children, first, limit))
            top = (RangeNode*)RangeNode.OfAmong(leader)->Link.Next;

        return top;
    }

    private static void Remove(RangeNode* node)
    {
        RangeNode* parent = (RangeNode*)node->Link.Parent;
        if (parent == null)
        {
            node->Tree->Root = null;
            return;
        }

        RangeNode* next = (RangeNode*)node->Link.Next;
        if (next == node)
        {
            OrderedTree.Remove(&parent->Children, RangeNode.AmongOf(node));
            return;
        }

        node->Link.Previous->Next = (DerivationLink*)next;
        next->Link.Previous = node->Link.Previous;
        Lead(parent, node, (RangeNode*)node->Link.Previous);
    }

    /// <summary>Puts a node's only child where the node is.</summary>
    private static void Replace(RangeNode* node, RangeNode* child)
    {
        RangeNode* parent = (RangeNode*)node->Link.Parent;
        child->Link.Parent = node->Link.Parent;
        if (parent == null)
        {
            node->Tree->Root = child;
            return;
        }

        child->Link.Tag &= ~RangeNode.Leader;
        child->Among.Key = node->Among.Key;
        child->Among.End = node->Among.End;
        if (node->Link.Next != (DerivationLink*)node)
            Join((DerivationLink*)child, node->Link.Previous, node->Link.Next);

        Lead(parent, node, child);
    }

    /// <summary>Makes another one the leader, if a node is; both have the same resources.</summary>
    private static void Lead(RangeNode* parent, RangeNode* node, RangeNode* other)
    {
        if ((node->Link.Tag & RangeNode.Leader) != 0)
        {
            other->Link.Tag |= RangeNode.Leader;
            OrderedTree.Replace(&parent->Children, RangeNode.AmongOf(node), RangeNode.AmongOf(other));
        }
    }

    private static void Join(DerivationLink* link, DerivationLink* previous, DerivationLink* next)
    {
        link->Previous = previous;
        link->Next = next;
        previous->Next = link;
        next->Previous = link;
    }
}
