namespace Kilonova.Kernel;

/// <summary>
/// A place in an <see cref="OrderedTree"/>, embedded in what is ordered: the half-open range from Key to End. Key, End and Priority are
/// the owner's to set before insertion; the rest is the tree's.
/// </summary>
public unsafe struct TreeLink
{
    public TreeLink* Left;
    public TreeLink* Right;
    public TreeLink* Up;
    public ulong Key;
    public ulong End;

    /// <summary>The greatest End in the subtree.</summary>
    public ulong MaxEnd;

    /// <summary>Random; makes the expected depth logarithmic whatever the keys (Aragon and Seidel, treaps).</summary>
    public uint Priority;
}

/// <summary>
/// Ranges ordered by their first key, as an intrusive treap that knows the greatest end in each subtree, so that those that overlap a
/// given range are found in logarithmic time. Equal keys are ordered by address. No recursion, no allocation.
/// </summary>
/// <remarks>The caller locks. A tree is its root pointer, null when empty.</remarks>
public static unsafe class OrderedTree
{
    /// <summary>A random priority from this CPU's generator (Marsaglia, xorshift).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint NextPriority(Cpu* cpu)
    {
        uint x = cpu->Memory.Random;
        x = x != 0 ? x : 0x9e37_79b9u + cpu->Number;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        cpu->Memory.Random = x;
        return x;
    }

    /// <summary>Adds a link whose Key, End and Priority are set.</summary>
    public static void Insert(TreeLink** root, TreeLink* link)
    {
        Invariant.That(link->Key < link->End, "range is not empty");
        link->Left = null;
        link->Right = null;
        link->MaxEnd = link->End;
        TreeLink* up = null;
        TreeLink** slot = root;
        while (*slot != null)
        {
            up = *slot;
            if (up->MaxEnd < link->End)
                up->MaxEnd = link->End;

            slot = Precedes(link, up) ? &up->Left : &up->Right;
        }

        *slot = link;
        link->Up = up;
        RaiseToPriority(root, link);
    }

    /// <summary>
    /// The same for a link that directly follows <paramref name="previous"/>, which is in the tree: without a way down from the root.
    /// </summary>
    public static void InsertBehind(TreeLink** root, TreeLink* previous, TreeLink* link)
    {
        // What is above previous, on a way to the right only, and of less priority, lies before the link: all of it goes to its left.
        TreeLink* before = null;
        TreeLink* up = previous;
        link->Right = null;
        link->MaxEnd = link->End;
        if (previous->Right != null)
        {
            for (up = previous->Right; up->Left != null; up = up->Left)
            {
            }

            up->Left = link;
            link->Left = null;
            link->Up = up;
            RaiseToPriority(root, link);
            return;
        }

        while (up != null && up->Priority < link->Priority && (before == null || up->Right == before))
        {
            before = up;
            up = up->Up;
        }

        link->Left = before;
        if (before == null)
        {
            previous->Right = link;
        }
        else
        {
            *SlotOf(root, before->Up, before) = link;
            before->Up = link;
            link->MaxEnd = before->MaxEnd > link->End ? before->MaxEnd : link->End;
        }

        link->Up = up;
        for (; up != null && up->MaxEnd < link->End; up = up->Up)
            up->MaxEnd = link->End;

        RaiseToPriority(root, link);
    }

    /// <summary>Removes a link that is in the tree.</summary>
    public static void Remove(TreeLink** root, TreeLink* link)
    {
        while (link->Left != null && link->Right != null)
            RotateUp(root, link->Left->Priority > link->Right->Priority ? link->Left : link->Right);

        TreeLink* child = link->Left != null ? link->Left : link->Right;
        TreeLink* up = link->Up;
        if (child != null)
            child->Up = up;

        *SlotOf(root, up, link) = child;
        Refresh(up);
    }

    /// <summary>
    /// Puts <paramref name="link"/>, which is in no tree, where <paramref name="old"/> is, with its range. For trees without equal keys.
    /// </summary>
    public static void Replace(TreeLink** root, TreeLink* old, TreeLink* link)
    {
        link->Left = old->Left;
        link->Right = old->Right;
        link->Up = old->Up;
        link->Key = old->Key;
        link->End = old->End;
        link->MaxEnd = old->MaxEnd;
        link->Priority = old->Priority;
        if (link->Left != null)
            link->Left->Up = link;

        if (link->Right != null)
            link->Right->Up = link;

        *SlotOf(root, old->Up, old) = link;
    }

    /// <summary>Changes the range of a link in the tree to a part of itself.</summary>
    public static void Shrink(TreeLink* link, ulong key, ulong end)
    {
        Invariant.That(link->Key <= key && key < end && end <= link->End, "range shrinks");
        link->Key = key;
        link->End = end;
        Refresh(link);
    }

    /// <summary>The last range that begins at or before <paramref name="key"/>, or null.</summary>
    public static TreeLink* Floor(TreeLink* root, ulong key)
    {
        TreeLink* found = null;
        while (root != null)
        {
            if (root->Key <= key)
            {
                found = root;
                root = root->Right;
            }
            else
            {
                root = root->Left;
            }
        }

        return found;
    }

