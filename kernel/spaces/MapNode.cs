namespace Kilonova.Kernel;

/// <summary>
/// One object capability in the derivation tree of its object, whose roots hang at <see cref="KernelObject.TreeRoot"/> and whose lock is
/// <see cref="KernelObject.TreeLock"/>.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct MapNode
{
    /// <summary>Bytes of a node.</summary>
    public const int Size = 64;

    /// <summary>What a live node costs the account of its space: a ghost is paid by one of the live nodes, which are more.</summary>
    public const long Charge = 2 * Size;

    /// <summary>Its Tag is the selector.</summary>
    [FieldOffset(0x00)] public DerivationLink Link;

    /// <summary>The object. Constant.</summary>
    [FieldOffset(0x30)] public KernelObject* Object;

    /// <summary>Where the roots of an object's tree hang.</summary>
    public static DerivationLink** Roots(KernelObject* o) => (DerivationLink**)&o->TreeRoot;

    /// <summary>What <see cref="WithdrawnBelow"/> says where the chain of delegations is too long.</summary>
    public const uint TooDeep = uint.MaxValue;

    /// <summary>
    /// The permissions that a child of a node must not have, because revocations are withdrawing them; all if there must be none. With the
    /// tree's lock.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint WithdrawnBelow(MapNode* source)
    {
        int left = (int)Derivation.MaxDepth - 1;
        uint withdrawn = 0;
        DerivationLink* link = (DerivationLink*)source;
        do
        {
            withdrawn |= link->Withdrawn;
            link = link->Parent;
            left--;
        }
        while (link != null);

        // All ones where nothing is left.
        return withdrawn | (uint)(left >> 31);
    }

    /// <summary>A node for a slot of a space, paid by its account. Null if there is no memory or quota.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MapNode* New(ObjectSpace* space, ulong selector, KernelObject* o)
    {
        if (!Quota.TryChargeInline(space->Head.Quota, Charge))
            return null;

        MapNode* node = Slab.New<MapNode>();
        if (node == null)
        {
            Quota.Credit(space->Head.Quota, Charge);
            return null;
        }

        node->Link.Space = &space->Head;
        node->Link.Tag = (uint)selector;
        node->Object = o;
        return node;
    }

    /// <summary>Gives back a node that never was in a tree.</summary>
    public static void Delete(ObjectSpace* space, MapNode* node)
    {
        Slab.Delete(node);
        Quota.Credit(space->Head.Quota, Charge);
    }

    /// <summary>Makes a live node a ghost, and drops it if it is not needed as one. With the locks of its space and its tree.</summary>
    public static void Bury(MapNode* node)
    {
        node->Link.Space = null;
        Reduce(node);
    }

    /// <summary>Drops a node, and ghosts above it, that are not needed. With the tree's lock.</summary>
    public static void Reduce(MapNode* node) => Derivation.Reduce(&node->Link, Roots(node->Object), &Free);

    private static void Free(RcuHead* head) => Slab.FreeInline((byte*)head - DerivationLink.RcuOffset, Slab.ClassOf(Size));
}
