namespace Kilonova.Kernel;

/// <summary>What must hold for each object.</summary>
public static unsafe partial class Walk
{
    private const int LongestList = 1 << 24;

    /// <summary>As many references as were found. What the kernel holds from boot on was learnt in the first walk.</summary>
    private static void CheckReferences(KernelObject* o)
    {
        long surplus = o->References - o->WalkReferences;
        if (s_isFirst)
        {
            o->WalkKernel = (short)surplus;
            That(surplus is >= 0 and <= 2, "kernel holds few references from boot on"u8, o, (ulong)o->References, o->WalkReferences);
        }
        else
        {
            That(surplus == o->WalkKernel, "references of an object of type"u8, o, (ulong)o->References, o->WalkReferences | ((ulong)o->Type << 32));
        }
    }

    /// <summary>The derivation tree of an object's capabilities, without recursion: down to children, on to siblings, up.</summary>
    private static void CheckTree(KernelObject* o)
    {
        uint live = 0;
        uint depth = 1;
        DerivationLink* parent = null;
        DerivationLink* previous = null;
        DerivationLink* link = *MapNode.Roots(o);
        for (int i = 0; link != null && i < LongestList; i++)
        {
            That(link->Parent == parent, "node knows its parent"u8, link, (ulong)link->Parent, (ulong)parent);
            That(link->Previous == previous, "siblings are linked both ways"u8, link, (ulong)link->Previous, (ulong)previous);
            That(link->Revocations == 0 && link->Withdrawn == 0, "no revocation goes on"u8, link, link->Revocations, link->Withdrawn);
            CheckNode(o, link, ref live);
            if (link->FirstChild != null)
            {
                parent = link;
                previous = null;
                link = link->FirstChild;
                depth++;
                That(depth <= Derivation.MaxDepth, "chain of delegations is bounded"u8, link, depth, Derivation.MaxDepth);
                continue;
            }

            while (link != null && link->Next == null)
            {
                link = link->Parent;
                depth--;
            }

            if (link != null)
            {
                previous = link;
                parent = link->Parent;
                link = link->Next;
            }
        }

        That(live == o->WalkCapabilities, "capabilities are in the tree"u8, o, live, o->WalkCapabilities);
    }

    private static void CheckNode(KernelObject* o, DerivationLink* link, ref uint live)
    {
        MapNode* node = (MapNode*)link;
        That(node->Object == o, "node is in its object's tree"u8, node, (ulong)node->Object, (ulong)o);
        if (link->Space == null)
        {
            That(link->FirstChild != null && link->FirstChild->Next != null, "ghost has two children"u8, link);
            return;
        }

        live++;
        if (link->Space->Type != ObjectType.ObjectSpace)
        {
            That(false, "node is of an object space"u8, node, (ulong)link->Space->Type);
            return;
        }

        CapabilitySlot* slot = ObjectSpace.Find((ObjectSpace*)link->Space, link->Tag);
        That(slot != null && slot->Node == node, "slot knows its node"u8, node, slot != null ? (ulong)slot->Node : 0);
    }

    private static void CheckObject(KernelObject* o)
    {
        That(!o->TreeLock.IsHeld, "nobody holds a lock"u8, o);
        if (o->Type == ObjectType.ExecutionContext)
            Check((ExecutionContext*)o);
        else if (o->Type == ObjectType.SchedulingContext)
            Check((SchedulingContext*)o);
    }

