namespace Kilonova.Kernel;

/// <summary>Which execution contexts belong to a domain: what kill must reach. A context is in the list until it is killed or destroyed.</summary>
public static unsafe class Membership
{
    /// <summary>Enters a new context into its domain's list. False, and not entered, if the domain has been killed.</summary>
    public static bool TryJoin(ProtectionDomain* domain, ExecutionContext* ec)
    {
        domain->Lock.Acquire();
        bool alive = domain->Killed == 0;
        if (alive)
        {
            ec->NextInDomain = domain->FirstContext;
            if (domain->FirstContext != null)
                domain->FirstContext->PreviousInDomain = ec;

            domain->FirstContext = ec;
        }

        domain->Lock.Release();
        return alive;
    }

    /// <summary>Takes a context out of its domain's list, if it is there.</summary>
    public static void Leave(ExecutionContext* ec)
    {
        ProtectionDomain* domain = ec->Domain;
        domain->Lock.Acquire();
        if (domain->FirstContext == ec || ec->PreviousInDomain != null)
            Unlink(domain, ec);

        domain->Lock.Release();
    }

    /// <summary>
    /// Any context of the list, with a reference; null if none is left. One whose last reference is gone already is taken out: its
    /// destructor is on the way.
    /// </summary>
    public static ExecutionContext* HoldAny(ProtectionDomain* domain)
    {
        domain->Lock.Acquire();
        ExecutionContext* ec = domain->FirstContext;
        while (ec != null && !KernelObject.TryHold(&ec->Head))
        {
            Unlink(domain, ec);
            ec = domain->FirstContext;
        }

        domain->Lock.Release();
        return ec;
    }

    private static void Unlink(ProtectionDomain* domain, ExecutionContext* ec)
    {
        if (ec->PreviousInDomain != null)
            ec->PreviousInDomain->NextInDomain = ec->NextInDomain;
        else
            domain->FirstContext = ec->NextInDomain;

        if (ec->NextInDomain != null)
            ec->NextInDomain->PreviousInDomain = ec->PreviousInDomain;

        ec->NextInDomain = null;
        ec->PreviousInDomain = null;
    }
}
