using System.Runtime.InteropServices;

namespace Kilonova.Kernel;

/// <summary>What the kernel remembers about a virtual CPU between its exits. Bits of <see cref="VirtualCpu.Flags"/>.</summary>
[System.Flags]
public enum VirtualCpuFlags : uint
{
    None = 0,

    /// <summary>SVM: an NMI was injected whose handler has not returned yet, so that no other may be delivered.</summary>
    NmiBlocked = 1 << 0,

    /// <summary>SVM: the monitor wants to know when an NMI can be delivered.</summary>
    NmiWindow = 1 << 1,

    /// <summary>SVM: an IRET is being stepped over, behind which NMIs are deliverable again.</summary>
    NmiStep = 1 << 2,

    /// <summary>SVM: the debug registers of the CPU are this virtual CPU's, and it may access them.</summary>
    OwnsDebug = 1 << 3,

    /// <summary>SVM: the event to be delivered is a software interrupt that the monitor injected, not an instruction of the guest.</summary>
    SoftwareInjected = 1 << 4,

    /// <summary>What makes exits of a guest special.</summary>
    Nmi = NmiBlocked | NmiWindow | NmiStep,
}

/// <summary>
/// What a guest execution context has that a host one has not (specification, section 2.2.2). Touched on the context's CPU only.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct VirtualCpu
{
    /// <summary>The vendor's control block, a page: VMCB or VMCS.</summary>
    public void* Block;

    public ulong BlockPhysical;

    /// <summary>Assigned spaces, each held by a reference; null before the first assignment.</summary>
    public HostSpace* Space;

    public PioSpace* Ports;

    public MsrSpace* Registers;

    /// <summary>The <see cref="HostSpace.Stamp"/> that translations cached under <see cref="Tag"/> reflect.</summary>
    public ulong Stamp;

    /// <summary>Generation of its CPU's address-space tags in which <see cref="Tag"/> is valid; 0: it has none.</summary>
    public ulong Generation;

    /// <summary>Address-space tag: ASID or VPID.</summary>
    public uint Tag;

    public VirtualCpuFlags Flags;

    /// <summary>XCR0 of the guest, a value that the CPU accepts.</summary>
    public ulong Xcr0;

    /// <summary>IA32_TSC_AUX of the guest.</summary>
    public ulong TscAux;

    /// <summary>Added to the CPU's TSC (create_ec, flag T); 0 without.</summary>
    public ulong TscOffset;

    /// <summary>DR0 to DR3 while the virtual CPU does not own the CPU's.</summary>
    public fixed ulong Debug[4];

    /// <summary>SVM: accesses to control and debug registers that the monitor wants to see.</summary>
    public ulong Intercepts;

    /// <summary>SVM: the interception of IRET if the monitor wants it, else 0.</summary>
    public uint WantsIret;

    /// <summary>VMX: what is not in the VMCS.</summary>
    public VmxCpu Vmx;
}

/// <summary>One CPU's part of virtualization, inside struct Cpu.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public unsafe struct GuestCpu
{
    /// <summary>Bytes that struct Cpu has for this.</summary>
    public const int Size = 0x80;

    /// <summary>
    /// The guest context whose registers, tags and spaces this CPU has in place, so that it may be entered without further ado; null if
    /// something has changed since. Its space may have changed all the same: the stamps tell.
    /// </summary>
    public ExecutionContext* Ready;

    /// <summary>The guest space whose translations may be in use here. Its CPU stores, CPUs that shoot down translations read.</summary>
    public HostSpace* Space;

    /// <summary>Which round of tags is being given out; never 0. Each begins with a flush of all.</summary>
    public ulong Generation;

    /// <summary>The next tag to give out.</summary>
    public ulong NextTag;

    /// <summary>Physical address of the page in which the vendor's code keeps this CPU's own state (SVM: VMSAVE).</summary>
    public ulong HostBlock;

    /// <summary>Physical address of the page that the CPU itself needs (SVM: VM_HSAVE_PA; VMX: VMXON region).</summary>
    public ulong CpuBlock;

    /// <summary>XCR0 as it is now.</summary>
    public ulong Xcr0;

    /// <summary>IA32_TSC_AUX as it is now.</summary>
    public ulong TscAux;

    /// <summary>The guest context whose DR0 to DR3 are in the CPU; null if nobody's.</summary>
    public ExecutionContext* DebugOwner;

    /// <summary>VMX: the context whose VMCS is current.</summary>
    public ExecutionContext* Loaded;
}
