namespace Kilonova.Kernel;

/// <summary>
/// Keeps cached translations behind page tables: collects, over one step of an operation, which CPUs must forget some, and tells them
/// once at the end.
/// </summary>
/// <remarks>
/// Each host space has a stamp, which changes when an entry that was present has changed. A CPU remembers, per process-context
/// identifier, the stamp that its cached translations reflect, and drops them when it switches to a space that has another one. So
/// only CPUs on which the space is current at that moment are interrupted.
///
/// The initiator changes entries, changes the stamp (a full barrier), and reads which space is current on the CPUs that ever
/// used this one. A CPU that switches stores the space as current, loads CR3 (serializing), and compares the stamp again: either
/// it sees the new one, or the initiator sees it.
///
/// A CPU that is asked is safe as soon as it is in the kernel, which never touches user addresses, and has served the request before it
/// leaves. So it is with guests, whose translations serve in guest mode only: before it enters one, a CPU compares the stamps, and takes
/// another address-space tag if they differ. The initiator waits with interrupts off, but holds no lock and serves requests to itself, so nobody waits in a circle.
///
/// IOMMUs remember translations by domain identifier; they are told to forget a domain, and waited for, in the same place.
/// </remarks>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct Shootdown
{
    private const int PendingOffset = 0x40;

    [FieldOffset(0)] private CpuSet _cpus;

    /// <summary>Both of the next, to be cleared and looked at at once.</summary>
    [FieldOffset(PendingOffset)] private ulong _pending;

    /// <summary>1: there are CPUs in the set.</summary>
    [FieldOffset(PendingOffset)] private uint _any;

    /// <summary>The domain identifier of the DMA space whose entries have changed, or all; 0: none.</summary>
    [FieldOffset(PendingOffset + 4)] private uint _domain;

    /// <summary>Prepares for a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin(Shootdown* shootdown) => shootdown->_pending = 0;

    /// <summary>Entries of a DMA space have changed. With the space's lock.</summary>
    public static void NoteDomain(Shootdown* shootdown, uint domain) =>
        shootdown->_domain = shootdown->_domain == 0 || shootdown->_domain == domain ? domain : Iommu.AllDomains;

    /// <summary>
    /// Entries of a space that were present have changed: one page, or several. With the space's lock.
    /// </summary>
    public static void Note(Shootdown* shootdown, HostSpace* space, ulong page, bool several)
    {
        ulong old = HostSpace.Renew(space);
        Cpu* cpu = Cpu.This;

        // A guest compares the stamp whenever it is entered.
        if (cpu->Space == space)
        {
            PcidSlot* slot = HostSpace.SlotOf(cpu, space);
            bool current = slot->Stamp == old;
            slot->Stamp = space->Stamp;
            if (several || !current)
                HostSpace.Reload(space);
            else
                Tlb.InvalidatePage(page << PhysicalMemory.PageShift);
        }

        if (Machine.CpuCount != 1)
            AddUsers(shootdown, space);
    }

    /// <summary>Adds the CPUs that use a space at present.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddUsers(Shootdown* shootdown, HostSpace* space)
    {
        uint count = Machine.CpuCount;
        for (uint i = space->Users.Next(0); i < count; i = space->Users.Next(i + 1))
        {
            Cpu* other = Cpu.Of(i);
            if (other != Cpu.This && Volatile.Read(ref *HostSpace.CurrentOf(other, space)) == (nint)space)
            {
                if (shootdown->_any == 0)
                {
                    shootdown->_any = 1;
                    shootdown->_cpus.Clear();
                }

                shootdown->_cpus.Add(i);
            }
        }
    }

    /// <summary>Waits until no CPU uses a translation that the step took away. Interrupts off, no lock held.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Shootdown* shootdown)
    {
        if (shootdown->_pending != 0)
            Perform(shootdown);
    }

    /// <summary>Asks one CPU to look at its current space again, and waits until it has. Interrupts off, no lock held.</summary>
    public static void Ask(uint number)
    {
        Shootdown shootdown;
        Begin(&shootdown);
        shootdown._any = 1;
        shootdown._cpus.Clear();
        shootdown._cpus.Add(number);
        Perform(&shootdown);
    }

    /// <summary>
    /// Serves what other CPUs have asked of this one. The interrupt handler calls it first; with nothing to do it costs two loads.
    /// </summary>
    public static void Serve(Cpu* cpu)
    {
        MemoryCpu* memory = &cpu->Memory;
        ulong requests = Volatile.Read(ref memory->ShootdownRequests);
        if (requests == memory->ShootdownsServed)
            return;

        HostSpace.Abandon(cpu);
        if (cpu->Space != null)
            HostSpace.Synchronize(cpu, cpu->Space);

        Volatile.Write(ref memory->ShootdownsServed, requests);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Perform(Shootdown* shootdown)
    {
        if (shootdown->_domain != 0)
            Iommu.ForgetDomain(shootdown->_domain);

        if (shootdown->_any == 0)
            return;

        for (uint i = shootdown->_cpus.Next(0); i < CpuSet.Capacity; i = shootdown->_cpus.Next(i + 1))
        {
            Interlocked.Increment(ref Cpu.Of(i)->Memory.ShootdownRequests);
            Ipi.Send(i, Vectors.Remote);
        }

        Cpu* cpu = Cpu.This;
        for (uint i = shootdown->_cpus.Next(0); i < CpuSet.Capacity; i = shootdown->_cpus.Next(i + 1))
        {
            MemoryCpu* other = &Cpu.Of(i)->Memory;
            ulong requests = Volatile.Read(ref other->ShootdownRequests);
            while (Volatile.Read(ref other->ShootdownsServed) < requests)
            {
                Serve(cpu);
                Tlb.Pause();
            }
        }
    }
}
