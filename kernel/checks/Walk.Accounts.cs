namespace Kilonova.Kernel;

/// <summary>Accounts of kernel memory against what is charged to them.</summary>
public static unsafe partial class Walk
{
    private static long s_rootSurplus;
    private static long s_sum;

    private static void CheckAccounts()
    {
        for (KernelObject* o = s_objects; o != null; o = o->WalkNext)
        {
            Quota.WalkReset(o->Quota);
            if (o->Type == ObjectType.ProtectionDomain)
                Quota.WalkReset(((ProtectionDomain*)o)->Account);
        }

        Quota.WalkReset(Machine.Quota);
        for (KernelObject* o = s_objects; o != null; o = o->WalkNext)
            Quota.WalkCharge(o->Quota, ChargeOf(o));

        long sum = 0;
        for (KernelObject* o = s_objects; o != null; o = o->WalkNext)
        {
            if (o->Type == ObjectType.ProtectionDomain)
                CheckAccount(((ProtectionDomain*)o)->Account, ref sum);

            CheckAccount(o->Quota, ref sum);
        }

        if (s_isFirst)
            s_sum = sum;

        That(sum == s_sum, "accounts together own all memory"u8, Machine.Quota, (ulong)sum, (ulong)s_sum);
    }

    private static void CheckAccount(Quota* quota, ref long sum)
    {
        if (!Quota.WalkTake(quota, out long charged, out long total))
            return;

        sum += total;
        long used = total - Quota.Available(quota);
        if (quota == Machine.Quota)
        {
            // What the kernel allocated at boot, and objects that are its alone.
            if (s_isFirst)
                s_rootSurplus = used - charged;

            charged += s_rootSurplus;
        }

        That(used == charged, "account agrees with what was charged"u8, quota, (ulong)used, (ulong)charged);
    }

    private static long ChargeOf(KernelObject* o)
    {
        switch (o->Type)
        {
            case ObjectType.ProtectionDomain:
                return sizeof(ProtectionDomain);
            case ObjectType.ExecutionContext:
                ExecutionContext* ec = (ExecutionContext*)o;
                return sizeof(ExecutionContext) + (ec->Utcb != null ? 4096 : 0) + (ec->FpuState != null ? 4096 : 0)
                    + ((ec->Flags & EcFlags.Guest) != 0 ? sizeof(VirtualCpu) + 4096 : 0);
            case ObjectType.SchedulingContext:
                return sizeof(SchedulingContext);
            case ObjectType.Portal:
                return sizeof(Portal);
            case ObjectType.Semaphore:
                return sizeof(Semaphore);
            case ObjectType.DeviceContext:
                return sizeof(DeviceContext);
            case ObjectType.ObjectSpace:
                return ObjectSpace.WalkCharge((ObjectSpace*)o);
            default:
                return WalkSpaces.Charge((RangeSpace*)o);
        }
    }
}
