namespace Kilonova.Kernel;

/// <summary>Which objects there are: everything that a capability or a pointer leads to, found breadth first.</summary>
public static unsafe partial class Walk
{
    // All objects that were found, linked through themselves; the list is the queue of the search too.
    private static KernelObject* s_objects;
    private static KernelObject* s_last;

    private static void Discover(Cpu* self)
    {
        s_objects = null;
        s_last = null;
        Find(&Machine.Root->Head);
        Find(NovaSpaces.Object);
        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            Cpu* cpu = Cpu.Of(i);
            Find(&cpu->Idle->Head);
            Find(&cpu->IdleSc->Head);
            Find(&cpu->CurrentSc->Head);
            Find(&cpu->Current->Head);
        }

        for (KernelObject* o = s_objects; o != null; o = o->WalkNext)
            FollowFrom(o);
    }

    /// <summary>Leaves no marks behind: the next walk begins anew.</summary>
    private static void Forget()
    {
        KernelObject* o = s_objects;
        while (o != null)
        {
            KernelObject* next = o->WalkNext;
            o->WalkNext = null;
            o->WalkFound = 0;
            o->WalkReferences = 0;
            o->WalkCapabilities = 0;
            o = next;
        }
    }

    /// <summary>A pointer that does not count as a reference.</summary>
    private static void Find(KernelObject* o)
    {
        if (o == null || o->WalkFound != 0)
            return;

        if (o->Type is ObjectType.None or > ObjectType.DeviceContext || ((ulong)o & 0x3f) != 0)
        {
            That(false, "pointer leads to an object"u8, o, (ulong)o->Type);
            return;
        }

        o->WalkFound = 1;
        if (s_last != null)
            s_last->WalkNext = o;
        else
            s_objects = o;

        s_last = o;
    }

    /// <summary>A pointer that holds a reference.</summary>
    private static void Hold(KernelObject* o)
    {
        if (o != null)
        {
            Find(o);
            o->WalkReferences++;
        }
    }

    private static void FollowFrom(KernelObject* o)
    {
        switch (o->Type)
        {
            case ObjectType.ObjectSpace:
                ObjectSpace.Walk((ObjectSpace*)o);
                break;
            case ObjectType.ProtectionDomain:
                Follow((ProtectionDomain*)o);
                break;
            case ObjectType.ExecutionContext:
                Follow((ExecutionContext*)o);
                break;
            case ObjectType.SchedulingContext:
                SchedulingContext* sc = (SchedulingContext*)o;
                Hold((KernelObject*)sc->Context);
                Pending(&sc->Request);
                break;
            case ObjectType.Portal:
                Hold(&((Portal*)o)->Context->Head);
                break;
            case ObjectType.Semaphore:
                Semaphore.Walk((Semaphore*)o);
                break;
            case ObjectType.DeviceContext:
                Hold((KernelObject*)((DeviceContext*)o)->Bell);
                break;
        }
    }

    /// <summary>A capability in an object space.</summary>
    internal static void Capability(ObjectSpace* space, ulong selector, CapabilitySlot* slot)
    {
        if (slot->Word == 0)
        {
            That(slot->Node == null, "empty slot has no node"u8, slot, (ulong)slot->Node);
            return;
        }

        Capability capability = new(slot->Word);
        KernelObject* o = capability.Object;
        Hold(o);
        o->WalkCapabilities++;
        MapNode* node = slot->Node;
        That(capability.Permissions != 0, "capability has permissions"u8, slot);
        That(node != null, "capability has a node"u8, slot);
        if (node != null)
        {
            That(node->Object == o, "node is of the capability's object"u8, node, (ulong)node->Object, (ulong)o);
            That(node->Link.Space == &space->Head, "node knows its space"u8, node, (ulong)node->Link.Space, (ulong)space);
            That(node->Link.Tag == selector, "node knows its selector"u8, node, node->Link.Tag, selector);
        }
    }

    /// <summary>A context that is queued at a semaphore: the queue holds a reference.</summary>
    internal static void Blocked(Semaphore* sm, ExecutionContext* ec)
    {
        Hold(&ec->Head);
        That(ec->Semaphore == sm, "queued context knows its semaphore"u8, ec, (ulong)ec->Semaphore, (ulong)sm);
        That(ec->State == EcState.Blocked, "queued context is blocked"u8, ec, (ulong)ec->State, (ulong)EcState.Blocked);
        ec->Head.WalkFound |= 2;
    }

    private static void Follow(ProtectionDomain* domain)
    {
        Hold((KernelObject*)domain->Objects);
        Hold((KernelObject*)domain->Host);
        Hold((KernelObject*)domain->Ports);
        ExecutionContext* previous = null;
        for (ExecutionContext* ec = domain->FirstContext; ec != null; ec = ec->NextInDomain)
        {
            Find(&ec->Head);
            That(ec->Domain == domain, "context in a domain's list is the domain's"u8, ec, (ulong)ec->Domain, (ulong)domain);
            That(ec->PreviousInDomain == previous, "domain's list is linked both ways"u8, ec, (ulong)ec->PreviousInDomain, (ulong)previous);
            That(domain->Killed == 0, "killed domain has no contexts"u8, domain);
            previous = ec;
        }
    }

    private static void Follow(ExecutionContext* ec)
    {
        Hold((KernelObject*)ec->Domain);
        Hold(ec->Cursor.Object);
        Hold(ec->Revocation.Object);
        if ((ec->Flags & EcFlags.Guest) != 0)
        {
            Hold((KernelObject*)ec->Virtual->Space);
            Hold((KernelObject*)ec->Virtual->Ports);
            Hold((KernelObject*)ec->Virtual->Registers);
        }

        Find((KernelObject*)ec->Caller);
        Find((KernelObject*)ec->Callee);
        Pending(&ec->Request);
        for (SchedulingContext* sc = ec->Waiters.First; sc != null; sc = sc->Next)
            Find(&sc->Head);
    }

    private static void Pending(RemoteRequest* request)
    {
        if (request->Pending != 0)
            Hold(request->Target);
    }
}
