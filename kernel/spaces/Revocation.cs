namespace Kilonova.Kernel;

/// <summary>
/// A recursive revocation in progress (docs/abi.md): withdraws permissions from everything that was delegated, directly or not, from the
/// capabilities in a range of selectors, and from the capabilities themselves if asked to. What has no permission left is gone.
/// </summary>
/// <remarks>
/// While descendants of a capability are being visited, its node carries a mark, and what is delegated from below a mark does not get the
/// permissions that are being withdrawn: so nothing outruns a revocation. Mark and place stay between steps; who will not make the next
/// step calls <see cref="Suspend"/>, after which only <see cref="Next"/> is known, and what is left there is visited anew.
/// </remarks>
public unsafe struct Revocation
{
    /// <summary>The space. The caller keeps it alive.</summary>
    public KernelObject* Space;

    /// <summary>The first selector that has not been dealt with.</summary>
    public ulong Next;

    /// <summary>The first selector behind the range.</summary>
    public ulong End;

    /// <summary>The permissions to withdraw.</summary>
    public uint Withdrawn;

    /// <summary>Whether they are withdrawn from the range itself too. A NOVA space's are constant.</summary>
    public bool Inclusive;

    /// <summary>The node whose descendants are being visited; of a NOVA space, the space; null: none.</summary>
    internal DerivationLink* Origin;

    /// <summary>The descendant behind which to go on, held in its place; null: at the first.</summary>
    internal DerivationLink* Position;

    /// <summary>Objects: the object, of which a reference is held.</summary>
    internal KernelObject* Object;

    /// <summary>NOVA spaces: the place among the trees behind which to look for more.</summary>
    internal ulong AfterKey;
    internal nuint AfterAddress;

    /// <summary>Ranges: the resources to take away.</summary>
    internal ulong First;
    internal ulong Limit;

    /// <summary>
    /// Ranges: one more than the resource to go on from within <see cref="Position"/>, or within the origin if that is null; 0: go on
    /// with the next node.
    /// </summary>
    internal ulong Within;

    /// <summary>Ranges: the mark is this revocation's; otherwise another one's mark was there first, for another range perhaps.</summary>
    internal bool Marked;

    /// <summary>Ranges: something was withdrawn since the visits began.</summary>
    internal bool Again;

    /// <summary>
    /// Prepares a revocation. The caller has checked permission TAKE.
    /// </summary>
    /// <returns>BAD_CAP if the object is no space, BAD_PAR if selectors are out of range or not aligned.</returns>
    public static Status Begin(
        Revocation* revocation, KernelObject* space, ulong selector, uint order, uint withdrawn, bool inclusive)
    {
        ulong selectors = SelectorsOf(space);
        if (selectors == 0)
            return Status.BAD_CAP;

        ulong last = (1ul << (int)order) - 1;
        if ((selector & last) != 0 || selector + last >= selectors)
            return Status.BAD_PAR;

        Begin(revocation, space, selector, selector + last + 1, withdrawn, inclusive);
        return Status.SUCCESS;
    }

    /// <summary>How many selectors a space has that can be named by revoke and lookup; 0 for one that cannot.</summary>
    public static ulong SelectorsOf(KernelObject* space) => space->Type switch
    {
        ObjectType.ObjectSpace => ObjectSpace.Selectors,
        ObjectType.HostSpace or ObjectType.GuestSpace or ObjectType.PioSpace or ObjectType.MsrSpace => ((RangeSpace*)space)->Selectors,
        _ => 0,
    };

    /// <summary>Prepares the revocation of everything in a space: the death of its domain.</summary>
    public static void BeginAll(Revocation* revocation, KernelObject* space) =>
        Begin(
            revocation,
            space,
            0,
            space->Type == ObjectType.ObjectSpace ? ObjectSpace.Selectors : ((RangeSpace*)space)->Selectors,
            Capability.PermissionMask,
            true);

    /// <summary>
    /// Does a bounded part. True if there is more to do. No lock is held between steps.
    /// </summary>
    public static bool Step(Revocation* revocation) =>
        revocation->Space->Type == ObjectType.ObjectSpace ? ObjectRevocation.Step(revocation) : RangeRevocation.Step(revocation);

    /// <summary>
    /// Lets go of everything that the revocation holds between steps. It may be continued by <see cref="Step"/>, or dropped. Does nothing
    /// to one that has ended, or is all zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Suspend(Revocation* revocation)
    {
        if (revocation->Space == null)
            return;

        if (revocation->Space->Type == ObjectType.ObjectSpace)
            ObjectRevocation.Suspend(revocation);
        else
            RangeRevocation.Suspend(revocation);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin(Revocation* revocation, KernelObject* space, ulong first, ulong end, uint withdrawn, bool inclusive)
    {
        revocation->Space = space;

        // Nothing to withdraw: nothing to visit.
        revocation->Next = withdrawn != 0 ? first : end;
        revocation->End = end;
        revocation->Withdrawn = withdrawn;
        revocation->Inclusive = inclusive;
        revocation->Origin = null;
        revocation->Object = null;
        revocation->Position = null;
        revocation->Marked = false;
        revocation->Within = 0;
    }
}
