using System.Threading;

namespace Kilonova.Kernel;

/// <summary>Revocation in spaces of ranges: see <see cref="Revocation"/>.</summary>
/// <remarks>
/// The victims of a range of resources are found in the tree's index, in its order, and looked at one by one: those that do not descend
/// from the origin are passed over. While the mark is there nothing is added below the origin, so that one look through the index is
/// enough. If the mark belongs to another revocation, the look is repeated until it finds nothing.
/// A victim whose part cannot be cut out because there is no memory at all loses its whole range.
/// A mark belongs to one range of resources. A revocation that finds another's mark at its origin goes without.
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

            revocation->Origin = null;
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
            origin->Link.Withdrawn = 0;
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

            if (VisitDescendants(revocation, work, ref looks))
            {
                if (revocation->Inclusive && !VisitOrigin(revocation, space, work))
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
        if (revocation->Next >= revocation->End)
        {
            return false;
        }

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
            head->Link.Revocations++;
            revocation->Marked = head->Link.Withdrawn == 0;
            if (revocation->Marked)
            {
                head->MarkFirst = revocation->First;
                head->MarkCount = (uint)(end - first);
                head->Link.Withdrawn = (byte)revocation->Withdrawn;
            }

            RangeTree.Unlock(head->Tree);
            revocation->Origin = &head->Link;
            Rewind(revocation, false);
        }

        space->Lock.Release();
        return found;
    }

    /// <summary>Looks through an index from its beginning.</summary>
    private static void Rewind(Revocation* revocation, bool again)
    {
        revocation->AfterKey = 0;
        revocation->AfterAddress = 0;
        revocation->Again = again;
    }

    /// <summary>Visits what descends from the origin; true when nothing is left to visit.</summary>
    private static bool VisitDescendants(Revocation* revocation, RangeWork* work, ref int looks)
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

                Rewind(revocation, false);
                continue;
            }

            if ((victim->Permissions & revocation->Withdrawn) == 0 || !Descends(victim, origin))
            {
                Pass(revocation, victim);
                RangeTree.Unlock(tree);
                continue;
            }

            if (Visit(tree, victim, revocation, revocation->First, revocation->Limit, work))
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
    /// Withdraws permissions from a node's resources, from as many as the step allows. Called with the tree's lock, which is released.
    /// False if the node had changed when both locks were held: the search begins anew.
    /// </summary>
    private static bool Visit(RangeTree* tree, RangeNode* victim, Revocation* revocation, ulong first, ulong limit, RangeWork* work)
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
            ulong offset = victim->Place.Key - victim->Index.Key;
            Withdraw(space, victim, from + offset, to + offset, revocation->Withdrawn, work);
        }

        space->Lock.Release();
        return same;
    }

    /// <summary>
    /// Withdraws permissions from a part of a node. If what is left of it cannot be told apart for want of memory, the whole node goes.
    /// </summary>
    private static void Withdraw(RangeSpace* space, RangeNode* node, ulong first, ulong end, uint withdrawn, RangeWork* work)
    {
        uint left = node->Permissions & ~withdrawn;
        if (left != 0)
        {
            work->Nodes--;
            _ = RangeRemoval.Reduce(node, first, end - first, left, work);
        }
        else
        {
            _ = RangeRemoval.TryTake(space, node, first, end, work, out _);
        }

        if (work->OutOfMemory)
        {
            work->OutOfMemory = false;
            work->Entries = RangeWork.EntriesPerStep;
            _ = RangeRemoval.TryTake(space, node, node->Place.Key, node->Place.End, work, out _);
        }
    }

    /// <summary>Visits the capabilities that the revocation began at, unless others stand there by now; false if not all yet.</summary>
    private static bool VisitOrigin(Revocation* revocation, RangeSpace* space, RangeWork* work)
    {
        ulong end = revocation->Next + (revocation->Limit - revocation->First);
        space->Lock.Acquire();
        RangeNode* node = RangeSpace.Find(space, revocation->Next);
        while (node != null && node->Place.Key < end && work->Nodes > 0 && work->Entries > 0)
        {
            ulong first = node->Place.Key > revocation->Next ? node->Place.Key : revocation->Next;
            ulong stop = node->Place.End < end ? node->Place.End : end;
            if ((node->Link.Tag & RangeNode.KernelPage) == 0 && RangeNode.HeadOf(node) == revocation->Origin
                && (node->Permissions & revocation->Withdrawn) != 0)
            {
                Withdraw(space, node, first, stop, revocation->Withdrawn, work);
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
        if (revocation->Origin == null)
        {
            MarkNova(revocation, nova);
        }

        for (int looks = LooksPerStep; work->Nodes > 0 && work->Entries > 0 && looks > 0; looks--)
        {
            nova->TreesLock.Acquire();
            TreeLink* link = OrderedTree.NextOverlap(
                nova->Nodes, revocation->Next, revocation->End, revocation->AfterTreeKey, revocation->AfterTreeAddress);
            nova->TreesLock.Release();
            if (link == null)
            {
                if (!revocation->Again || revocation->Marked)
                {
                    Suspend(revocation);
                    revocation->Next = revocation->End;
                    return false;
                }

                RewindNova(revocation);
                continue;
            }

            // The tree may vanish now, but its memory stays until this CPU leaves the kernel.
            RangeTree* tree = (RangeTree*)link;
            RangeTree.Lock(tree);
            RangeNode* victim = RangeNode.OfIndex(OrderedTree.NextOverlap(
                tree->Index, revocation->Next, revocation->End, revocation->AfterKey, revocation->AfterAddress));
            if (victim == null)
            {
                RangeTree.Unlock(tree);
                Rewind(revocation, revocation->Again);
                revocation->AfterTreeKey = link->Key;
                revocation->AfterTreeAddress = (nuint)link;
            }
            else if ((victim->Permissions & revocation->Withdrawn) == 0)
            {
                Pass(revocation, victim);
                RangeTree.Unlock(tree);
            }
            else if (Visit(tree, victim, revocation, revocation->Next, revocation->End, work))
            {
                revocation->Again = true;
            }
        }

        return true;
    }

    private static void MarkNova(Revocation* revocation, RangeSpace* nova)
    {
        nova->TreesLock.Acquire();
        revocation->Marked = nova->Revocations == 0;
        if (revocation->Marked)
        {
            // In this order: whoever sees the mark sees its range.
            nova->MarkFirst = revocation->Next;
            nova->MarkEnd = revocation->End;
            nova->Withdrawn = revocation->Withdrawn;
            Volatile.Write(ref nova->Revocations, 1);
        }

        nova->TreesLock.Release();
        revocation->Origin = (DerivationLink*)nova;
        RewindNova(revocation);
    }

    private static void RewindNova(Revocation* revocation)
    {
        Rewind(revocation, false);
        revocation->AfterTreeKey = 0;
        revocation->AfterTreeAddress = 0;
    }
}
