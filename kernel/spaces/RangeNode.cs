namespace Kilonova.Kernel;

/// <summary>
/// A range of capabilities in a space: consecutive selectors that refer to consecutive resources (page frames, ports, MSRs), delegated
/// in one go from one source, with the same permissions.
/// </summary>
/// <remarks>
/// Taking a part out of a range shrinks its node; what remains on the other side, or has other permissions, becomes a fragment: a node
/// of the same delegation. Fragments hang at their head, stand in space and tree like any node, and have no children: what is delegated
/// from them hangs below the head. So children need not be told apart when a range is cut, and a chain of delegations does not grow by
/// cutting. A child belongs to the part of its parent that covers its resources; where no part does any more, to the grandparent.
///
/// Place is guarded by the space's lock, the derivation (RangeFamily) by the tree's lock. Ranges change under both.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct RangeNode
{
    /// <summary>Bytes of a node.</summary>
    public const int Size = 192;

    /// <summary>What a head costs the account of its space (compare <see cref="MapNode.Charge"/>).</summary>
    public const long Charge = 2 * Size;

    /// <summary>What a fragment, or a page of the kernel, costs: it is never a ghost.</summary>
    public const long FragmentCharge = Size;

    /// <summary>The node is a part of its parent's delegation.</summary>
    public const uint Fragment = 1;

    /// <summary>The range belongs to the kernel: it is in no tree and cannot be delegated from.</summary>
    public const uint KernelPage = 2;

    /// <summary>The node stands for all siblings with the same resources: see <see cref="RangeFamily"/>.</summary>
    public const uint Leader = 4;

    private const int AmongOffset = 0x80;
    private const int PlaceOffset = 0x30;

    /// <summary>Its Tag holds the three flags above. A fragment's parent is its head; its siblings, the head's other fragments.</summary>
    [FieldOffset(0x00)] public DerivationLink Link;

    /// <summary>What was delegated from a head.</summary>
    [FieldOffset(0x08)] public TreeLink* Children;

    /// <summary>Selectors in the space.</summary>
    [FieldOffset(PlaceOffset)] public TreeLink Place;

    [FieldOffset(0x64)] public byte Permissions;

    /// <summary>Memory: cacheability of the MAD.</summary>
    [FieldOffset(0x65)] public byte Attributes;

    /// <summary>The tree; null for pages of the kernel. Constant.</summary>
    [FieldOffset(0x68)] public RangeTree* Tree;

    /// <summary>The first fragment of a head.</summary>
    [FieldOffset(0x70)] public DerivationLink* Fragments;

    /// <summary>What is added to a selector to get the resource. Constant.</summary>
    [FieldOffset(0x78)] public ulong Delta;

    /// <summary>A head's place among its siblings: resources that all that was ever delegated from it lies in.</summary>
    [FieldOffset(AmongOffset)] public TreeLink Among;

    /// <summary>Number of resources from <see cref="MarkFirst"/>. Guarded by the tree's lock.</summary>
    [FieldOffset(0xb4)] public uint MarkCount;

    /// <summary>
    /// While the head is being revoked: the resources that must not be delegated from below it. Guarded by the tree's lock.
    /// </summary>
    [FieldOffset(0xb8)] public ulong MarkFirst;

    /// <summary>The node whose <see cref="Place"/> is given; null for null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RangeNode* OfPlace(TreeLink* place) => place != null ? (RangeNode*)((byte*)place - PlaceOffset) : null;

    /// <summary>The node whose <see cref="Among"/> is given; null for null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RangeNode* OfAmong(TreeLink* among) => among != null ? (RangeNode*)((byte*)among - AmongOffset) : null;

    /// <summary>The address of <see cref="Place"/>. (The compiler would test whether there is a node.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TreeLink* PlaceOf(RangeNode* node) => (TreeLink*)((byte*)node + PlaceOffset);

    /// <summary>The address of <see cref="Among"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TreeLink* AmongOf(RangeNode* node) => (TreeLink*)((byte*)node + AmongOffset);

    /// <summary>The head of the node's delegation: itself or, of a fragment, its parent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RangeNode* HeadOf(RangeNode* node) => (node->Link.Tag & Fragment) != 0 ? (RangeNode*)node->Link.Parent : node;

    /// <summary>
    /// A node for a range of a space, paid by its account. Null, and <see cref="RangeWork.OutOfMemory"/> set, if there is no memory or
    /// quota.
    /// </summary>
    public static RangeNode* New(RangeSpace* space, long charge, RangeWork* work)
    {
        RangeNode* node = TryNew(space, charge, work->Forced);
        work->OutOfMemory |= node == null;
        return node;
    }

    /// <summary>The same, without a step to tell. <paramref name="forced"/>: the account may be overdrawn.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static RangeNode* TryNew(RangeSpace* space, long charge, bool forced)
    {
        if (forced)
            Quota.Charge(space->Head.Quota, charge);
        else if (!Quota.TryChargeInline(space->Head.Quota, charge))
            return null;

        RangeNode* node = Slab.New<RangeNode>();
        if (node == null)
        {
            Quota.Credit(space->Head.Quota, charge);
            return null;
        }

        node->Link.Space = &space->Head;
        uint priority = OrderedTree.NextPriority(Cpu.This);
        node->Place.Priority = priority;
        node->Among.Priority = priority;
        return node;
    }

    /// <summary>Gives back a node that never was in a space or tree. Null is ignored.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Delete(RangeSpace* space, RangeNode* node, long charge)
    {
        if (node != null)
        {
            Slab.Delete(node);
            Quota.Credit(space->Head.Quota, charge);
        }
    }

    /// <summary>Sets the range of a node that is in no tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetRange(RangeNode* node, ulong selector, ulong count, ulong resource)
    {
        node->Place.Key = selector;
        node->Place.End = selector + count;
        node->Among.Key = resource;
        node->Among.End = resource + count;
        node->Delta = resource - selector;
    }

    /// <summary>
    /// Cuts a node in two: it keeps the selectors below <paramref name="at"/>, <paramref name="fragment"/> gets the rest. With the locks
    /// of space and tree.
    /// </summary>
    public static void Split(RangeNode* node, ulong at, RangeNode* fragment)
    {
        RangeNode* head = HeadOf(node);
        SetRange(fragment, at, node->Place.End - at, at + node->Delta);
        fragment->Permissions = node->Permissions;
        fragment->Attributes = node->Attributes;
        fragment->Tree = node->Tree;
        fragment->Link.Tag = Fragment;
        Derivation.AddTo(&head->Fragments, &fragment->Link, (DerivationLink*)head);
        OrderedTree.Shrink(PlaceOf(node), node->Place.Key, at);
        OrderedTree.Insert(&((RangeSpace*)node->Link.Space)->Nodes, PlaceOf(fragment));
    }

    /// <summary>
    /// Takes the selectors from <paramref name="first"/> to <paramref name="end"/>, which lie in the node's range, out of it.
    /// <paramref name="spare"/> is used, and set to null, if something remains on both sides. With the locks of space and tree.
    /// </summary>
    public static void Cut(RangeNode* node, ulong first, ulong end, RangeNode** spare)
    {
        if (end < node->Place.End)
        {
            if (first == node->Place.Key)
            {
                OrderedTree.Shrink(PlaceOf(node), end, node->Place.End);
                return;
            }

            Split(node, end, *spare);
            *spare = null;
        }

        if (first == node->Place.Key)
        {
            Remove(node);
            return;
        }

        OrderedTree.Shrink(PlaceOf(node), node->Place.Key, first);
    }

    /// <summary>
    /// Takes a node's whole range away. A head goes on with one of its fragments, whose node is freed instead; without fragments it
    /// becomes a ghost or goes. With the locks of space and tree.
    /// </summary>
    public static void Remove(RangeNode* node)
    {
        RangeSpace* space = (RangeSpace*)node->Link.Space;
        Quota* quota = space->Head.Quota;
        space->Recent = null;
        space->Newest = null;
        OrderedTree.Remove(RangeSpace.NodesOf(space), PlaceOf(node));
        RangeNode* fragment = node;
        if ((node->Link.Tag & (Fragment | KernelPage)) == 0)
        {
            fragment = (RangeNode*)node->Fragments;
            if (fragment == null)
            {
                node->Link.Space = null;
                RangeFamily.Reduce(node);
                Quota.Credit(quota, Charge);
                return;
            }

            OrderedTree.Replace(RangeSpace.NodesOf(space), PlaceOf(fragment), PlaceOf(node));
            node->Permissions = fragment->Permissions;
            node->Attributes = fragment->Attributes;
        }

        if (fragment->Link.Parent != null)
            Derivation.RemoveFrom(&HeadOf(fragment)->Fragments, &fragment->Link);

        fragment->Link.Space = null;
        Discard(fragment);
        Quota.Credit(quota, FragmentCharge);
    }

    /// <summary>Frees a node that no tree leads to any more, when nobody can look at it.</summary>
    public static void Discard(RangeNode* node) => Rcu.CallLazily(&node->Link.Rcu, &Free);

    private static void Free(RcuHead* head) => Slab.FreeInline((byte*)head - DerivationLink.RcuOffset, Slab.ClassOf(Size));
}
