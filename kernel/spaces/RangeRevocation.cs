using System.Threading;

namespace Kilonova.Kernel;

/// <summary>Revocation in spaces of ranges: see <see cref="Revocation"/>.</summary>
/// <remarks>
/// The victims of a range of resources are found in the tree's index, in its order, and looked at one by one: those that do not descend
/// from the origin are passed over. While the mark is there nothing is added below the origin, so that one look through the index is
/// enough. If the mark belongs to another revocation, the look is repeated until it finds nothing.
/// A victim whose part cannot be cut out because there is no memory at all loses its whole range.
/// </remarks>
public static unsafe class RangeRevocation
{
    /// <summary>Nodes of the index that a step looks at, at most.</summary>
    private const int LooksPerStep = 128;

    /// <summary>One step.</summary>
    public static bool Step(Revocation* revocation)
    {
        RangeWork work;
        RangeWork.Begin(&work, true);
        bool more = RangeSpace.IsNova((RangeSpace*)revocation->Space) ? StepNova(revocation, &work) : StepSpace(revocation, &work);
        RangeWork.Finish(&work);
        return more;
    }

    /// <summary>Takes the mark away, and drops what only the mark has kept.</summary>
    public static void Suspend(Revocation* revocation)
    {
        RangeSpace* space = (RangeSpace*)revocation->Space;
        if (RangeSpace.IsNova(space))
        {
            if (revocation->Marked)
            {
                space->TreesLock.Acquire();
                space->Revocations = 0;
                space->TreesLock.Release();
                revocation->Marked = false;
            }

            return;
        }

        RangeNode* origin = (RangeNode*)revocation->Origin;
        if (origin == null)
        {
            return;
        }

        RangeTree* tree = origin->Tree;
        RangeTree.Lock(tree);
        if (revocation->Marked)
        {
            origin->MarkCount = 0;
        }

        origin->Link.Revocations--;
        RangeNode.Reduce(origin);
        RangeTree.Unlock(tree);
        RangeTree.Reap(tree);
        revocation->Origin = null;
        revocation->Marked = false;
    }

    private static bool StepSpace(Revocation* revocation, RangeWork* work)
    {
        RangeSpace* space = (RangeSpace*)revocation->Space;
        int looks = LooksPerStep;
        while (work->Nodes > 0 && work->Entries > 0 && looks > 0)
        {
            if (revocation->Origin == null && !TryMark(revocation, space))
            {
                return false;
            }

            if (RemoveDescendants(revocation, work, ref looks))
            {
                if (revocation->Inclusive && !RemoveOrigin(revocation, space, work))
                {
                    return true;
                }

                revocation->Next += revocation->Limit - revocation->First;
                Suspend(revocation);
            }
        }

        return true;
    }

    /// <summary>Finds the next node of the range, and marks its head; false if there is none.</summary>
    private static bool TryMark(Revocation* revocation, RangeSpace* space)
    {
        space->Lock.Acquire();
        RangeNode* node = RangeSpace.Find(space, revocation->Next);
        while (node != null && node->Place.Key < revocation->End && (node->Link.Tag & RangeNode.KernelPage) != 0)
        {
            node = RangeNode.OfPlace(OrderedTree.Next(&node->Place));
        }

        bool found = node != null && node->Place.Key < revocation->End;
        if (found)
        {
            ulong first = node->Place.Key > revocation->Next ? node->Place.Key : revocation->Next;
            ulong end = node->Place.End < revocation->End ? node->Place.End : revocation->End;
            revocation->Next = first;
            revocation->First = node->Index.Key + (first - node->Place.Key);
            revocation->Limit = revocation->First + (end - first);
            RangeNode* head = RangeNode.HeadOf(node);
            RangeTree.Lock(head->Tree);
            revocation->Marked = head->Link.Revocations++ == 0;
            if (revocation->Marked)
            {
                head->MarkFirst = revocation->First;
                head->MarkCount = (uint)(end - first);
            }

            RangeTree.Unlock(head->Tree);
            revocation->Origin = &head->Link;
            Rewind(revocation);
        }

        space->Lock.Release();
        return found;
    }

    private static void Rewind(Revocation* revocation)
    {
        revocation->AfterKey = 0;
        revocation->AfterAddress = 0;
        revocation->Again = false;
    }

    /// <summary>Removes what descends from the origin; true when nothing is left.</summary>
    private static bool RemoveDescendants(Revocation* revocation, RangeWork* work, ref int looks)
    {
        RangeNode* origin = (RangeNode*)revocation->Origin;
        RangeTree* tree = origin->Tree;
        while (work->Nodes > 0 && work->Entries > 0 && looks-- > 0)
        {
            RangeTree.Lock(tree);
            RangeNode* victim = RangeNode.OfIndex(OrderedTree.NextOverlap(
                tree->Index, revocation->First, revocation->Limit, revocation->AfterKey, revocation->AfterAddress));
            if (victim == null)
            {
                RangeTree.Unlock(tree);
                if (!revocation->Again || revocation->Marked)
                {
                    return true;
                }

                Rewind(revocation);
                continue;
            }

            if (!Descends(victim, origin))
            {
                Pass(revocation, victim);
                RangeTree.Unlock(tree);
                continue;
            }

            if (Remove(tree, victim, revocation->First, revocation->Limit, work))
            {
                revocation->Again = true;
            }
        }

        return false;
    }