    /// <summary>The first range that begins at or after <paramref name="key"/>, or null.</summary>
    public static TreeLink* Ceiling(TreeLink* root, ulong key)
    {
        TreeLink* found = null;
        while (root != null)
        {
            if (root->Key >= key)
            {
                found = root;
                root = root->Left;
            }
            else
            {
                root = root->Right;
            }
        }

        return found;
    }

    /// <summary>The range that follows in the order, or null.</summary>
    public static TreeLink* Next(TreeLink* link)
    {
        if (link->Right != null)
        {
            link = link->Right;
            while (link->Left != null)
                link = link->Left;

            return link;
        }

        while (link->Up != null && link->Up->Right == link)
            link = link->Up;

        return link->Up;
    }

    /// <summary>
    /// The first range that overlaps [<paramref name="from"/>, <paramref name="end"/>) and comes after the place of a range with the
    /// given key and address, which need not be there any more. Null if there is none. Key 0 and address 0 come before everything.
    /// </summary>
    public static TreeLink* NextOverlap(TreeLink* root, ulong from, ulong end, ulong afterKey, nuint afterAddress)
    {
        TreeLink* link = null;
        while (root != null)
        {
            if (root->Key > afterKey || (root->Key == afterKey && (nuint)root > afterAddress))
            {
                link = root;
                root = root->Left;
            }
            else
            {
                root = root->Right;
            }
        }

        return OverlapFrom(link, from, end);
    }

    /// <summary>The first range of a tree that overlaps [<paramref name="from"/>, <paramref name="end"/>), or null.</summary>
    public static TreeLink* FirstOverlap(TreeLink* root, ulong from, ulong end) =>
        root != null && root->MaxEnd > from ? OverlapFrom(FirstReaching(root, from), from, end) : null;

    /// <summary>The next range behind <paramref name="link"/> that overlaps [<paramref name="from"/>, <paramref name="end"/>).</summary>
    public static TreeLink* NextOverlap(TreeLink* link, ulong from, ulong end) => OverlapFrom(NextReaching(link, from), from, end);

    /// <summary>A range of the tree with this key and end, or null. May fail to find one among ranges with equal keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TreeLink* FindEqual(TreeLink* root, ulong key, ulong end)
    {
        while (root != null && (root->Key != key || root->End != end))
            root = key < root->Key ? root->Left : root->Right;

        return root;
    }

    private static TreeLink* OverlapFrom(TreeLink* link, ulong from, ulong end)
    {
        while (link != null && link->End <= from)
            link = NextReaching(link, from);

        return link != null && link->Key < end ? link : null;
    }

    /// <summary>The next link in the order, but for subtrees in which everything ends before <paramref name="from"/>.</summary>
    private static TreeLink* NextReaching(TreeLink* link, ulong from)
    {
        if (link->Right != null && link->Right->MaxEnd > from)
            return FirstReaching(link->Right, from);

        while (link->Up != null && link->Up->Right == link)
            link = link->Up;

        return link->Up;
    }

    private static TreeLink* FirstReaching(TreeLink* link, ulong from)
    {
        while (link->Left != null && link->Left->MaxEnd > from)
            link = link->Left;

        return link;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Precedes(TreeLink* a, TreeLink* b) => a->Key < b->Key || (a->Key == b->Key && a < b);

    /// <summary>What leads to a link from above. Left and Right come first in a link. (For their addresses the compiler would test up.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TreeLink** SlotOf(TreeLink** root, TreeLink* up, TreeLink* link) =>
        up == null ? root : up->Left == link ? (TreeLink**)up : (TreeLink**)up + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong GreatestEnd(TreeLink* link)
    {
        ulong end = link->End;
        if (link->Left != null && link->Left->MaxEnd > end)
            end = link->Left->MaxEnd;

        if (link->Right != null && link->Right->MaxEnd > end)
            end = link->Right->MaxEnd;

        return end;
    }

    /// <summary>Makes MaxEnd right again from a link upwards, as far as it changes.</summary>
    private static void Refresh(TreeLink* link)
    {
        while (link != null)
        {
            ulong end = GreatestEnd(link);
            if (link->MaxEnd == end)
                return;

            link->MaxEnd = end;
            link = link->Up;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RaiseToPriority(TreeLink** root, TreeLink* link)
    {
        while (link->Up != null && link->Up->Priority < link->Priority)
            RotateUp(root, link);
    }

    /// <summary>Exchanges a link with its parent, keeping the order.</summary>
    private static void RotateUp(TreeLink** root, TreeLink* link)
    {
        TreeLink* parent = link->Up;
        TreeLink* up = parent->Up;
        *SlotOf(root, up, parent) = link;
        link->Up = up;
        parent->Up = link;
        TreeLink* between;
        if (parent->Left == link)
        {
            between = link->Right;
            parent->Left = between;
            link->Right = parent;
        }
        else
        {
            between = link->Left;
            parent->Right = between;
            link->Left = parent;
        }

        if (between != null)
            between->Up = parent;

        link->MaxEnd = parent->MaxEnd;
        parent->MaxEnd = GreatestEnd(parent);
    }
}
