using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// The one place that knows which vendor's virtualization the machine has: everything else calls this, or the vendor's own code. The
/// choice is made once at boot, so that a call costs one well-predicted branch.
/// </summary>
public static unsafe class Virtualization
{
    /// <summary>SVM, VMX or none: the feature bit of the HIP. Constant after the boot.</summary>
    public static PlatformFeatures Kind { get; private set; }

    /// <summary>Whether it is Intel's. Then a virtual CPU has a vAPIC page in its monitor's host space (create_ec).</summary>
    public static bool IsVmx => Kind == PlatformFeatures.VMX;

    /// <summary>The highest level of guest page tables whose entries may be leaves: 2 with pages of 1 GiB.</summary>
    public static uint LargestLevel { get; private set; }

    /// <summary>Boot CPU, once: what there is. With memory, but before any space exists.</summary>
    public static void Detect()
    {
        LargestLevel = CpuFeatures.HasLargestPages ? 2u : 1u;
        if (Svm.Detect())
        {
            Kind = PlatformFeatures.SVM;
        }
        else if (Vmx.TryDetect())
        {
            Kind = PlatformFeatures.VMX;
            LargestLevel = Vmx.LargestLevel;
        }
    }

    /// <summary>Boot CPU, for every CPU: takes the memory that it needs. False if there is none.</summary>
    public static bool TryPrepare(Cpu* cpu)
    {
        if (Kind == 0)
            return true;

        void* host = PhysicalMemory.AllocatePage();
        void* own = PhysicalMemory.AllocatePage();
        if (host == null || own == null)
            return false;

        cpu->Guests.HostBlock = DirectMap.ToPhysical(host);
        cpu->Guests.CpuBlock = DirectMap.ToPhysical(own);
        cpu->Guests.Generation = 1;
        cpu->Guests.NextTag = 1;
        return true;
    }

    /// <summary>Every CPU, before it runs contexts: switches virtualization on.</summary>
    public static void Enable(Cpu* cpu)
    {
        if (IsVmx)
            Vmx.Enable(cpu);
        else if (Kind != 0)
            Svm.Enable(cpu);
    }

    /// <summary>
    /// Gives a new context a control block in its initial state; <see cref="VirtualCpu.BlockPhysical"/> names a zeroed page, and everything
    /// that the block refers to but spaces is set.
    /// </summary>
    public static void Initialize(ExecutionContext* ec)
    {
        if (IsVmx)
            VmxEntry.Initialize(ec);
        else
            Svm.Initialize(ec);
    }

    /// <summary>The context will never run again, and its block is about to be freed. On its CPU.</summary>
    public static void Forget(Cpu* cpu, ExecutionContext* ec)
    {
        if (IsVmx)
            VmxEntry.Forget(cpu, ec);
        else
            Svm.Forget(cpu, ec);
    }

    /// <summary>Lets the control block follow the assigned spaces. Not all of them need be there.</summary>
    public static void Assign(ExecutionContext* ec)
    {
        if (IsVmx)
            VmxEntry.Assign(ec);
        else
            Svm.Assign(ec);
    }

    /// <summary>
    /// Enters the guest, which <see cref="Guests.Run"/> has checked. Does not return: the exit handler starts on an empty stack, sends an
    /// event or does what is the kernel's business, and goes to leave_kernel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter(Cpu* cpu, ExecutionContext* ec)
    {
        if (IsVmx)
            VmxEntry.Enter(cpu, ec);
        else
            Svm.Enter(cpu, ec);
    }

    /// <summary>
    /// Makes the CPU ready for a context for which it is not (<see cref="GuestCpu.Ready"/>), or whose space has changed: the vendor's part
    /// of it. False if the guest cannot be entered now because something happened, an event for instance.
    /// </summary>
    public static bool TryPrepareEntry(Cpu* cpu, ExecutionContext* ec) =>
        IsVmx ? VmxEntry.TryPrepareEntry(cpu, ec) : Svm.TryPrepareEntry(cpu, ec);

    /// <summary>Copies the state that <paramref name="mtd"/> selects to a UTCB.</summary>
    public static void Save(ExecutionContext* ec, ulong* utcb, Mtd mtd)
    {
        if (IsVmx)
            VmxState.Save(ec, utcb, mtd);
        else
            SvmState.Save(ec, utcb, mtd);
    }

    /// <summary>Copies the state that <paramref name="mtd"/> selects from a UTCB whose owner is not to be trusted.</summary>
    public static void Load(ExecutionContext* ec, ulong* utcb, Mtd mtd)
    {
        if (IsVmx)
            VmxState.Load(ec, utcb, mtd);
        else
            SvmState.Load(ec, utcb, mtd);
    }

    /// <summary>
    /// The same for what most replies bring: general registers, the instruction pointer, or nothing. False if it is more, and nothing done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoadQuickly(ExecutionContext* ec, ulong* utcb, Mtd mtd) =>
        !IsVmx && SvmState.TryLoadQuickly(ec, utcb, mtd);

    /// <summary>The event for a guest that cannot be entered because its state, or a space of it, is not as it must be.</summary>
    public static uint InvalidState => IsVmx ? VmxEvent.EntryFailureState : SvmEvent.Invalid;

    /// <summary>Bits of a leaf entry of a guest space but for the frame; permissions are not 0 (HostSpace.Tables.cs).</summary>
    public static ulong Attributes(uint permissions, uint attributes) =>
        IsVmx ? Ept.Attributes(permissions, attributes) : HostSpace.Attributes(permissions, attributes);
}
