namespace Kilonova.Kernel;

/// <summary>
/// An account of kernel memory, in bytes. A protection domain has its own or draws on its owner's; every kernel object, node and table
/// remembers the account that paid for it and is credited there.
/// </summary>
/// <remarks>
/// Total is what the account owns: the free part (Available) and what its objects use. Moving memory between accounts moves both. The
/// sum of all totals is constant. An account outlives its domain until nothing is charged to it any more; whatever comes back goes on
/// to the account that it was created from, which for that reason lives as long as it has such children.
/// Available changes by atomic operations. The rest is guarded by the lock; a child's lock comes before its parent's.
/// </remarks>
public unsafe partial struct Quota
{
    private long _available;
    private long _total;
    private Quota* _parent;
    private SpinLock _lock;
    private uint _closed;
    private ulong _children;
#if KERNEL_WALK
    private long _walkCharged;
#endif
    private RcuHead _rcu;

    /// <summary>Bytes that can still be charged. A snapshot; negative after forced charges.</summary>
    public static long Available(Quota* quota) => Volatile.Read(ref quota->_available);

    /// <summary>Bytes that the account owns, used or not. A snapshot.</summary>
    public static long Total(Quota* quota) => Volatile.Read(ref quota->_total);

    /// <summary>The first account, which owns <paramref name="bytes"/> and has no parent. Null if there is no memory.</summary>
    public static Quota* CreateRoot(long bytes)
    {
        Quota* quota = Slab.New<Quota>();
        if (quota != null)
        {
            quota->_available = bytes;
            quota->_total = bytes;
        }

        return quota;
    }

    /// <summary>An empty account below another one, which pays for it. Null if that one cannot, or there is no memory.</summary>
    public static Quota* Create(Quota* parent)
    {
        Quota* quota = (Quota*)ChargedMemory.TryTake(parent, (uint)sizeof(Quota));
        if (quota == null)
            return null;

        quota->_parent = parent;
        parent->_lock.Acquire();
        parent->_children++;
        parent->_lock.Release();
        return quota;
    }

    /// <summary>Takes bytes from the account; false, and nothing changed, if it has not enough.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryCharge(Quota* quota, long bytes) => TryChargeInline(quota, bytes);

    /// <summary>The same where a call would weigh.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryChargeInline(Quota* quota, long bytes)
    {
        if (Faults.AllocationFails)
            return false;

        long available = quota->_available;
        return (available >= bytes && Interlocked.CompareExchange(ref quota->_available, available - bytes, available) == available)
            || TryChargeAgain(quota, bytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryChargeAgain(Quota* quota, long bytes)
    {
        long available = quota->_available;
        while (available >= bytes)
        {
            long seen = Interlocked.CompareExchange(ref quota->_available, available - bytes, available);
            if (seen == available)
                return true;

            available = seen;
        }

        return false;
    }

    /// <summary>
    /// Takes bytes even if the account then owes some. For what must not fail for want of quota: a revoke that has to split what the
    /// account's domain holds. Until it has repaid, the account cannot be charged.
    /// </summary>
    public static void Charge(Quota* quota, long bytes) => Interlocked.Add(ref quota->_available, -bytes);

    /// <summary>Gives bytes back that were charged to this account.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Credit(Quota* quota, long bytes)
    {
        // The addition is a full barrier: either this sees the account closed, or whoever closes it sees the bytes.
        Interlocked.Add(ref quota->_available, bytes);
        if (Volatile.Read(ref quota->_closed) != 0)
            Settle(quota);
    }

    /// <summary>Moves free bytes to another account; false, and nothing changed, if the first has not enough.</summary>
    public static bool TryMove(Quota* from, Quota* to, long bytes)
    {
        if (bytes < 0 || !TryCharge(from, bytes))
            return false;

        Interlocked.Add(ref from->_total, -bytes);
        Interlocked.Add(ref to->_total, bytes);
        Credit(to, bytes);
        return true;
    }

    /// <summary>
    /// Ends an account whose domain is gone. What it owns goes to its parent, at once as far as it is free, the rest when it is
    /// credited; the account vanishes with its last byte and child.
    /// </summary>
    public static void Close(Quota* quota)
    {
        Interlocked.Exchange(ref quota->_closed, 1);
        Settle(quota);
    }

    /// <summary>Passes what a closed account has to its parent, and so on upwards as long as accounts vanish.</summary>
    private static void Settle(Quota* quota)
    {
        while (quota->_parent != null)
        {
            Quota* parent = quota->_parent;
            quota->_lock.Acquire();
            long bytes = Interlocked.Exchange(ref quota->_available, 0);
            long total = Interlocked.Add(ref quota->_total, -bytes);
            bool vanishes = total == 0 && quota->_children == 0 && quota->_closed == 1;
            if (vanishes)
                quota->_closed = 2;

            quota->_lock.Release();
            Interlocked.Add(ref parent->_total, bytes);
            Interlocked.Add(ref parent->_available, bytes + (vanishes ? sizeof(Quota) : 0));
            if (vanishes)
            {
                parent->_lock.Acquire();
                parent->_children--;
                parent->_lock.Release();

                // Others may be about to look at it: whoever credited the last bytes before us.
                Rcu.CallLazily(&quota->_rcu, &Delete);
            }

            if (Volatile.Read(ref parent->_closed) != 1)
                return;

            quota = parent;
        }
    }

    private static void Delete(RcuHead* head) => Slab.Delete((Quota*)((byte*)head - (sizeof(Quota) - sizeof(RcuHead))));
}
