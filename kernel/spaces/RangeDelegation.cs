namespace Kilonova.Kernel;

/// <summary>Delegation between spaces of ranges (specification, section 5.4.1), one bounded piece at a time.</summary>
/// <remarks>
/// A piece is what lies in one source node, at most what a step may write. The locks of both spaces are held throughout, so source and
/// destination change for nobody else; tree locks are taken for the moments in which a tree changes, one at a time. Memory that the
/// piece needs is taken before anything changes; page tables are the exception, and what they do not suffice for is not delegated.
/// </remarks>
public static unsafe class RangeDelegation
{
    /// <summary>What a selector of the source refers to, and how far that goes.</summary>
    private struct Piece
    {
        /// <summary>Null if the source is a NOVA space, or for nothing.</summary>
        public RangeNode* Origin;

        public ulong Resource;
        public ulong Count;
        public uint Permissions;
        public uint Attributes;
    }

    /// <summary>
    /// Delegates the first of <paramref name="count"/> selectors, at least one. Where the source has nothing, or nothing that the mask
    /// leaves, the destination becomes empty.
    /// </summary>
    /// <param name="done">How many selectors were delegated.</param>
    /// <returns>SUCCESS, or MEM_CAP if memory or quota ran out, or the chain of delegations is too long, behind those.</returns>
    public static Status Step(
        RangeSpace* source,
        RangeSpace* destination,
        ulong from,
        ulong to,
        ulong count,
        uint mask,
        uint attributes,
        RangeWork* work,
        out ulong done)
    {
        // Nothing needs a NOVA space's lock: what it refers to is constant.
        SpinLock* first = RangeSpace.IsNova(source) ? &destination->Lock : &source->Lock;
        Space.LockBoth(first, &destination->Lock);
        Piece piece;
        Look(source, from, count, attributes, &piece);
        piece.Permissions &= mask;
        if (to == 0 && destination->Head.Type == ObjectType.HostSpace)
        {
            // Page 0 is never mapped.
            piece.Permissions = 0;
            piece.Count = 1;
        }

        bool inPlace = source == destination && from == to;
        if (piece.Permissions != 0 && !inPlace && !CanHaveChild(source, &piece))
        {
            work->OutOfMemory = true;
            piece.Count = 0;
        }

        if (piece.Permissions == 0)
            done = RangeRemoval.Erase(destination, to, piece.Count, work);
        else if (inPlace)
            done = RangeRemoval.Reduce(piece.Origin, from, piece.Count, piece.Permissions, false, work);
        else
            done = piece.Count != 0 ? Place(source, destination, from, to, &piece, work) : 0;

        work->Nodes--;
        Space.UnlockBoth(first, &destination->Lock);
        return work->OutOfMemory ? Status.MEM_CAP : Status.SUCCESS;
    }

    private static void Look(RangeSpace* source, ulong from, ulong count, uint attributes, Piece* piece)
    {
        piece->Origin = null;
        piece->Resource = from;
        piece->Permissions = 0;
        piece->Attributes = attributes;
        ulong end;
        if (RangeSpace.IsNova(source))
        {
            piece->Permissions = ResourceMap.PermissionsOf(source->Resources, from, out end);
        }
        else
        {
            RangeNode* node = RangeSpace.Find(source, from);
            if (node == null)
            {
                end = ulong.MaxValue;
            }
            else if (node->Place.Key > from)
            {
                end = node->Place.Key;
            }
            else
            {
                end = node->Place.End;
                if ((node->Link.Tag & RangeNode.KernelPage) == 0)
                {
                    piece->Origin = node;
                    piece->Resource = from + node->Delta;
                    piece->Permissions = node->Permissions;
                    piece->Attributes = node->Attributes;
                }
            }
        }

        piece->Count = end - from < count ? end - from : count;
    }

    /// <summary>
    /// Looks upwards from the source for revocations in progress: takes the permissions off the piece that they withdraw, and shortens
    /// it so that each covers it wholly or not at all. False if the chain of delegations is too long. Sure only with the tree's lock;
    /// without, a first impression.
    /// </summary>
    private static bool CanHaveChild(RangeSpace* nova, Piece* piece)
    {
        if (piece->Origin != null)
        {
            nova = piece->Origin->Tree->Nova;
            uint depth = 1;
            for (RangeNode* node = RangeNode.HeadOf(piece->Origin); node != null; node = (RangeNode*)node->Link.Parent)
            {
                if (++depth > Derivation.MaxDepth)
                    return false;

                if (node->Link.Withdrawn != 0)
                    Apply(piece, node->MarkFirst, node->MarkFirst + node->MarkCount, node->Link.Withdrawn);
            }
        }

        if (nova->Revocations != 0)
            Apply(piece, nova->MarkFirst, nova->MarkEnd, nova->Withdrawn);

        return true;
    }

