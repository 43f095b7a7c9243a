namespace Kilonova.Kernel;

/// <summary>What all kinds of spaces have in common: birth, tables and death.</summary>
public static unsafe class Space
{
    /// <summary>A bitmap of 2^order pages, all ones, charged to an account; null if there is no memory or quota.</summary>
    public static ulong* TryTakeBitmap(Quota* quota, uint order)
    {
        long bytes = PhysicalMemory.PageSize << (int)order;
        if (!Quota.TryCharge(quota, bytes))
            return null;

        ulong* bitmap = (ulong*)PhysicalMemory.Allocate(order);
        if (bitmap == null)
            Quota.Credit(quota, bytes);

        for (long i = 0; bitmap != null && i < bytes / sizeof(ulong); i++)
            bitmap[i] = ulong.MaxValue;

        return bitmap;
    }

    /// <summary>Gives a bitmap back, if there still is one.</summary>
    public static void FreeBitmap(Quota* quota, ulong** bitmap, uint order)
    {
        if (*bitmap != null)
        {
            PhysicalMemory.Free(*bitmap, order);
            *bitmap = null;
            Quota.Credit(quota, PhysicalMemory.PageSize << (int)order);
        }
    }

    /// <summary>
    /// Takes a space apart whose last reference has gone a grace period ago: a bounded amount of work per call. True when it is gone;
    /// its memory is given back after another grace period, because a revocation elsewhere may be about to take its lock.
    /// </summary>
    public static bool TryDestroy(KernelObject* space, int steps)
    {
        bool cleared = space->Type == ObjectType.ObjectSpace
            ? ObjectSpace.TryClear((ObjectSpace*)space, steps)
            : RangeSpace.TryClear((RangeSpace*)space, steps);
        if (cleared)
            Rcu.CallLazily(&space->Rcu, &Free);

        return cleared;
    }

    /// <summary>Locks two spaces, which may be one, in the order of their addresses.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void LockBoth(SpinLock* a, SpinLock* b) => LockBothInline(a, b);

    /// <summary>The same where a call would weigh.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LockBothInline(SpinLock* a, SpinLock* b)
    {
        if (a < b)
        {
            a->AcquireInline();
            b->AcquireInline();
            return;
        }

        b->AcquireInline();
        if (a != b)
            a->AcquireInline();
    }

    /// <summary>Unlocks what <see cref="LockBoth"/> locked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnlockBoth(SpinLock* a, SpinLock* b)
    {
        a->Release();
        if (a != b)
            b->Release();
    }

    private static void Free(RcuHead* head)
    {
        KernelObject* space = (KernelObject*)((byte*)head - KernelObject.RcuOffset);
        ChargedMemory.Return(space->Quota, space, SizeOf(space->Type));
    }

    private static uint SizeOf(ObjectType type) => type == ObjectType.ObjectSpace ? (uint)sizeof(ObjectSpace) : RangeSpace.Size;
}
