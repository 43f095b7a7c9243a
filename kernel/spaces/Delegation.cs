namespace Kilonova.Kernel;

/// <summary>
/// A delegation in progress (specification, section 5.4.1): what ctrl_pd asks for, and how far it has got. Lives on the stack of the
/// hypercall or in its execution context; restarting it needs <see cref="Done"/> only.
/// </summary>
public unsafe struct Delegation
{
    public KernelObject* Source;
    public KernelObject* Destination;
    public ulong From;
    public ulong To;

    /// <summary>Number of selectors.</summary>
    public ulong Count;

    /// <summary>Selectors that have been delegated.</summary>
    public ulong Done;

    /// <summary>The permission mask.</summary>
    public uint Mask;

    /// <summary>Cacheability, if the source is the NOVA host space.</summary>
    public uint Attributes;

    /// <summary>SUCCESS, or MEM_CAP when the delegation has ended early; then <see cref="Done"/> selectors have been delegated.</summary>
    public Status Status;

    /// <summary>
    /// Prepares a delegation. The caller has checked permissions TAKE and GRANT, and keeps both spaces alive.
    /// </summary>
    /// <param name="order">log2 of the number of selectors, 0 to 31.</param>
    /// <param name="descriptor">The memory attribute descriptor.</param>
    /// <returns>BAD_CAP if the spaces do not go together, BAD_PAR for selectors out of range, alignment or attributes.</returns>
    public static Status Begin(
        Delegation* delegation,
        KernelObject* source,
        KernelObject* destination,
        ulong from,
        ulong to,
        uint order,
        uint mask,
        uint descriptor)
    {
        delegation->Source = source;
        delegation->Destination = destination;
        delegation->From = from;
        delegation->To = to;
        delegation->Count = 1ul << (int)order;
        delegation->Done = 0;
        delegation->Mask = mask;
        delegation->Attributes = 0;
        delegation->Status = Status.SUCCESS;

        ObjectType type = source->Type;
        ObjectType target = destination->Type;
        bool compatible = type switch
        {
            ObjectType.ObjectSpace or ObjectType.PioSpace or ObjectType.MsrSpace => target == type,
            ObjectType.HostSpace => target is ObjectType.HostSpace or ObjectType.GuestSpace or ObjectType.DmaSpace,
            _ => false,
        };
        if (!compatible)
            return Status.BAD_CAP;

        ulong last = delegation->Count - 1;
        if (((from | to) & last) != 0 || from + last >= Selectors(source) || to + last >= Selectors(destination))
            return Status.BAD_PAR;

        if (type is ObjectType.PioSpace or ObjectType.MsrSpace)
            return from == to ? Status.SUCCESS : Status.BAD_PAR;

        if (type == ObjectType.HostSpace && RangeSpace.IsNova((RangeSpace*)source))
        {
            uint cacheability = descriptor & Mad.CacheabilityMask;
            delegation->Attributes = cacheability;

            // KIMAX is 0.
            bool valid = cacheability <= (uint)Cacheability.WP && ((descriptor >> Mad.KeyShift) & Mad.KeyMask) == 0;
            return valid ? Status.SUCCESS : Status.BAD_PAR;
        }

        return Status.SUCCESS;
    }

    /// <summary>
    /// Does a bounded part of the delegation. True if there is more to do; false when it has ended, with <see cref="Status"/>. No lock
    /// is held between steps, so that between them the CPU may let interrupts in.
    /// </summary>
    public static bool Step(Delegation* delegation) =>
        delegation->Source->Type == ObjectType.ObjectSpace ? StepObjects(delegation) : StepRanges(delegation);

    private static bool StepObjects(Delegation* delegation)
    {
        ObjectSpace* source = (ObjectSpace*)delegation->Source;
        ObjectSpace* destination = (ObjectSpace*)delegation->Destination;
        int budget = RangeWork.NodesPerStep;
        do
        {
            ulong status;
            ulong mask = delegation->Mask | ~(ulong)Capability.PermissionMask;
            ObjectDelegation.Delegate(
                source, delegation->From + delegation->Done, destination, delegation->To + delegation->Done, mask, &status);
            if (status != (ulong)Status.SUCCESS)
            {
                delegation->Status = (Status)status;
                return false;
            }

            delegation->Done++;
            if (delegation->Done == delegation->Count)
                return false;
        }
        while (--budget > 0);

        SkipNothing(delegation, source, destination);
        return delegation->Done < delegation->Count;
    }

    /// <summary>
    /// Advances over selectors for which neither space has a table: there is nothing to delegate and nothing to overwrite.
    /// </summary>
    private static void SkipNothing(Delegation* delegation, ObjectSpace* source, ObjectSpace* destination)
    {
        int looksSource = RangeWork.NodesPerStep;
        int looksDestination = RangeWork.NodesPerStep;
        ulong done = delegation->Done;
        ulong count = delegation->Count;
        ulong inSource = ObjectSpace.SkipEmpty(source, delegation->From + done, delegation->From + count, ref looksSource);
        ulong inDestination = ObjectSpace.SkipEmpty(destination, delegation->To + done, delegation->To + count, ref looksDestination);
        ulong skipSource = inSource - delegation->From;
        ulong skipDestination = inDestination - delegation->To;
        delegation->Done = skipSource < skipDestination ? skipSource : skipDestination;
    }

    private static bool StepRanges(Delegation* delegation)
    {
        RangeWork work;
        RangeWork.Begin(&work, false);
        do
        {
            delegation->Status = RangeDelegation.Step(
                (RangeSpace*)delegation->Source,
                (RangeSpace*)delegation->Destination,
                delegation->From + delegation->Done,
                delegation->To + delegation->Done,
                delegation->Count - delegation->Done,
                delegation->Mask,
                delegation->Attributes,
                &work,
                out ulong done);
            delegation->Done += done;
        }
        while (delegation->Done < delegation->Count && delegation->Status == Status.SUCCESS && work.Nodes > 0 && work.Entries > 0);

        RangeWork.Finish(&work);
        return delegation->Done < delegation->Count && delegation->Status == Status.SUCCESS;
    }

    private static ulong Selectors(KernelObject* space) =>
        space->Type == ObjectType.ObjectSpace ? ObjectSpace.Selectors : ((RangeSpace*)space)->Selectors;
}
