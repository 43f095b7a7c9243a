namespace Kilonova.Kernel;

/// <summary>
/// A device context (docs/abi.md, Extensions): consecutive requesters of one bus as an object, whose holder decides what they reach,
/// which interrupts they send, and hears what they were kept from.
/// </summary>
/// <remarks>
/// All contexts lie in a tree by requester; no two overlap. <see cref="s_lock"/> guards the tree and what a context knows of faults; it
/// is taken from the interrupt handler too, and nothing but a semaphore's reference is touched with it.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct DeviceContext
{
    private const int Size = 0xb0;
    private const int PlaceOffset = 0x50;

    private static SpinLock s_lock;
    private static TreeLink* s_contexts;

    [FieldOffset(0x00)] public KernelObject Head;

    /// <summary>The unit that the requesters are behind. Constant.</summary>
    [FieldOffset(0x40)] public VtdUnit* Unit;

    /// <summary>First and last requester. Constant.</summary>
    [FieldOffset(0x48)] public uint First;
    [FieldOffset(0x4c)] public uint Last;

    [FieldOffset(PlaceOffset)] private TreeLink _place;

    /// <summary>Rung at a fault; held. Null: nobody wants to know.</summary>
    [FieldOffset(0x88)] public Semaphore* Bell;

    /// <summary>Faults since the last look, and the first of them.</summary>
    [FieldOffset(0x90)] private ulong _faults;
    [FieldOffset(0x98)] private ulong _address;

    /// <summary>See <see cref="DeviceFaultResult"/>.</summary>
    [FieldOffset(0xa0)] private ulong _kind;

    /// <summary>The source of interrupts of the context's devices.</summary>
    public static ulong SourceOf(DeviceContext* device) => device->First | (device->First != device->Last ? Iommu.WholeBus : 0);

    /// <summary>
    /// A context with one reference. Null, and why: BAD_DEV if nothing confines all of the requesters, ABORTED if one is in another
    /// context, MEM_OBJ.
    /// </summary>
    public static DeviceContext* Create(Quota* quota, uint first, uint last, Status* status)
    {
        VtdUnit* unit = DeviceScopes.UnitOf(first);
        *status = Status.BAD_DEV;
        for (ulong requester = first; requester <= last; requester++)
        {
            if (unit == null || DeviceScopes.UnitOf((uint)requester) != unit)
                return null;
        }

        *status = Status.MEM_OBJ;
        DeviceContext* device = (DeviceContext*)ChargedMemory.TryTakeObject(quota, ObjectType.DeviceContext, Size);
        if (device == null)
            return null;

        device->Unit = unit;
        device->First = first;
        device->Last = last;
        device->_place.Key = first;
        device->_place.End = last + 1ul;
        device->_place.Priority = OrderedTree.NextPriority(Cpu.This);
        s_lock.Acquire();
        bool free = Find(first, last) == null;
        if (free)
        {
            TreeLink* contexts = s_contexts;
            OrderedTree.Insert(&contexts, &device->_place);
            s_contexts = contexts;
        }

        s_lock.Release();
        if (free)
            return device;

        *status = Status.ABORTED;
        ChargedMemory.Return(quota, device, Size);
        return null;
    }

    /// <summary>The last reference is gone, a grace period ago: the devices reach nothing and send nothing any more.</summary>
    public static void Destroy(DeviceContext* device)
    {
        s_lock.Acquire();
        TreeLink* contexts = s_contexts;
        OrderedTree.Remove(&contexts, &device->_place);
        s_contexts = contexts;
        s_lock.Release();
        Interrupts.Detach(SourceOf(device));
        Iommu.Remove(device->Unit, device->First, device->Last);
        Watch(device, null);
        ChargedMemory.Return(device->Head.Quota, device, Size);
    }

    /// <summary>Lets a semaphore, or none, be rung at a fault.</summary>
    public static void Watch(DeviceContext* device, Semaphore* bell)
    {
        if (bell != null)
            KernelObject.Hold(&bell->Head);

        s_lock.Acquire();
        Semaphore* before = device->Bell;
        device->Bell = bell;
        s_lock.Release();
        if (before != null)
            KernelObject.Drop(&before->Head);
    }

    /// <summary>How many faults there were since the last look, and the first. From now on that requester's are reported again.</summary>
    public static ulong Look(DeviceContext* device, out ulong address, out ulong kind)
    {
        s_lock.Acquire();
        ulong faults = device->_faults;
        address = device->_address;
        kind = device->_kind;
        device->_faults = 0;
        s_lock.Release();
        if (faults != 0)
            Iommu.Arm(device->Unit, (uint)(kind >> DeviceFaultResult.RequesterShift));

        return faults;
    }

    /// <summary>Whether a requester is in any context.</summary>
    public static bool Has(uint requester)
    {
        s_lock.Acquire();
        bool found = Find(requester, requester) != null;
        s_lock.Release();
        return found;
    }

    /// <summary>Tells the context of a requester of a fault. False if it is in none.</summary>
    public static bool TryTell(uint requester, DeviceFault fault, byte reason, ulong address)
    {
        s_lock.Acquire();
        DeviceContext* device = Find(requester, requester);
        Semaphore* bell = null;
        if (device != null)
        {
            if (device->_faults++ == 0)
            {
                device->_address = address;
                device->_kind = (uint)fault | ((uint)reason << DeviceFaultResult.ReasonShift)
                    | ((ulong)requester << DeviceFaultResult.RequesterShift);
            }

            bell = device->Bell;
        }

        s_lock.Release();

        // Whoever takes it away drops it after a grace period at the earliest.
        if (bell != null)
            _ = Semaphore.Up(bell);

        return device != null;
    }

    /// <summary>A context that has one of some requesters; null if none does. With the lock.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static DeviceContext* Find(ulong first, ulong last)
    {
        TreeLink* place = OrderedTree.FirstOverlap(s_contexts, first, last + 1);
        return place != null ? (DeviceContext*)((byte*)place - PlaceOffset) : null;
    }
}