    private static void Pass(Revocation* revocation, RangeNode* node)
    {
        revocation->AfterKey = node->Index.Key;
        revocation->AfterAddress = (nuint)(&node->Index);
    }

    private static bool Descends(RangeNode* node, RangeNode* origin)
    {
        RangeNode* head = RangeNode.HeadOf(node);
        if (head == origin)
        {
            return false;
        }

        while (head != null && head != origin)
        {
            head = (RangeNode*)head->Link.Parent;
        }

        return head != null;
    }

    /// <summary>
    /// Takes resources away from a node, as many as the step allows. Called with the tree's lock, which is released. False if the node
    /// had changed when both locks were held: the search begins anew.
    /// </summary>
    private static bool Remove(RangeTree* tree, RangeNode* victim, ulong first, ulong limit, RangeWork* work)
    {
        RangeSpace* space = (RangeSpace*)victim->Link.Space;
        if (!space->Lock.TryAcquire())
        {
            RangeTree.Unlock(tree);
            space->Lock.Acquire();
            RangeTree.Lock(tree);
        }

        bool same = victim->Link.Space == &space->Head && victim->Index.Key < limit && victim->Index.End > first;
        RangeTree.Unlock(tree);
        if (same)
        {
            // With the space's lock its ranges stay as they are.
            ulong from = victim->Index.Key > first ? victim->Index.Key : first;
            ulong to = victim->Index.End < limit ? victim->Index.End : limit;
            Take(space, victim, victim->Place.Key + (from - victim->Index.Key), victim->Place.Key + (to - victim->Index.Key), work);
        }

        space->Lock.Release();
        return same;
    }

    /// <summary>Takes a part out of a node, or, if that takes memory and there is none, the whole node.</summary>
    private static void Take(RangeSpace* space, RangeNode* node, ulong first, ulong end, RangeWork* work)
    {
        _ = RangeRemoval.TryTake(space, node, first, end, work, out _);
        if (work->OutOfMemory)
        {
            work->OutOfMemory = false;
            work->Entries = RangeWork.EntriesPerStep;
            _ = RangeRemoval.TryTake(space, node, node->Place.Key, node->Place.End, work, out _);
        }
    }

    /// <summary>Takes away the capabilities that the revocation began at, unless others stand there by now; false if not all yet.</summary>
    private static bool RemoveOrigin(Revocation* revocation, RangeSpace* space, RangeWork* work)
    {
        ulong end = revocation->Next + (revocation->Limit - revocation->First);
        space->Lock.Acquire();
        RangeNode* node = RangeSpace.Find(space, revocation->Next);
        while (node != null && node->Place.Key < end && work->Nodes > 0 && work->Entries > 0)
        {
            ulong first = node->Place.Key > revocation->Next ? node->Place.Key : revocation->Next;
            ulong stop = node->Place.End < end ? node->Place.End : end;
            if ((node->Link.Tag & RangeNode.KernelPage) == 0 && RangeNode.HeadOf(node) == revocation->Origin)
            {
                Take(space, node, first, stop, work);
                node = RangeSpace.Find(space, first);
            }
            else
            {
                node = RangeNode.OfPlace(OrderedTree.Next(&node->Place));
                work->Nodes--;
            }
        }

        bool done = node == null || node->Place.Key >= end;
        space->Lock.Release();
        return done;
    }

    /// <summary>All trees that touch the range, one after the other; every node in them descends from the NOVA space.</summary>
    private static bool StepNova(Revocation* revocation, RangeWork* work)
    {
        RangeSpace* nova = (RangeSpace*)revocation->Space;
        if (!revocation->Marked)
        {
            nova->TreesLock.Acquire();
            revocation->Marked = nova->Revocations == 0;
            if (revocation->Marked)
            {
                nova->MarkFirst = revocation->Next;
                nova->MarkEnd = revocation->End;
                Volatile.Write(ref nova->Revocations, 1);
            }

            nova->TreesLock.Release();
            Rewind(revocation);
        }

        while (work->Nodes > 0 && work->Entries > 0)
        {
            nova->TreesLock.Acquire();
            TreeLink* link = OrderedTree.NextOverlap(
                nova->Nodes, revocation->Next, revocation->End, revocation->AfterKey, revocation->AfterAddress);
            nova->TreesLock.Release();
            if (link == null)
            {
                if (!revocation->Again || revocation->Marked)
                {
                    revocation->Next = revocation->End;
                    Suspend(revocation);
                    return false;
                }

                Rewind(revocation);
                continue;
            }

            // The tree may vanish now, but its memory stays until this CPU leaves the kernel.
            RangeTree* tree = (RangeTree*)link;
            RangeTree.Lock(tree);
            RangeNode* victim = RangeNode.OfIndex(OrderedTree.NextOverlap(tree->Index, revocation->Next, revocation->End, 0, 0));
            if (victim == null)
            {
                RangeTree.Unlock(tree);
                revocation->AfterKey = link->Key;
                revocation->AfterAddress = (nuint)link;
                work->Nodes--;
                continue;
            }

            if (Remove(tree, victim, revocation->Next, revocation->End, work))
            {
                revocation->Again = true;
            }
        }

        return true;
    }
}
