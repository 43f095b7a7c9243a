namespace Kilonova.Kernel;

/// <summary>Revocation in spaces of ranges: see <see cref="Revocation"/>.</summary>
/// <remarks>
/// The descendants of the origin are visited in the order of <see cref="RangeFamily.Next"/>. While the mark is there nothing is added below
/// the origin that would have to be revoked, so that one walk is enough. A mark belongs to one range of resources: a revocation that finds
/// another's mark at its origin goes without, and repeats the walk until it finds nothing.
///
/// A walk has the tree's lock, and that of the space in which it finds its victims, which it keeps as long as they are in the same one.
/// Space locks come first: if the next one is not free at once, both locks are let go and taken in order, and the search goes on from the
/// last node that was passed, which is held in its place meanwhile. A place that is not held is good as long as the lock: what precedes the
/// victim neither goes nor changes its order when the victim goes.
///
/// A victim whose part cannot be cut out because there is no memory at all loses its whole range.
/// </remarks>
public static unsafe class RangeRevocation
{
    /// <summary>Nodes that a step looks at, at most.</summary>
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
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Suspend(Revocation* revocation)
    {
        RangeSpace* space = (RangeSpace*)revocation->Space;
        bool nova = RangeSpace.IsNova(space);
        RangeNode* origin = nova ? null : (RangeNode*)revocation->Origin;
        RangeNode* held = origin != null ? origin : (RangeNode*)revocation->Position;
        if (held != null)
        {
            RangeTree* tree = held->Tree;
            RangeTree.Lock(tree);
            Hold(revocation, null);
            if (origin != null)
            {
                origin->Link.Withdrawn = revocation->Marked ? (byte)0 : origin->Link.Withdrawn;
                origin->Link.Revocations--;
                RangeFamily.Reduce(origin);
            }

            RangeTree.Unlock(tree);
            RangeTree.Reap(tree);
        }

        if (nova && revocation->Marked)
        {
            space->TreesLock.Acquire();
            space->Revocations = 0;
            space->TreesLock.Release();
        }

        revocation->Origin = null;
        revocation->Marked = false;
        revocation->Within = 0;
    }

    private static bool StepSpace(Revocation* revocation, RangeWork* work)
    {
        RangeSpace* space = (RangeSpace*)revocation->Space;
        int looks = LooksPerStep;
        while (work->Nodes > 0 && work->Entries > 0 && looks > 0)
        {
            if (revocation->Origin == null && !TryMark(revocation, space))
                return false;

            bool atOrigin = revocation->Within != 0 && revocation->Position == null;
            RangeNode* origin = (RangeNode*)revocation->Origin;
            if (!atOrigin && !Walk(revocation, origin->Tree, origin, work, ref looks))
                return true;

            if (revocation->Again && !revocation->Marked)
            {
                revocation->Again = false;
                continue;
            }

            if (revocation->Inclusive && !VisitOrigin(revocation, space, work))
                return true;

            revocation->Next += revocation->Limit - revocation->First;
            Suspend(revocation);
        }

        return true;
    }

    /// <summary>Finds the next node of the range, and marks its head; false if there is none.</summary>
    private static bool TryMark(Revocation* revocation, RangeSpace* space)
    {
        if (revocation->Next >= revocation->End)
            return false;

        space->Lock.Acquire();
        RangeNode* node = RangeSpace.Find(space, revocation->Next);
        while (node != null && node->Place.Key < revocation->End && (node->Link.Tag & RangeNode.KernelPage) != 0)
            node = RangeNode.OfPlace(OrderedTree.Next(RangeNode.PlaceOf(node)));

        bool found = node != null && node->Place.Key < revocation->End;
        if (found)
        {
            ulong first = node->Place.Key > revocation->Next ? node->Place.Key : revocation->Next;
            ulong end = node->Place.End < revocation->End ? node->Place.End : revocation->End;
            revocation->Next = first;
            revocation->First = first + node->Delta;
            revocation->Limit = end + node->Delta;
            revocation->Again = false;
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
            revocation->Origin = (DerivationLink*)head;
        }

        space->Lock.Release();
        return found;
    }

