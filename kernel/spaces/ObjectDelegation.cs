using System.Runtime.CompilerServices;
using System.Threading;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>Delegation between object spaces (specification, section 5.4.1), one selector at a time.</summary>
public static unsafe class ObjectDelegation
{
    /// <summary>
    /// Makes the destination capability the source capability with its permissions masked: null if the source is null, or has
    /// no permission left after masking and what revocations in progress withdraw. The new capability hangs below the source's.
    /// </summary>
    /// <returns>
    /// BAD_PAR for a selector that does not exist. MEM_CAP, and nothing changed, if the account of the destination cannot pay or the chain
    /// of delegations is too long.
    /// </returns>
    public static Status Delegate(ObjectSpace* source, ulong from, ObjectSpace* destination, ulong to, uint mask)
    {
        if ((from | to) >= ObjectSpace.Selectors)
        {
            return Status.BAD_PAR;
        }

        Space.LockBoth(&source->Lock, &destination->Lock);
        Status status = Status.SUCCESS;
        CapabilitySlot* origin = ObjectSpace.FindToRead(source, from);
        ulong word = origin->Word & (~(ulong)Capability.PermissionMask | mask);
        if (((uint)word & Capability.PermissionMask) == 0)
        {
            Empty(destination, to);
        }
        else if (source == destination && from == to)
        {
            Volatile.Write(ref origin->Word, word);
        }
        else
        {
            status = AddChild(origin->Node, destination, to, word);
        }

        Space.UnlockBoth(&source->Lock, &destination->Lock);
        return status;
    }

    /// <summary>Makes a capability below another one, whose space is locked too: its node is live and keeps the object alive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Status AddChild(MapNode* parent, ObjectSpace* destination, ulong to, ulong word)
    {
        MapNode* node = MapNode.New(destination, to, parent->Object);
        if (node == null)
        {
            return Status.MEM_CAP;
        }

        CapabilitySlot* slot = ObjectSpace.FindOrMake(destination, to);
        if (slot == null)
        {
            MapNode.Delete(destination, node);
            return Status.MEM_CAP;
        }

        KernelObject* o = node->Object;
        o->TreeLock.Acquire();
        uint withdrawn = MapNode.WithdrawnBelow(parent);
        word &= ~(ulong)(withdrawn & Capability.PermissionMask);
        if (((uint)word & Capability.PermissionMask) == 0)
        {
            o->TreeLock.Release();
            return Refuse(destination, to, node, withdrawn != MapNode.TooDeep);
        }

        Derivation.AddTo(&parent->Link.FirstChild, &node->Link, &parent->Link);
        o->TreeLock.Release();

        // From here on a revocation can find the node; to remove it, it needs the destination's lock, which is held here.
        Interlocked.Increment(ref o->References);
        if (slot->Word != 0)
        {
            ObjectSpace.Clear(destination, slot);
        }

        slot->Node = node;
        Volatile.Write(ref slot->Word, word);
        return Status.SUCCESS;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Status Refuse(ObjectSpace* destination, ulong to, MapNode* node, bool revoked)
    {
        MapNode.Delete(destination, node);
        if (!revoked)
        {
            return Status.MEM_CAP;
        }

        Empty(destination, to);
        return Status.SUCCESS;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Empty(ObjectSpace* space, ulong selector)
    {
        CapabilitySlot* slot = ObjectSpace.Find(space, selector);
        if (slot != null && slot->Word != 0)
        {
            ObjectSpace.Clear(space, slot);
        }
    }
}
