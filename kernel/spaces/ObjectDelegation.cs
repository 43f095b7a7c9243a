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
    /// MEM_CAP, and nothing changed, if the account of the destination cannot pay or the chain of delegations is too long.
    /// </returns>
    public static Status Delegate(ObjectSpace* source, ulong from, ObjectSpace* destination, ulong to, uint mask)
    {
        Space.LockBoth(&source->Lock, &destination->Lock);
        Status status = DelegateLocked(source, from, destination, to, mask);
        Space.UnlockBoth(&source->Lock, &destination->Lock);
        return status;
    }

    private static Status DelegateLocked(ObjectSpace* source, ulong from, ObjectSpace* destination, ulong to, uint mask)
    {
        CapabilitySlot* origin = ObjectSpace.Find(source, from);
        Capability capability = new(origin != null ? origin->Word : 0);
        uint permissions = capability.Permissions & mask;
        if (permissions == 0)
        {
            Empty(destination, to);
            return Status.SUCCESS;
        }

        KernelObject* o = capability.Object;
        if (source == destination && from == to)
        {
            Volatile.Write(ref origin->Word, new Capability(o, permissions).Word);
            return Status.SUCCESS;
        }

        MapNode* node = MapNode.New(destination, to, o);
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

        // The source's slot is locked, so its node is live, and its reference keeps the object alive.
        o->TreeLock.Acquire();
        bool possible = MapNode.CanHaveChild(origin->Node, out uint withdrawn);
        permissions &= ~withdrawn;
        if (!possible || permissions == 0)
        {
            o->TreeLock.Release();
            return Refuse(destination, to, node, possible);
        }

        Derivation.Link(&node->Link, &origin->Node->Link, MapNode.Roots(o));
        o->TreeLock.Release();

        // From here on a revocation can find the node; to remove it, it needs the destination's lock, which is held here.
        Interlocked.Increment(ref o->References);
        if (slot->Word != 0)
        {
            ObjectSpace.Clear(destination, slot);
        }

        slot->Node = node;
        Volatile.Write(ref slot->Word, new Capability(o, permissions).Word);
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

    private static void Empty(ObjectSpace* space, ulong selector)
    {
        CapabilitySlot* slot = ObjectSpace.Find(space, selector);
        if (slot != null && slot->Word != 0)
        {
            ObjectSpace.Clear(space, slot);
        }
    }
}
