namespace Kilonova.Kernel;

/// <summary>
/// What spaces of ranges have in common: host, guest and DMA spaces, port and MSR spaces (specification, sections 2.1.2 to 2.1.6). Nodes
/// tell what the selectors refer to; page tables and bitmaps tell the hardware, and follow the nodes.
/// </summary>
/// <remarks>
/// A NOVA space is an implicit root: it has no nodes, but selectors refer to the resource of the same number unless it is protected.
/// Its <see cref="Nodes"/> are the trees of what was delegated from it, by resource, guarded by <see cref="TreesLock"/>.
/// Lock order: space locks (by address), TreesLock, tree locks.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = (int)Size)]
public unsafe struct RangeSpace
{
    private const int NodesOffset = 0x48;

    /// <summary>Offset of <see cref="Bitmap"/>.</summary>
    public const int BitmapOffset = 0x80;

    /// <summary>Bytes of any space of ranges.</summary>
    public const uint Size = 0x100;

    [FieldOffset(0x00)] public KernelObject Head;

    /// <summary>Guards nodes, tables and bitmaps of a space that is not a NOVA space.</summary>
    [FieldOffset(0x40)] public SpinLock Lock;

    /// <summary>NOVA spaces: guards <see cref="Nodes"/> and the revocation mark.</summary>
    [FieldOffset(0x44)] public SpinLock TreesLock;

    /// <summary>The nodes by selector; of a NOVA space, the trees by resource.</summary>
    [FieldOffset(NodesOffset)] public TreeLink* Nodes;

    /// <summary>Number of selectors.</summary>
    [FieldOffset(0x50)] public ulong Selectors;

    /// <summary>NOVA spaces: what selectors refer to. Null for every other space.</summary>
    [FieldOffset(0x58)] public ResourceMap* Resources;

    /// <summary>NOVA spaces: revocations in progress, of which the mark below belongs to the first.</summary>
    [FieldOffset(0x60)] public ulong Revocations;

    [FieldOffset(0x68)] public ulong MarkFirst;

    /// <summary>Other spaces: the node that was found last, or follows the one that was removed last; null: none. Guarded by the lock.</summary>
    [FieldOffset(0x68)] public RangeNode* Recent;

    [FieldOffset(0x70)] public ulong MarkEnd;

    [FieldOffset(0x78)] public uint Withdrawn;

    /// <summary>Other spaces: the node that was added last; null: none. Guarded by the lock.</summary>
    [FieldOffset(0x78)] public RangeNode* Newest;

    /// <summary>Where destruction has got to.</summary>
    [FieldOffset(0x60)] public ulong Cleared;

    /// <summary>Port and MSR spaces: what the CPU reads, contiguous, in the direct map. A set bit forbids.</summary>
    [FieldOffset(BitmapOffset)] public ulong* Bitmap;

    /// <summary>The address of <see cref="Nodes"/>. (The compiler would test whether there is a space.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TreeLink** NodesOf(RangeSpace* space) => (TreeLink**)((byte*)space + NodesOffset);

    /// <summary>Whether this is a NOVA space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNova(RangeSpace* space) => space->Resources != null;

    /// <summary>
    /// A space without hardware behind it. Of a NOVA space, <paramref name="resources"/> are what can be delegated; else null.
    /// </summary>
    public static RangeSpace* CreateNova(Quota* quota, ObjectType type, ResourceMap* resources, ulong selectors)
    {
        RangeSpace* space = (RangeSpace*)ChargedMemory.TryTakeObject(quota, type, Size);
        if (space != null)
        {
            space->Resources = resources;
            space->Selectors = selectors;
        }

        return space;
    }

    /// <summary>
    /// A space whose bitmap of 2^<paramref name="order"/> pages forbids everything, charged to an account, with one reference. Null if there
    /// is no memory or quota.
    /// </summary>
    public static RangeSpace* CreateWithBitmap(Quota* quota, ObjectType type, ulong selectors, uint order)
    {
        RangeSpace* space = CreateNova(quota, type, null, selectors);
        if (space == null || (space->Bitmap = Space.TryTakeBitmap(quota, order)) != null)
            return space;

        ChargedMemory.Return(quota, space, Size);
        return null;
    }

