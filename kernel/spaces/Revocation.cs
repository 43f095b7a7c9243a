using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// A recursive revocation in progress (docs/abi.md): takes away everything that was delegated, directly or not, from the capabilities in
/// a range of selectors, and the capabilities themselves if asked to.
/// </summary>
/// <remarks>
/// While descendants of a capability are being removed, its node carries a mark, and nothing can be delegated from below a mark: so
/// nothing outruns a revocation. A caller that stops between two steps for longer than a preemption point takes calls
/// <see cref="Suspend"/>, which takes the mark away and forgets everything but <see cref="Next"/>; a later revocation from there goes on
/// with what is left.
/// </remarks>
public unsafe struct Revocation
{
    /// <summary>The space. The caller keeps it alive.</summary>
    public KernelObject* Space;

    /// <summary>The first selector that has not been dealt with.</summary>
    public ulong Next;

    /// <summary>The first selector behind the range.</summary>
    public ulong End;

    /// <summary>Whether the capabilities themselves go too. A NOVA space's cannot.</summary>
    public bool Inclusive;

    /// <summary>The node whose descendants are being removed; null: none. <see cref="Marked"/> tells whether its mark is this one's.</summary>
    internal DerivationLink* Origin;

    /// <summary>Objects: the object, of which a reference is held.</summary>
    internal KernelObject* Object;

    /// <summary>Ranges: the resources to take away, and the place in the tree's index behind which to look for more.</summary>
    internal ulong First;
    internal ulong Limit;
    internal ulong AfterKey;
    internal nuint AfterAddress;

    /// <summary>Ranges: the mark is this revocation's; otherwise another one's mark was there first, for another range perhaps.</summary>
    internal bool Marked;

    /// <summary>Ranges, without an own mark: something was removed since the look through the index began.</summary>
    internal bool Again;

    /// <summary>
    /// Prepares a revocation. The caller has checked permission TAKE.
    /// </summary>
    /// <returns>BAD_CAP if the object is no space, BAD_PAR if selectors are out of range or not aligned.</returns>
    public static Status Begin(Revocation* revocation, KernelObject* space, ulong selector, uint order, bool inclusive)
    {
        ulong selectors = space->Type switch
        {
            ObjectType.ObjectSpace => ObjectSpace.Selectors,
            ObjectType.HostSpace or ObjectType.PioSpace or ObjectType.MsrSpace => ((RangeSpace*)space)->Selectors,
            _ => 0,
        };
        if (selectors == 0)
        {
            return Status.BAD_CAP;
        }

        ulong last = (1ul << (int)order) - 1;
        if ((selector & last) != 0 || selector + last >= selectors)
        {
            return Status.BAD_PAR;
        }

        Begin(revocation, space, selector, selector + last + 1, inclusive);
        return Status.SUCCESS;
    }

    /// <summary>Prepares the revocation of everything in a space: the death of its domain.</summary>
    public static void BeginAll(Revocation* revocation, KernelObject* space) =>
        Begin(revocation, space, 0, space->Type == ObjectType.ObjectSpace ? ObjectSpace.Selectors : ((RangeSpace*)space)->Selectors, true);

    /// <summary>
    /// Does a bounded part. True if there is more to do. No lock is held between steps.
    /// </summary>
    public static bool Step(Revocation* revocation) =>
        revocation->Space->Type == ObjectType.ObjectSpace ? ObjectRevocation.Step(revocation) : RangeRevocation.Step(revocation);

    /// <summary>
    /// Lets go of everything that the revocation holds between steps. It may be continued by <see cref="Step"/>, or dropped.
    /// </summary>
    public static void Suspend(Revocation* revocation)
    {
        if (revocation->Space->Type == ObjectType.ObjectSpace)
        {
            ObjectRevocation.Suspend(revocation);
        }
        else
        {
            RangeRevocation.Suspend(revocation);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin(Revocation* revocation, KernelObject* space, ulong first, ulong end, bool inclusive)
    {
        revocation->Space = space;
        revocation->Next = first;
        revocation->End = end;
        revocation->Inclusive = inclusive;
        revocation->Origin = null;
        revocation->Object = null;
        revocation->Marked = false;
    }
}
