namespace Kilonova.Kernel;

/// <summary>
/// A place in a derivation tree: who got a capability from whom. The first member of <see cref="MapNode"/> and <see cref="RangeNode"/>.
/// </summary>
/// <remarks>
/// Guarded by the tree's lock; Space changes under that lock and the space's lock, so either suffices to read it. A link without Space is
/// a ghost: its capability is gone, what was delegated from it is not. Links are freed by RCU: one that was found in a tree may be looked
/// at until the CPU leaves the kernel, and the way up from it may be walked without lock.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 0x30)]
public unsafe struct DerivationLink
{
    /// <summary>Where this was delegated from; null for a root.</summary>
    [FieldOffset(0x00)] public DerivationLink* Parent;

    /// <summary>What was delegated from here, youngest first.</summary>
    [FieldOffset(0x08)] public DerivationLink* FirstChild;

    /// <summary>The sibling that is older.</summary>
    [FieldOffset(0x10)] public DerivationLink* Next;

    /// <summary>The sibling that is younger.</summary>
    [FieldOffset(0x18)] public DerivationLink* Previous;

    /// <summary>The space that holds the capability; null for a ghost.</summary>
    [FieldOffset(0x20)] public KernelObject* Space;

    /// <summary>Revocations in progress that began here, or have got here. While there are any, the link stays even as a childless
    /// ghost, and keeps its place.</summary>
    [FieldOffset(0x28)] public ushort Revocations;

    /// <summary>Permissions that revocations are withdrawing below: nothing that is delegated from there has them.</summary>
    [FieldOffset(0x2a)] public byte Withdrawn;

    /// <summary>For the owner of the link: a selector, flags.</summary>
    [FieldOffset(0x2c)] public uint Tag;

    /// <summary>The way to the free list, when no tree leads here any more.</summary>
    [FieldOffset(0x08)] public RcuHead Rcu;

    /// <summary>Offset of <see cref="Rcu"/>.</summary>
    public const int RcuOffset = 0x08;
}

/// <summary>
/// Derivation trees. Taking away a capability that others were delegated from leaves a ghost, so that every step is short; a ghost with
/// one child is replaced by it, one without children goes. So each ghost has two children or more, and there are fewer ghosts than live
/// links, each of which is charged for two.
/// </summary>
/// <remarks>Every method wants the tree's lock. <c>roots</c> is where the links without parent hang.</remarks>
public static unsafe class Derivation
{
    /// <summary>Longest chain of delegations. Bounds every walk upwards.</summary>
    public const uint MaxDepth = 128;

    /// <summary>Makes a link a child of another one. (Not by <see cref="AddTo"/>: the compiler would test whether there is a parent.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddChild(DerivationLink* parent, DerivationLink* link)
    {
        DerivationLink* next = parent->FirstChild;
        link->Parent = parent;
        link->Next = next;
        link->Previous = null;
        if (next != null)
            next->Previous = link;

        parent->FirstChild = link;
    }

    /// <summary>Adds a link to the front of a list, with a given parent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(DerivationLink** first, DerivationLink* link, DerivationLink* parent)
    {
        DerivationLink* next = *first;
        link->Parent = parent;
        link->Next = next;
        link->Previous = null;
        if (next != null)
            next->Previous = link;

        *first = link;
    }

    /// <summary>Takes a link out of the list that begins at <paramref name="first"/>.</summary>
    public static void RemoveFrom(DerivationLink** first, DerivationLink* link)
    {
        if (link->Next != null)
            link->Next->Previous = link->Previous;

        *(link->Previous != null ? &link->Previous->Next : first) = link->Next;
    }

    /// <summary>
    /// Restores the invariant from a link upwards that may be a ghost with too few children. <paramref name="free"/> gets those that go,
    /// after a grace period.
    /// </summary>
    public static void Reduce(DerivationLink* link, DerivationLink** roots, delegate*<RcuHead*, void> free)
    {
        while (link != null && link->Space == null && link->Revocations == 0)
        {
            DerivationLink* child = link->FirstChild;
            DerivationLink* parent = link->Parent;
            if (child != null && child->Next != null)
                return;

            DerivationLink* next = link->Next;
            DerivationLink* previous = link->Previous;
            if (child != null)
            {
                child->Parent = parent;
                child->Next = next;
                child->Previous = previous;
            }

            if (next != null)
                next->Previous = child != null ? child : previous;

            *(previous != null ? &previous->Next : parent != null ? &parent->FirstChild : roots) = child != null ? child : next;
            Rcu.CallLazily(&link->Rcu, free);
            if (child != null)
                return;

            link = parent;
        }
    }

    /// <summary>
    /// The next live descendant of a link, children before parents, behind another one, or the first if that is null; null if there is
    /// none. The ghosts that are met on the way have live children, or are held by other revocations.
    /// </summary>
    public static DerivationLink* NextDescendant(DerivationLink* link, DerivationLink* behind)
    {
        DerivationLink* descendant = behind == null ? Deepest(link) : Successor(behind);
        while (descendant != link && descendant->Space == null)
            descendant = Successor(descendant);

        return descendant != link ? descendant : null;
    }

    private static DerivationLink* Successor(DerivationLink* link) => link->Next != null ? Deepest(link->Next) : link->Parent;

    private static DerivationLink* Deepest(DerivationLink* link)
    {
        while (link->FirstChild != null)
            link = link->FirstChild;

        return link;
    }
}