    /// <summary>
    /// Makes the hardware follow: <paramref name="count"/> selectors refer to consecutive resources with these permissions, or to
    /// nothing if permissions are 0. Overwrites what was there. With the lock.
    /// </summary>
    /// <returns>How many selectors were done: fewer if the step's entries, or memory, ran out.</returns>
    public static ulong Map(
        RangeSpace* space, ulong selector, ulong count, ulong resource, uint permissions, uint attributes, RangeWork* work)
    {
        switch (space->Head.Type)
        {
            case ObjectType.HostSpace or ObjectType.GuestSpace:
                return HostSpace.Map((HostSpace*)space, selector, count, resource, permissions, attributes, work);
            case ObjectType.DmaSpace:
                return DmaSpace.Map((HostSpace*)space, selector, count, resource, permissions, attributes, work);
            case ObjectType.PioSpace:
                return PioSpace.Map((PioSpace*)space, selector, count, permissions, work);
            default:
                return MsrSpace.Map((MsrSpace*)space, selector, count, permissions, work);
        }
    }

    /// <summary>Adds a node whose selectors are free. Those who fill a space do so upwards: the last place is remembered.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(RangeSpace* space, RangeNode* node)
    {
        RangeNode* newest = space->Newest;
        space->Newest = node;
        if (newest != null && newest->Place.End == node->Place.Key)
            OrderedTree.InsertBehind(NodesOf(space), RangeNode.PlaceOf(newest), RangeNode.PlaceOf(node));
        else
            OrderedTree.Insert(NodesOf(space), RangeNode.PlaceOf(node));
    }

    /// <summary>
    /// The node whose range contains a selector, if it can be delegated from; null if not. Those who delegate do so from the same range
    /// again and again, those who take away go upwards: the next one is remembered. With the lock.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RangeNode* FindRecent(RangeSpace* space, ulong selector)
    {
        RangeNode* node = space->Recent;
        if (node == null || selector < node->Place.Key || selector >= node->Place.End)
        {
            node = Find(space, selector);
            if (node == null || selector < node->Place.Key)
                return null;

            space->Recent = node;
        }

        return (node->Link.Tag & RangeNode.KernelPage) == 0 ? node : null;
    }

    /// <summary>The node whose range contains a selector, or else the first one after it; null if there is none. With the lock.</summary>
    public static RangeNode* Find(RangeSpace* space, ulong selector)
    {
        // The ranges are disjoint, so their ends are in order too: the first that ends behind the selector.
        TreeLink* found = null;
        TreeLink* link = space->Nodes;
        while (link != null)
        {
            if (link->End > selector)
            {
                found = link;
                link = link->Left;
            }
            else
            {
                link = link->Right;
            }
        }

        return RangeNode.OfPlace(found);
    }

    /// <summary>
    /// Takes apart a space that nobody can name any more, a bounded amount of work per call. True when nothing is left of it but itself.
    /// What was delegated from it stays.
    /// </summary>
    public static bool TryClear(RangeSpace* space, int steps)
    {
        if (space->Head.Type is ObjectType.HostSpace or ObjectType.GuestSpace && Volatile.Read(ref ((HostSpace*)space)->Dying) == 0)
            HostSpace.Evict((HostSpace*)space);

        if (space->Head.Type == ObjectType.DmaSpace && ((HostSpace*)space)->Dying == 0 && !Iommu.TryEvict((HostSpace*)space, steps))
            return false;

        for (; steps > 0; steps--)
        {
            space->Lock.Acquire();
            RangeNode* node = Find(space, 0);
            if (node != null)
            {
                RangeTree.Lock(node->Tree);
                RangeTree* tree = node->Tree;
                RangeNode.Remove(node);
                RangeTree.Unlock(tree);
                RangeTree.Reap(tree);
            }

            space->Lock.Release();
            if (node == null)
                break;
        }

        if (steps <= 0)
            return false;

        switch (space->Head.Type)
        {
            case ObjectType.HostSpace or ObjectType.GuestSpace:
                return HostSpace.TryFreeTables((HostSpace*)space, steps);
            case ObjectType.DmaSpace:
                if (!HostSpace.TryFreeTables((HostSpace*)space, steps))
                    return false;

                Iommu.FreeIdentifier(((HostSpace*)space)->Domain);
                return true;
            case ObjectType.PioSpace:
                PioSpace.FreeBitmap((PioSpace*)space);
                return true;
            default:
                MsrSpace.FreeBitmap((MsrSpace*)space);
                return true;
        }
    }
}
