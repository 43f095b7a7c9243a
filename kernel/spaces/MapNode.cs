using System.Runtime.InteropServices;

namespace Kilonova.Kernel;

/// <summary>
/// One object capability in the derivation tree of its object: who got it from whom. 64 bytes, charged twice to the account of its
/// space, so that every ghost is paid by one of the live nodes, of which there are more.
/// </summary>
/// <remarks>
/// The tree's links and <see cref="Revocations"/> are guarded by the object's tree lock, Space and Selector change under that lock and
/// the space's lock, so either suffices to read them. A node without Space is a ghost: its capability is gone, its children are not.
/// A node is freed by RCU, so that the way up from a node may be walked without lock.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public unsafe struct MapNode
{
    /// <summary>The node that this one was delegated from; null for the creator's.</summary>
    [FieldOffset(0x00)] public MapNode* Parent;

    /// <summary>What was delegated from this one, youngest first.</summary>
    [FieldOffset(0x08)] public MapNode* FirstChild;

    /// <summary>Siblings.</summary>
    [FieldOffset(0x10)] public MapNode* Next;

    [FieldOffset(0x18)] public MapNode* Previous;

    /// <summary>Where the capability is; null for a ghost.</summary>
    [FieldOffset(0x20)] public ObjectSpace* Space;

    /// <summary>The object. Constant.</summary>
    [FieldOffset(0x28)] public KernelObject* Object;

    /// <summary>Its place in <see cref="Space"/>.</summary>
    [FieldOffset(0x30)] public uint Selector;

    /// <summary>Revocations in progress that began at this node: nothing can be delegated from below it, and it stays even as a childless ghost.</summary>
    [FieldOffset(0x34)] public uint Revocations;

    /// <summary>The way to the free list, when nothing leads to the node any more.</summary>
    [FieldOffset(0x08)] public RcuHead Rcu;
}
