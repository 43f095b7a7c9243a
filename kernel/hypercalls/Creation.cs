namespace Kilonova.Kernel;

/// <summary>What the create hypercalls have in common: the owner domain's capability, the empty slot, the new capability.</summary>
public static unsafe class Creation
{
    /// <summary>
    /// Checks that <paramref name="domain"/> selects a domain that <paramref name="permission"/> allows to create for, and that
    /// <paramref name="selector"/> is empty. Null if not: BAD_CAP.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ProtectionDomain* Owner(ExecutionContext* ec, ulong selector, ulong domain, PdPermissions permission)
    {
        KernelObject* owner = ObjectSpace.FindObject(ec->Objects, domain, ObjectType.ProtectionDomain, (uint)permission);
        return owner != null && ObjectSpace.IsFree(ec->Objects, selector) ? (ProtectionDomain*)owner : null;
    }

    /// <summary>
    /// Puts the first capability of a new object into the creator's object space. If that fails the object, which nobody has seen yet,
    /// is retired and the status says why: BAD_CAP (the slot was filled meanwhile) or MEM_CAP.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Publish(ExecutionContext* ec, ulong selector, KernelObject* o, uint permissions)
    {
        Status status = ObjectSpace.Insert(ec->Objects, selector, o, permissions);

        // The reference of creation; the capability has its own.
        KernelObject.Drop(o);
        return status;
    }
}
