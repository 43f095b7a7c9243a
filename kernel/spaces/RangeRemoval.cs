namespace Kilonova.Kernel;

/// <summary>Takes ranges out of spaces: the hardware's view first, then the nodes. Each method wants the space's lock.</summary>
public static unsafe class RangeRemoval
{
    /// <summary>
    /// How much of a range can be overwritten in one step: no more nodes than the step allows. <paramref name="occupied"/> tells whether
    /// anything is overwritten, <paramref name="splits"/> whether a node may remain on both sides, which takes a spare one.
    /// </summary>
    public static ulong Limit(RangeSpace* space, ulong first, ulong count, RangeWork* work, out bool occupied, out bool splits)
    {
        splits = false;
        occupied = false;
        RangeNode* node = RangeSpace.Find(space, first);
        ulong end = first + count;
        if (node == null || node->Place.Key >= end)
            return count;

        occupied = true;
        splits = node->Place.Key < first && node->Place.End > first + 1;
        TreeLink* link = RangeNode.PlaceOf(node);
        while (link != null && link->Key < end)
        {
            if (--work->Nodes <= 0)
            {
                end = end < link->End ? end : link->End;
                break;
            }

            link = OrderedTree.Next(link);
        }

        return end - first;
    }

    /// <summary>
    /// Takes the nodes out of a range whose hardware view has been changed already. <paramref name="spare"/> is used, and set to null,
    /// if a node remains on both sides.
    /// </summary>
    public static void Forget(RangeSpace* space, ulong first, ulong end, RangeNode** spare)
    {
        for (RangeNode* node = RangeSpace.Find(space, first); node != null && node->Place.Key < end; node = RangeSpace.Find(space, first))
        {
            ulong from = node->Place.Key > first ? node->Place.Key : first;
            ulong to = node->Place.End < end ? node->Place.End : end;
            Cut(node, from, to, false, spare);
        }
    }

    /// <summary>Makes a range of selectors refer to nothing.</summary>
    /// <returns>How many selectors are done; fewer if the step is used up or, as <see cref="RangeWork.OutOfMemory"/> tells, splitting a
    /// node or a large page failed.</returns>
    public static ulong Erase(RangeSpace* space, ulong first, ulong count, RangeWork* work)
    {
        ulong end = first + count;
        ulong at = first;
        while (work->Nodes > 0 && work->Entries > 0)
        {
            RangeNode* node = RangeSpace.Find(space, at);
            if (node == null || node->Place.Key >= end)
                return count;

            at = node->Place.Key > at ? node->Place.Key : at;
            ulong stop = node->Place.End < end ? node->Place.End : end;
            if (!TryTake(space, node, at, stop, false, work, out ulong done))
                return at + done - first;

            at = stop;
            if (at == end)
                return count;
        }

        return at - first;
    }

    /// <summary>
    /// Takes a part out of one node. False if less than the whole part was done, with the length of what was.
    /// <paramref name="locked"/>: the caller has the tree's lock too, and reaps the tree.
    /// </summary>
    public static bool TryTake(RangeSpace* space, RangeNode* node, ulong first, ulong end, bool locked, RangeWork* work, out ulong done)
    {
        RangeNode* spare = null;
        done = 0;
        if (node->Place.Key < first && node->Place.End > first + 1)
        {
            spare = RangeNode.New(space, RangeNode.FragmentCharge, work);
            if (spare == null)
                return false;
        }

        work->Nodes--;
        done = RangeSpace.Map(space, first, end - first, 0, 0, 0, work);
        if (done != 0)
            Cut(node, first, first + done, locked, &spare);

        RangeNode.Delete(space, spare, RangeNode.FragmentCharge);
        return done == end - first;
    }

    /// <summary>Gives a part of one node fewer permissions, in place: what was delegated from it keeps its own.</summary>
    public static ulong Reduce(RangeNode* node, ulong first, ulong count, uint permissions, bool locked, RangeWork* work)
    {
        if (node->Permissions == permissions)
            return count;

        RangeSpace* space = (RangeSpace*)node->Link.Space;
        RangeNode* before = null;
        RangeNode* behind = null;
        if (node->Place.Key < first)
            before = RangeNode.New(space, RangeNode.FragmentCharge, work);

        if (node->Place.End > first + count || count > (ulong)work->Entries)
            behind = RangeNode.New(space, RangeNode.FragmentCharge, work);

        ulong done = 0;
        if (!work->OutOfMemory)
            done = RangeSpace.Map(space, first, count, first + node->Delta, permissions, node->Attributes, work);

        if (done != 0)
        {
            if (!locked)
                RangeTree.Lock(node->Tree);

            RangeNode* part = node;
            if (node->Place.Key < first)
            {
                RangeNode.Split(node, first, before);
                part = before;
                before = null;
            }

            if (part->Place.End > first + done)
            {
                RangeNode.Split(part, first + done, behind);
                behind = null;
            }

            part->Permissions = (byte)permissions;
            if (!locked)
                RangeTree.Unlock(node->Tree);
        }

        RangeNode.Delete(space, before, RangeNode.FragmentCharge);
        RangeNode.Delete(space, behind, RangeNode.FragmentCharge);
        return done;
    }

    private static void Cut(RangeNode* node, ulong first, ulong end, bool locked, RangeNode** spare)
    {
        if (locked)
        {
            RangeNode.Cut(node, first, end, spare);
            return;
        }

        RangeTree* tree = node->Tree;
        RangeTree.Lock(tree);
        RangeNode.Cut(node, first, end, spare);
        RangeTree.Unlock(tree);
        RangeTree.Reap(tree);
    }
}
