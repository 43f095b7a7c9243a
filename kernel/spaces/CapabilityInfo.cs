namespace Kilonova.Kernel;

/// <summary>What a selector refers to: the answer of the lookup hypercall, and the way back to a delegator's own capability.</summary>
public unsafe struct CapabilityInfo
{
    /// <summary>Type of the object; of a memory, port or MSR capability, of the space that it is in. None for a null capability.</summary>
    public ObjectType Type;

    /// <summary>
    /// log2 of the size of the largest aligned range around the selector in which all selectors are like this one: null too, or
    /// delegated together with the same permissions.
    /// </summary>
    public uint Order;

    /// <summary>The first selector of that range.</summary>
    public ulong First;

    public uint Permissions;

    /// <summary>Memory: cacheability.</summary>
    public uint Attributes;

    /// <summary>Looks a selector up; a selector beyond the space is null.</summary>
    public static void Get(KernelObject* space, ulong selector, CapabilityInfo* info)
    {
        info->Type = ObjectType.None;
        info->Order = 0;
        info->First = selector;
        info->Permissions = 0;
        info->Attributes = 0;
        if (space->Type == ObjectType.ObjectSpace)
        {
            Capability capability = ObjectSpace.Lookup((ObjectSpace*)space, selector);
            if (!capability.IsNull)
            {
                info->Type = capability.Object->Type;
                info->Permissions = capability.Permissions;
            }

            return;
        }

        RangeSpace* ranges = (RangeSpace*)space;
        if (selector >= ranges->Selectors)
            return;

        ulong first;
        ulong end;
        if (RangeSpace.IsNova(ranges))
        {
            info->Permissions = ResourceMap.PermissionsOf(ranges->Resources, selector, out end);
            first = selector;
        }
        else
        {
            GetNode(ranges, selector, info, out first, out end);
        }

        info->Type = info->Permissions != 0 ? space->Type : ObjectType.None;
        end = end < ranges->Selectors ? end : ranges->Selectors;
        info->Order = OrderAround(selector, first, end);
        info->First = selector & ~((1ul << (int)info->Order) - 1);
    }

    /// <summary>
    /// The selector in <paramref name="receiver"/> from which, by way of any number of delegations, the capability at
    /// <paramref name="selector"/> of <paramref name="sender"/> descends: the nearest one. False if there is none.
    /// </summary>
    public static bool TryTranslate(ObjectSpace* sender, ulong selector, ObjectSpace* receiver, out ulong translated, out uint permissions)
    {
        translated = 0;
        permissions = 0;
        sender->Lock.Acquire();
        CapabilitySlot* slot = ObjectSpace.Find(sender, selector);
        bool found = false;
        if (slot != null && slot->Word != 0)
        {
            // The sender's reference keeps the object alive, the tree's lock keeps the way up.
            KernelObject* o = new Capability(slot->Word).Object;
            permissions = new Capability(slot->Word).Permissions;
            o->TreeLock.Acquire();
            DerivationLink* link = slot->Node->Link.Parent;
            while (link != null && link->Space != &receiver->Head)
                link = link->Parent;

            found = link != null;
            translated = found ? link->Tag : 0;
            o->TreeLock.Release();
        }

        sender->Lock.Release();
        return found;
    }

    private static void GetNode(RangeSpace* space, ulong selector, CapabilityInfo* info, out ulong first, out ulong end)
    {
        space->Lock.Acquire();
        TreeLink* floor = OrderedTree.Floor(space->Nodes, selector);
        if (floor != null && floor->End > selector)
        {
            RangeNode* node = RangeNode.OfPlace(floor);
            first = floor->Key;
            end = floor->End;
            if ((node->Link.Tag & RangeNode.KernelPage) == 0)
            {
                info->Permissions = node->Permissions;
                info->Attributes = node->Attributes;
            }
        }
        else
        {
            TreeLink* next = floor != null ? OrderedTree.Next(floor) : OrderedTree.Ceiling(space->Nodes, selector);
            first = floor != null ? floor->End : 0;
            end = next != null ? next->Key : ulong.MaxValue;
        }

        space->Lock.Release();
    }

    private static uint OrderAround(ulong selector, ulong first, ulong end)
    {
        uint order = 0;
        while (order < 63)
        {
            ulong size = 2ul << (int)order;
            ulong start = selector & ~(size - 1);
            if (start < first || end - start < size)
                break;

            order++;
        }

        return order;
    }
}
