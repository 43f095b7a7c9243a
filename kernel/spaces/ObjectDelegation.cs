namespace Kilonova.Kernel;

/// <summary>Delegation between object spaces (specification, section 5.4.1), one selector at a time.</summary>
/// <remarks>Locks are given back by a store: for <see cref="SpinLock.Release"/> the compiler would keep their addresses.</remarks>
public static unsafe class ObjectDelegation
{
    /// <summary>
    /// Makes the destination capability the source capability with its permissions masked: null if the source is null, or has
    /// no permission left after masking and what revocations in progress withdraw. The new capability hangs below the source's.
    /// </summary>
    /// <param name="mask">The permission mask, with all bits set that stand for no permission.</param>
    /// <param name="status">
    /// Gets SUCCESS; BAD_PAR for a selector that does not exist; MEM_CAP, and nothing changed, if the account of the destination cannot pay
    /// or the chain of delegations is too long. (A place, so that the hypercall can end with a jump here.)
    /// </param>
    public static void Delegate(ObjectSpace* source, ulong from, ObjectSpace* destination, ulong to, ulong mask, ulong* status)
    {
        if ((from | to) >= ObjectSpace.Selectors)
        {
            *status = (ulong)Status.BAD_PAR;
            return;
        }

        *status = (ulong)Status.SUCCESS;
        if (source < destination)
        {
            source->Lock.AcquireInline();
            destination->Lock.AcquireInline();
        }
        else
        {
            destination->Lock.AcquireInline();
            if (source != destination)
                source->Lock.AcquireInline();
        }

        CapabilitySlot* origin = ObjectSpace.FindToRead(source, from);
        ulong word = origin->Word & mask;
        if (((uint)word & Capability.PermissionMask) == 0)
            Empty(destination, to);
        else if (source == destination && from == to)
            Volatile.Write(ref origin->Word, word);
        else
            AddChild(origin->Node, destination, to, word, status);

        source->Lock.Held = 0;
        if (source != destination)
            destination->Lock.Held = 0;
    }

    /// <summary>Makes a capability below another one, whose space is locked too: its node is live and keeps the object alive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddChild(MapNode* parent, ObjectSpace* destination, ulong to, ulong word, ulong* status)
    {
        KernelObject* o = parent->Object;
        MapNode* node = MapNode.New(destination, to, o);
        if (node == null)
        {
            *status = (ulong)Status.MEM_CAP;
            return;
        }

        CapabilitySlot* slot = ObjectSpace.FindOrMake(destination, to);
        if (slot == null)
        {
            MapNode.Delete(destination, node);
            *status = (ulong)Status.MEM_CAP;
            return;
        }

        o->TreeLock.AcquireInline();
        uint withdrawn = MapNode.WithdrawnBelow(parent);
        word &= ~(ulong)(withdrawn & Capability.PermissionMask);
        if (((uint)word & Capability.PermissionMask) == 0)
        {
            o->TreeLock.Held = 0;
            Refuse(destination, to, node, withdrawn != MapNode.TooDeep, status);
            return;
        }

        Derivation.AddChild((DerivationLink*)parent, (DerivationLink*)node);
        o->TreeLock.Held = 0;

        // From here on a revocation can find the node; to remove it, it needs the destination's lock, which is held here.
        Interlocked.Increment(ref o->References);
        if (slot->Word != 0)
            ObjectSpace.Clear(destination, slot);

        slot->Node = node;
        Volatile.Write(ref slot->Word, word);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Refuse(ObjectSpace* destination, ulong to, MapNode* node, bool revoked, ulong* status)
    {
        MapNode.Delete(destination, node);
        if (revoked)
            Empty(destination, to);
        else
            *status = (ulong)Status.MEM_CAP;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Empty(ObjectSpace* space, ulong selector)
    {
        CapabilitySlot* slot = ObjectSpace.Find(space, selector);
        if (slot != null && slot->Word != 0)
            ObjectSpace.Clear(space, slot);
    }
}
