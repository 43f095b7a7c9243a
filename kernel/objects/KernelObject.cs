namespace Kilonova.Kernel;

/// <summary>What kind of kernel object a capability names (specification, section 2); in the order of <see cref="CapabilityType"/>.</summary>
public enum ObjectType : byte
{
    None,
    ProtectionDomain,
    ExecutionContext,
    SchedulingContext,
    Portal,
    Semaphore,
    ObjectSpace,
    HostSpace,
    GuestSpace,
    DmaSpace,
    PioSpace,
    MsrSpace,
    DeviceContext,
}

/// <summary>
/// The head of every kernel object: its first member, so that a pointer to the object is a pointer to its head. Objects are 64-byte
/// aligned and live in slabs.
/// </summary>
/// <remarks>
/// An object lives while a capability or a kernel reference names it. When <see cref="References"/> reaches zero the object is retired:
/// after a grace period, when no CPU can still hold a pointer from a lookup, its type's destructor runs.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public unsafe struct KernelObject
{
    /// <summary>Bytes of the head; an object's own fields start behind it.</summary>
    public const int Size = 0x40;

    public ObjectType Type;

#if KERNEL_WALK
    /// <summary>What the walk has found (kernel/checks); 0 between walks.</summary>
    public byte WalkFound;

    /// <summary>References that the kernel itself holds since boot.</summary>
    public short WalkKernel;
#endif

    /// <summary>Guards the derivation tree of this object's capabilities (see MappingTree). Innermost lock.</summary>
    public SpinLock TreeLock;

    /// <summary>Capabilities plus kernel references. Changed by atomic operations only.</summary>
    public long References;

    /// <summary>The link through which a retired object waits for its grace period.</summary>
    public RcuHead Rcu;

    /// <summary>The quota that paid for the object and gets its memory back.</summary>
    public Quota* Quota;

    /// <summary>The node of the creator's capability: the root of the derivation tree. Guarded by <see cref="TreeLock"/>.</summary>
    public MapNode* TreeRoot;

#if KERNEL_WALK
    public KernelObject* WalkNext;
    public uint WalkReferences;
    public uint WalkCapabilities;
#endif

    /// <summary>Offset of <see cref="Rcu"/>, so that a destructor finds its object.</summary>
    public const int RcuOffset = 0x10;

    /// <summary>Takes one more reference. The caller holds one, or a lock that keeps one alive.</summary>
    public static void Hold(KernelObject* o) => Interlocked.Increment(ref o->References);

    /// <summary>Takes one more reference unless the last one has gone already.</summary>
    public static bool TryHold(KernelObject* o)
    {
        long references = Volatile.Read(ref o->References);
        while (references != 0)
        {
            long seen = Interlocked.CompareExchange(ref o->References, references + 1, references);
            if (seen == references)
                return true;

            references = seen;
        }

        return false;
    }

    /// <summary>Gives a reference back; the last one retires the object.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Drop(KernelObject* o)
    {
        if (Interlocked.Decrement(ref o->References) == 0)
            Lifecycle.Retire(o);
    }
}