    private static void Check(ExecutionContext* ec)
    {
        bool queued = (ec->Head.WalkFound & 2) != 0;
        That(queued == (ec->Semaphore != null), "context in a queue is in its semaphore's"u8, ec, (ulong)ec->Semaphore);
        That((ec->State == EcState.Blocked) == queued || ec->Request.Pending != 0, "blocked context waits for something"u8, ec, (ulong)ec->State);
        That(!ec->Timeout.IsArmed || queued, "timeout belongs to a wait"u8, ec);
        ExecutionContext* caller = ec->Caller;
        That(caller == null || caller->Callee == ec, "caller waits for its callee"u8, ec, (ulong)caller);
        ExecutionContext* callee = ec->Callee;
        if (callee != null)
        {
            That(callee->CpuNumber == ec->CpuNumber, "call stays on its CPU"u8, ec, callee->CpuNumber, ec->CpuNumber);
            That((ec->Flags & EcFlags.Helping) != 0 || callee->Caller == ec, "callee knows its caller"u8, ec, (ulong)callee->Caller, (ulong)ec);
        }

        That(caller == null || ec->Depth == caller->Depth + 1, "callee is one call deeper"u8, ec, ec->Depth);
        int length = 0;
        for (ExecutionContext* link = ec; link != null && length <= 4 * Chain.Longest; link = link->Callee)
            length++;

        That(length <= 4 * Chain.Longest, "chain ends"u8, ec);
        if (ec->State == EcState.Dead)
        {
            That(ec->Caller == null && ec->Callee == null, "dead context has no calls"u8, ec);
            That(ec->Waiters.First == null, "nobody waits for a dead context"u8, ec);
        }

        if (ec->State == EcState.Waiting)
            That(ec->Caller == null, "waiting context serves nobody"u8, ec, (ulong)ec->Caller);

        SchedulingContext* previous = null;
        for (SchedulingContext* sc = ec->Waiters.First; sc != null; sc = sc->Next)
        {
            That(sc->State == ScState.Waiting && sc->WaitsFor == ec, "waiting time knows for whom"u8, sc, (ulong)sc->WaitsFor, (ulong)ec);
            That(sc->Previous == previous, "waiters are linked both ways"u8, sc, (ulong)sc->Previous, (ulong)previous);
            sc->Head.WalkFound |= 2;
            previous = sc;
        }

        That(ec->Waiters.Last == previous || ec->Waiters.First == null, "last waiter is the last"u8, ec);
    }

    private static void Check(SchedulingContext* sc)
    {
        Cpu* cpu = Cpu.Of(sc->CpuNumber);
        switch (sc->State)
        {
            case ScState.New:
                That(sc->Request.Pending != 0 || sc == cpu->IdleSc, "new time is about to start"u8, sc);
                break;
            case ScState.Running:
                That(cpu->CurrentSc == sc || sc == cpu->IdleSc, "running time is current"u8, sc, (ulong)cpu->CurrentSc, (ulong)sc);
                break;
            case ScState.Waiting:
                That(IsWaiter(sc), "waiting time is in a queue"u8, sc, (ulong)sc->WaitsFor);
                break;
            case ScState.Depleted:
                That(sc->Timeout.IsArmed, "depleted time has a timeout"u8, sc);
                break;
        }

        That(sc->State == ScState.Depleted || !sc->Timeout.IsArmed, "timeout belongs to depleted time"u8, sc, (ulong)sc->State);
    }

    private static bool IsWaiter(SchedulingContext* sc)
    {
        if (sc->WaitsFor == null)
            return false;

        for (SchedulingContext* waiter = sc->WaitsFor->Waiters.First; waiter != null; waiter = waiter->Next)
        {
            if (waiter == sc)
                return true;
        }

        return false;
    }

    private static void CheckCpu(Cpu* cpu)
    {
        ulong ready = cpu->Ready.Walk(cpu);
        ulong armed = cpu->Timeouts.Walk(cpu);
        ulong readyFound = 0;
        ulong armedFound = 0;
        for (KernelObject* o = s_objects; o != null; o = o->WalkNext)
        {
            if (o->Type == ObjectType.SchedulingContext)
            {
                SchedulingContext* sc = (SchedulingContext*)o;
                readyFound += sc->CpuNumber == cpu->Number && sc->State == ScState.Ready ? 1u : 0u;
                armedFound += sc->CpuNumber == cpu->Number && sc->Timeout.IsArmed ? 1u : 0u;
            }
            else if (o->Type == ObjectType.ExecutionContext)
            {
                ExecutionContext* ec = (ExecutionContext*)o;
                armedFound += ec->CpuNumber == cpu->Number && ec->Timeout.IsArmed ? 1u : 0u;
            }
        }

        That(ready == readyFound, "ready queue holds what is ready"u8, cpu, ready, readyFound);
        That(armed == armedFound, "timeout queue holds what is armed"u8, cpu, armed, armedFound);
        That(cpu->Current == cpu->Idle || cpu->CurrentSc->State == ScState.Running, "current time is running"u8, cpu);
        ulong free = 0;
        for (void* page = cpu->Memory.Pages.First; page != null; page = *(void**)page)
            free++;

        That(free == cpu->Memory.Pages.Count, "free pages of a CPU are counted"u8, cpu, free, cpu->Memory.Pages.Count);
        for (uint i = 0; i < Slab.Classes; i++)
        {
            Magazine* magazine = &(&cpu->Memory.FirstMagazine)[i];
            free = 0;
            for (void* o = magazine->First; o != null; o = *(void**)o)
                free++;

            That(free == magazine->Count, "free objects of a CPU are counted"u8, magazine, free, magazine->Count);
        }
    }
}
