namespace Kilonova.Kernel;

/// <summary>
/// Everything that descends from one delegation out of a NOVA space, and the lock for it.
/// </summary>
/// <remarks>It vanishes with its last node. Charged to the account of the space that the first delegation went to.</remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct RangeTree
{
    /// <summary>Bytes of a tree, and its charge.</summary>
    public const int Size = 128;

    /// <summary>Its place among the trees of the NOVA space, by resource. Guarded by that space's TreesLock.</summary>
    [FieldOffset(0x00)] public TreeLink InNova;

    /// <summary>1 once the tree has left the NOVA space. Guarded by that space's TreesLock.</summary>
    [FieldOffset(0x34)] private uint _reaped;

    /// <summary>Guards what hangs below <see cref="Root"/>.</summary>
    [FieldOffset(0x38)] public SpinLock Guard;

    /// <summary>The node without parent: the first delegation, or what has taken its place. Guarded by the lock.</summary>
    [FieldOffset(0x40)] public RangeNode* Root;

    /// <summary>The space that the tree grew from. Constant.</summary>
    [FieldOffset(0x50)] public RangeSpace* Nova;

    /// <summary>The account that paid. Constant.</summary>
    [FieldOffset(0x58)] public Quota* Quota;

    [FieldOffset(0x60)] private RcuHead _rcu;

    /// <summary>A tree for a delegation of <paramref name="count"/> resources to a space, whose account pays; null if it cannot.</summary>
    public static RangeTree* New(RangeSpace* nova, RangeSpace* destination, RangeWork* work)
    {
        RangeTree* tree = (RangeTree*)ChargedMemory.TryTake(destination->Head.Quota, Size);
        if (tree == null)
        {
            work->OutOfMemory = true;
            return null;
        }

        tree->Nova = nova;
        tree->Quota = destination->Head.Quota;
        tree->InNova.Priority = OrderedTree.NextPriority(Cpu.This);
        return tree;
    }

    /// <summary>Gives back a tree that never had a node. Null is ignored.</summary>
    public static void Delete(RangeTree* tree)
    {
        if (tree != null)
            ChargedMemory.Return(tree->Quota, tree, Size);
    }

    /// <summary>Locks a tree; null, for pages of the kernel, is ignored.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Lock(RangeTree* tree)
    {
        if (tree != null)
            tree->Guard.AcquireInline();
    }

    /// <summary>Undoes <see cref="Lock"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Unlock(RangeTree* tree)
    {
        if (tree != null)
            tree->Guard.Release();
    }

    /// <summary>
    /// Lets go of a tree that has no nodes left. Nothing can be added to such a tree, so that looking without lock does. No tree lock
    /// is held; space locks may be.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reap(RangeTree* tree)
    {
        if (tree != null && Volatile.Read(ref *(nint*)&tree->Root) == 0)
            Vanish(tree);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Vanish(RangeTree* tree)
    {
        tree->Nova->TreesLock.Acquire();
        bool last = tree->_reaped == 0;
        if (last)
        {
            tree->_reaped = 1;
            OrderedTree.Remove(&tree->Nova->Nodes, &tree->InNova);
        }

        tree->Nova->TreesLock.Release();
        if (last)
        {
            Quota* quota = tree->Quota;
            Rcu.CallLazily(&tree->_rcu, &Free);
            Kernel.Quota.Credit(quota, Size);
        }
    }

    private static void Free(RcuHead* head) => Slab.Delete((RangeTree*)((byte*)head - 0x60));
}