    /// <summary>
    /// Visits the descendants of a node, or the whole tree if that is null, from where the revocation has got to; false if the step is
    /// used up before the end.
    /// </summary>
    private static bool Walk(Revocation* revocation, RangeTree* tree, RangeNode* origin, RangeWork* work, ref int looks)
    {
        RangeSpace* locked = null;
        bool finished = false;
        RangeTree.Lock(tree);
        RangeNode* behind = (RangeNode*)revocation->Position;
        do
        {
            looks--;
            RangeNode* victim = revocation->Within != 0
                ? behind
                : RangeFamily.Next(origin != null ? origin : tree->Root, behind, revocation->First, revocation->Limit);
            if (victim == origin)
            {
                finished = true;
                break;
            }

            RangeSpace* space = (RangeSpace*)victim->Link.Space;
            if (space == null)
            {
                revocation->Within = 0;
                behind = victim;
                continue;
            }

            if (space != locked)
            {
                Leave(locked, work);
                locked = space;
                if (!space->Lock.TryAcquire())
                {
                    Hold(revocation, behind);
                    RangeTree.Unlock(tree);
                    space->Lock.Acquire();
                    RangeTree.Lock(tree);
                    continue;
                }
            }

            // A page that goes as a whole leaves no node to go on from.
            if (TryTakePage(revocation, space, victim, work))
                continue;

            bool done = Visit(revocation, space, victim, work);
            behind = victim->Link.Space != null ? victim : behind;
            if (!done)
                break;
        }
        while (work->Nodes > 0 && work->Entries > 0 && looks > 0);

        Hold(revocation, finished ? null : behind);
        RangeTree.Unlock(tree);
        Leave(locked, work);
        RangeTree.Reap(tree);
        return finished;
    }

    /// <summary>Unlocks a space, if any, after telling the shootdown once of all single pages that were taken from it.</summary>
    private static void Leave(RangeSpace* space, RangeWork* work)
    {
        if (work->Pages != 0)
            Shootdown.Note(&work->Shootdown, (HostSpace*)space, work->Page, work->Pages > 1);

        work->Pages = 0;
        if (space != null)
            space->Lock.Release();
    }

    /// <summary>Holds the place of the walk, or none, in the tree. With the tree's lock.</summary>
    private static void Hold(Revocation* revocation, RangeNode* node)
    {
        RangeNode* previous = (RangeNode*)revocation->Position;
        if (node == previous)
            return;

        revocation->Position = (DerivationLink*)node;
        if (node != null)
            node->Link.Revocations++;

        if (previous != null)
        {
            previous->Link.Revocations--;
            RangeFamily.Reduce(previous);
        }
    }

    /// <summary>
    /// What most victims are: one page that is to go as a whole. False, and nothing done, for others. With the locks of its space and tree.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTakePage(Revocation* revocation, RangeSpace* space, RangeNode* head, RangeWork* work)
    {
        ulong page = head->Place.Key;
        if (revocation->Within != 0)
            return false;

        if (head->Place.End - page != 1 || head->Fragments != null || (head->Permissions & ~revocation->Withdrawn) != 0)
            return false;

        // (A condition of more parts would be computed into a register first.)
        if (page + head->Delta - revocation->First >= revocation->Limit - revocation->First)
            return false;

        if (space->Head.Type is not (ObjectType.HostSpace or ObjectType.GuestSpace))
            return false;

        ulong* entry = HostSpace.LeafEntry((HostSpace*)space, page);
        if (entry == null)
            return false;

        *entry = 0;
        revocation->Again = true;
        work->Nodes--;
        work->Entries--;
        work->Pages++;
        work->Page = page;
        RangeNode.Remove(head);
        return true;
    }

