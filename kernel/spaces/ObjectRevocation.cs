namespace Kilonova.Kernel;

/// <summary>Revocation in object spaces: see <see cref="Revocation"/>.</summary>
public static unsafe class ObjectRevocation
{
    /// <summary>One step: a bounded number of capabilities visited or selectors passed.</summary>
    public static bool Step(Revocation* revocation)
    {
        ObjectSpace* space = (ObjectSpace*)revocation->Space;
        int budget = RangeWork.NodesPerStep;
        while (budget > 0)
        {
            if (revocation->Origin == null)
            {
                revocation->Next = ObjectSpace.SkipEmpty(space, revocation->Next, revocation->End, ref budget);
                if (revocation->Next >= revocation->End)
                    return false;

                if (budget <= 0)
                    return true;

                if (!TryMark(revocation, space))
                {
                    // Sixteen empty slots cost as much as one removal.
                    revocation->Next++;
                    if ((revocation->Next & 15) == 0)
                        budget--;

                    continue;
                }
            }

            if (!VisitNext(revocation))
            {
                if (revocation->Inclusive)
                    VisitOrigin(revocation, space);

                Suspend(revocation);
                revocation->Next++;
            }

            budget--;
        }

        return true;
    }

    /// <summary>Takes the mark away, and drops what only the mark has kept.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Suspend(Revocation* revocation)
    {
        KernelObject* o = revocation->Object;
        if (o == null)
            return;

        o->TreeLock.Acquire();
        if (revocation->Position != null)
            Release(revocation->Position);

        Release(revocation->Origin);
        o->TreeLock.Release();
        revocation->Position = null;
        revocation->Origin = null;
        revocation->Object = null;
        KernelObject.Drop(o);
    }

    /// <summary>Marks the node of the next selector's capability and takes a reference to the object; false if the slot is empty.</summary>
    private static bool TryMark(Revocation* revocation, ObjectSpace* space)
    {
        CapabilitySlot* slot = ObjectSpace.Find(space, revocation->Next);
        if (slot->Word == 0)
            return false;

        space->Lock.Acquire();
        bool present = slot->Word != 0;
        if (present)
        {
            KernelObject* o = new Capability(slot->Word).Object;
            KernelObject.Hold(o);
            o->TreeLock.Acquire();
            slot->Node->Link.Revocations++;
            slot->Node->Link.Withdrawn |= (byte)revocation->Withdrawn;
            o->TreeLock.Release();
            revocation->Origin = &slot->Node->Link;
            revocation->Object = o;
        }

        space->Lock.Release();
        return present;
    }

    /// <summary>
    /// Withdraws permissions from one capability below the origin; false if there is none left to visit. The tree names the victim, but
    /// its space's lock comes first: if that one is not free at once, the tree is let go, and the victim looked at again when both locks
    /// are held. If it is gone by then, the search begins anew.
    /// </summary>
    private static bool VisitNext(Revocation* revocation)
    {
        KernelObject* o = revocation->Object;
        while (true)
        {
            o->TreeLock.Acquire();
            MapNode* victim = (MapNode*)Derivation.NextDescendant(revocation->Origin, revocation->Position);
            if (victim == null)
            {
                o->TreeLock.Release();
                return false;
            }

            ObjectSpace* space = (ObjectSpace*)victim->Link.Space;
            if (!space->Lock.TryAcquire())
            {
                o->TreeLock.Release();
                space->Lock.Acquire();
                o->TreeLock.Acquire();
                if (victim->Link.Space != &space->Head)
                {
                    o->TreeLock.Release();
                    space->Lock.Release();
                    continue;
                }
            }

            bool removed = Withdraw(space, victim, revocation->Withdrawn);
            if (!removed)
            {
                // It stays: the next search begins behind it.
                DerivationLink* position = revocation->Position;
                victim->Link.Revocations++;
                revocation->Position = &victim->Link;
                if (position != null)
                    Release(position);
            }

            o->TreeLock.Release();
            space->Lock.Release();
            Settle(space, o, removed);
            return true;
        }
    }

    private static void VisitOrigin(Revocation* revocation, ObjectSpace* space)
    {
        KernelObject* o = revocation->Object;
        space->Lock.Acquire();
        o->TreeLock.Acquire();
        bool removed = revocation->Origin->Space == &space->Head && Withdraw(space, (MapNode*)revocation->Origin, revocation->Withdrawn);
        o->TreeLock.Release();
        space->Lock.Release();
        Settle(space, o, removed);
    }

    /// <summary>Reduces a capability, or removes it if nothing is left: true. With the locks of space and tree.</summary>
    private static bool Withdraw(ObjectSpace* space, MapNode* node, uint withdrawn)
    {
        CapabilitySlot* slot = ObjectSpace.Find(space, node->Link.Tag);
        Invariant.That(slot != null && slot->Node == node, "a live node stands in the slot that it names");
        uint left = new Capability(slot->Word).Permissions & ~withdrawn;
        if (left != 0)
        {
            Volatile.Write(ref slot->Word, new Capability(node->Object, left).Word);
            return false;
        }

        ObjectSpace.ClearLocked(slot);
        MapNode.Bury(node);
        return true;
    }

    private static void Settle(ObjectSpace* space, KernelObject* o, bool removed)
    {
        if (removed)
        {
            Quota.Credit(space->Head.Quota, MapNode.Charge);
            KernelObject.Drop(o);
        }
    }

    /// <summary>Lets go of a node that was held in its place. With the tree's lock.</summary>
    private static void Release(DerivationLink* link)
    {
        if (--link->Revocations == 0)
        {
            link->Withdrawn = 0;
            MapNode.Reduce((MapNode*)link);
        }
    }
}