    private static void Apply(Piece* piece, ulong first, ulong end, uint withdrawn)
    {
        if (piece->Resource < first)
        {
            ulong before = first - piece->Resource;
            piece->Count = piece->Count < before ? piece->Count : before;
        }
        else if (piece->Resource < end)
        {
            ulong within = end - piece->Resource;
            piece->Count = piece->Count < within ? piece->Count : within;
            piece->Permissions &= ~withdrawn;
        }
    }

    private static ulong Place(RangeSpace* source, RangeSpace* destination, ulong from, ulong to, Piece* piece, RangeWork* work)
    {
        ulong count = RangeRemoval.Limit(destination, to, piece->Count, work, out bool occupied, out bool splits);
        RangeNode* spare = splits ? RangeNode.New(destination, RangeNode.FragmentCharge, work) : null;
        RangeNode* node = work->OutOfMemory ? null : RangeNode.New(destination, RangeNode.Charge, work);
        RangeTree* fresh = node == null || piece->Origin != null ? null : RangeTree.New(source, destination, work);
        ulong done = 0;
        if (!work->OutOfMemory)
            done = RangeSpace.Map(destination, to, count, piece->Resource, piece->Permissions, piece->Attributes, work);

        if (done != 0)
        {
            // Nothing can fail any more.
            if (occupied)
            {
                RangeRemoval.Forget(destination, to, to + done, &spare);
                if (source == destination)
                {
                    // The source may have been cut at the destination, or its node taken over by its head.
                    piece->Origin = RangeSpace.Find(source, from);
                }
            }

            RangeNode.SetRange(node, to, done, piece->Resource);
            node->Permissions = (byte)piece->Permissions;
            node->Attributes = (byte)piece->Attributes;
            piece->Count = done;
            if (piece->Origin != null ? Hang(node, piece) : Plant(source, node, fresh, piece))
            {
                RangeSpace.Add(destination, node);
                node = null;
                fresh = null;
            }
            else
            {
                // A revocation has begun meanwhile, and covers some of the piece: all of it comes out again, the caller tries anew.
                work->Entries = RangeWork.EntriesPerStep;
                _ = RangeSpace.Map(destination, to, done, 0, 0, 0, work);
                done = 0;
            }
        }

        if (node != null || spare != null || fresh != null)
        {
            RangeTree.Delete(fresh);
            RangeNode.Delete(destination, node, RangeNode.Charge);
            RangeNode.Delete(destination, spare, RangeNode.FragmentCharge);
        }

        return done;
    }

    /// <summary>Hangs a new node below its source; false if part of it is being revoked.</summary>
    private static bool Hang(RangeNode* node, Piece* piece)
    {
        RangeTree* tree = piece->Origin->Tree;
        node->Tree = tree;
        RangeTree.Lock(tree);
        bool possible = Confirm(null, piece);
        if (possible)
            RangeFamily.Add(RangeNode.HeadOf(piece->Origin), node);

        RangeTree.Unlock(tree);
        return possible;
    }

    /// <summary>Begins a tree with a new node that comes from a NOVA space; false if part of it is being revoked.</summary>
    private static bool Plant(RangeSpace* nova, RangeNode* node, RangeTree* tree, Piece* piece)
    {
        nova->TreesLock.Acquire();
        bool possible = Confirm(nova, piece);
        if (possible)
        {
            // Nobody knows the tree yet.
            node->Tree = tree;
            tree->Root = node;
            tree->InNova.Key = node->Among.Key;
            tree->InNova.End = node->Among.End;
            OrderedTree.Insert(&nova->Nodes, &tree->InNova);
        }

        nova->TreesLock.Release();
        return possible;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Confirm(RangeSpace* nova, Piece* piece)
    {
        // The chain may have grown since it was measured; by no more than there are CPUs.
        ulong count = piece->Count;
        uint permissions = piece->Permissions;
        _ = CanHaveChild(nova, piece);
        return piece->Count == count && piece->Permissions == permissions;
    }
}