    /// <summary>
    /// Withdraws permissions from all parts of a delegation. With the locks of its space and tree. False if the step is used up before
    /// the end; then Within tells where to go on.
    /// </summary>
    private static bool Visit(Revocation* revocation, RangeSpace* space, RangeNode* head, RangeWork* work)
    {
        // Selectors; the resources of other nodes may be so far away that these would be negative.
        ulong delta = head->Delta;
        ulong from = revocation->First >= revocation->Within ? revocation->First : revocation->Within - 1;
        ulong at = (long)(from - delta) > 0 ? from - delta : 0;
        ulong end = (long)(revocation->Limit - delta) > 0 ? revocation->Limit - delta : 0;
        bool single = head->Fragments == null;
        RangeNode* node = single ? head : RangeSpace.Find(space, at);
        revocation->Within = 0;
        for (int looks = RangeWork.NodesPerStep; at < end && node != null && node->Place.Key < end && node->Place.End > at; looks--)
        {
            ulong first = node->Place.Key > at ? node->Place.Key : at;
            ulong stop = node->Place.End < end ? node->Place.End : end;
            bool concerned = RangeNode.HeadOf(node) == head && (node->Permissions & revocation->Withdrawn) != 0;
            if (looks == 0 || work->Nodes <= 0 || (concerned && !Withdraw(revocation, space, node, first, stop, work)))
            {
                revocation->Within = first + delta + 1;
                return false;
            }

            at = stop;
            node = single ? null : RangeSpace.Find(space, at);
        }

        return true;
    }

    /// <summary>
    /// Withdraws permissions from a part of a node; false if not from all of it yet. If what is left of the node cannot be told apart for
    /// want of memory, the whole node goes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Withdraw(Revocation* revocation, RangeSpace* space, RangeNode* node, ulong first, ulong end, RangeWork* work)
    {
        revocation->Again = true;
        uint left = node->Permissions & ~revocation->Withdrawn;
        ulong done;
        if (left != 0)
        {
            work->Nodes--;
            done = RangeRemoval.Reduce(node, first, end - first, left, true, work);
        }
        else
        {
            _ = RangeRemoval.TryTake(space, node, first, end, true, work, out done);
        }

        if (work->OutOfMemory)
        {
            work->OutOfMemory = false;
            work->Entries = RangeWork.EntriesPerStep;
            return RangeRemoval.TryTake(space, node, node->Place.Key, node->Place.End, true, work, out _);
        }

        return done == end - first;
    }

    /// <summary>Visits the node that the revocation began at, unless it is gone; false if not all of it yet.</summary>
    private static bool VisitOrigin(Revocation* revocation, RangeSpace* space, RangeWork* work)
    {
        RangeNode* origin = (RangeNode*)revocation->Origin;
        space->Lock.Acquire();
        RangeTree.Lock(origin->Tree);
        bool done = origin->Link.Space != &space->Head || Visit(revocation, space, origin, work);
        RangeTree.Unlock(origin->Tree);
        Leave(space, work);
        return done;
    }

    /// <summary>All trees that touch the range, one after the other; every node in them descends from the NOVA space.</summary>
    private static bool StepNova(Revocation* revocation, RangeWork* work)
    {
        RangeSpace* nova = (RangeSpace*)revocation->Space;
        if (revocation->Origin == null)
            MarkNova(revocation, nova);

        for (int looks = LooksPerStep; work->Nodes > 0 && work->Entries > 0 && looks > 0; looks--)
        {
            RangeTree* tree;
            if (revocation->Position != null)
            {
                tree = ((RangeNode*)revocation->Position)->Tree;
            }
            else
            {
                nova->TreesLock.Acquire();
                tree = (RangeTree*)OrderedTree.NextOverlap(
                    nova->Nodes, revocation->First, revocation->Limit, revocation->AfterKey, revocation->AfterAddress);
                nova->TreesLock.Release();
            }

            if (tree == null)
            {
                if (!revocation->Again || revocation->Marked)
                {
                    Suspend(revocation);
                    revocation->Next = revocation->End;
                    return false;
                }

                Rewind(revocation);
                continue;
            }

            // The tree may vanish at any time, but its memory stays until this CPU leaves the kernel.
            if (Walk(revocation, tree, null, work, ref looks))
            {
                revocation->AfterKey = tree->InNova.Key;
                revocation->AfterAddress = (nuint)(&tree->InNova);
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
        revocation->First = revocation->Next;
        revocation->Limit = revocation->End;
        Rewind(revocation);
    }

    private static void Rewind(Revocation* revocation)
    {
        revocation->Again = false;
        revocation->AfterKey = 0;
        revocation->AfterAddress = 0;
    }
}
