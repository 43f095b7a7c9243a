namespace Kilonova.Kernel;

/// <summary>Revocation in object spaces: see <see cref="Revocation"/>.</summary>
public static unsafe class ObjectRevocation
{
    /// <summary>One step: a bounded number of capabilities removed or selectors passed.</summary>
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
                {
                    return false;
                }

                if (budget <= 0)
                {
                    return true;
                }

                if (!TryMark(revocation, space))
                {
                    // Sixteen empty slots cost as much as one removal.
                    revocation->Next++;
                    if ((revocation->Next & 15) == 0)
                    {
                        budget--;
                    }

                    continue;
                }
            }

            if (!RemoveDescendant(revocation->Object, revocation->Origin))
            {
                if (revocation->Inclusive)
                {
                    RemoveOrigin(revocation, space);
                }

                Suspend(revocation);
                revocation->Next++;
            }

            budget--;
        }

        return true;
    }

    /// <summary>Takes the mark away, and drops what only the mark has kept.</summary>
    public static void Suspend(Revocation* revocation)
    {
        KernelObject* o = revocation->Object;
        if (o == null)
        {
            return;
        }

        o->TreeLock.Acquire();
        revocation->Origin->Revocations--;
        MapNode.Reduce((MapNode*)revocation->Origin);
        o->TreeLock.Release();
        revocation->Origin = null;
        revocation->Object = null;
        KernelObject.Drop(o);
    }

    /// <summary>Marks the node of the next selector's capability and takes a reference to the object; false if the slot is empty.</summary>
    private static bool TryMark(Revocation* revocation, ObjectSpace* space)
    {
        CapabilitySlot* slot = ObjectSpace.Find(space, revocation->Next);
        if (slot->Word == 0)
        {
            return false;
        }

        space->Lock.Acquire();
        bool present = slot->Word != 0;
        if (present)
        {
            KernelObject* o = new Capability(slot->Word).Object;
            KernelObject.Hold(o);
            o->TreeLock.Acquire();
            slot->Node->Link.Revocations++;
            o->TreeLock.Release();
            revocation->Origin = &slot->Node->Link;
            revocation->Object = o;
        }

        space->Lock.Release();
        return present;
    }

    /// <summary>
    /// Removes one capability below the origin; false if there is none. The tree names the victim, but its space's lock comes first: if
    /// that one is not free at once, the tree is let go, and the victim looked at again when both locks are held. If it has changed by
    /// then, the search begins anew.
    /// </summary>
    private static bool RemoveDescendant(KernelObject* o, DerivationLink* origin)
    {
        while (true)
        {
            o->TreeLock.Acquire();
            MapNode* victim = (MapNode*)Derivation.FindDescendant(origin);
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

            RemoveLocked(space, victim);
            o->TreeLock.Release();
            space->Lock.Release();
            Quota.Credit(space->Head.Quota, MapNode.Charge);
            KernelObject.Drop(o);
            return true;
        }
    }

    private static void RemoveOrigin(Revocation* revocation, ObjectSpace* space)
    {
        KernelObject* o = revocation->Object;
        space->Lock.Acquire();
        o->TreeLock.Acquire();
        bool present = revocation->Origin->Space == &space->Head;
        if (present)
        {
            RemoveLocked(space, (MapNode*)revocation->Origin);
        }

        o->TreeLock.Release();
        space->Lock.Release();
        if (present)
        {
            Quota.Credit(space->Head.Quota, MapNode.Charge);
            KernelObject.Drop(o);
        }
    }

    private static void RemoveLocked(ObjectSpace* space, MapNode* node)
    {
        CapabilitySlot* slot = ObjectSpace.Find(space, node->Link.Tag);
        Invariant.That(slot != null && slot->Node == node, "a live node stands in the slot that it names");
        ObjectSpace.ClearLocked(slot);
        MapNode.Bury(node);
    }
}
