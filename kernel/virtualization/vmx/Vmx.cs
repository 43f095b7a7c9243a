using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Kernel;

/// <summary>
/// Intel VMX on the machine's CPUs (SDM volume 3, chapters 24 to 31 and appendix A): detection, switching it on, and its instructions.
/// CPUs without unrestricted guests (before 2010) are treated as having none.
/// </summary>
public static unsafe class Vmx
{
    private const uint IA32_FEATURE_CONTROL = 0x3a;
    private const uint IA32_ARCH_CAPABILITIES = 0x10a;
    private const uint IA32_VMX_BASIC = 0x480;
    private const uint IA32_VMX_CR0_FIXED0 = 0x486;
    private const uint IA32_VMX_CR4_FIXED1 = 0x489;
    private const uint IA32_VMX_PROCBASED_CTLS2 = 0x48b;
    private const uint IA32_VMX_EPT_VPID_CAP = 0x48c;
    private const uint IA32_VMX_TRUE_CTLS = 0x48d;

    private const ulong FeatureLock = 1 << 0;
    private const ulong FeatureVmx = 1 << 2;
    private const ulong BasicTrueControls = 1ul << 55;
    private const ulong Cr4Vmxe = 1ul << 13;

    /// <summary>IA32_VMX_EPT_VPID_CAP: walks of four levels, WB tables, INVEPT and INVVPID with the kinds that are used.</summary>
    private const ulong EptRequired =
        (1ul << 6) | (1ul << 14) | (1ul << 20) | (1ul << 25) | (1ul << 26) | (1ul << 32) | (1ul << 41) | (1ul << 42);
    private const ulong EptPages2M = 1ul << 16;
    private const ulong EptPages1G = 1ul << 17;

    private const uint InveptContext = 1;
    private const uint InveptAll = 2;
    private const uint InvvpidAll = 2;

    private const uint Revision = 0x7fff_ffff;

    private static VmxControls s_controls;
    private static uint s_revision;

    /// <summary>What controls can be.</summary>
    public static ref VmxControls Controls => ref s_controls;

    /// <summary>Bits that CR4 may have.</summary>
    public static ulong Cr4May { get; private set; }

    /// <summary>The largest level of guest page tables that can map a page: 0, 1 or 2.</summary>
    public static uint LargestLevel { get; private set; }

    /// <summary>
    /// Boot CPU: whether the machine has what the kernel needs. Every CPU is then expected to have the same.
    /// </summary>
    public static bool TryDetect()
    {
        const ulong Forbidden = FeatureLock;
        if (!CpuFeatures.HasVmx || (Msr.Read(IA32_FEATURE_CONTROL) & (FeatureLock | FeatureVmx)) == Forbidden)
            return false;

        ulong basic = Msr.Read(IA32_VMX_BASIC);
        if ((basic & BasicTrueControls) == 0)
            return false;

        if (!s_controls.Pin.TryRead(Msr.Read(IA32_VMX_TRUE_CTLS), PinControl.Required, 0)
            || !s_controls.Primary.TryRead(Msr.Read(IA32_VMX_TRUE_CTLS + 1), PrimaryControl.Required, 0)
            || !s_controls.Exit.TryRead(Msr.Read(IA32_VMX_TRUE_CTLS + 2), ExitControl.Required, 0)
            || !s_controls.Entry.TryRead(Msr.Read(IA32_VMX_TRUE_CTLS + 3), EntryControl.Required, EntryControl.LongMode)
            || !s_controls.Secondary.TryRead(Msr.Read(IA32_VMX_PROCBASED_CTLS2), SecondaryControl.Required, 0))
        {
            return false;
        }

        ulong pages = Msr.Read(IA32_VMX_EPT_VPID_CAP);
        LargestLevel = (pages & EptPages1G) != 0 ? 2u : (pages & EptPages2M) != 0 ? 1u : 0u;
        Ept.IsModeBased = s_controls.Secondary.Offers(SecondaryControl.ModeBasedExecution);
        Cr4May = Msr.Read(IA32_VMX_CR4_FIXED1);
        s_revision = (uint)basic & Revision;
        SetBarrier(BarrierFor());
        return (pages & EptRequired) == EptRequired;
    }

    /// <summary>Every CPU: enters VMX operation.</summary>
    public static void Enable(Cpu* cpu)
    {
        if ((Msr.Read(IA32_FEATURE_CONTROL) & FeatureLock) == 0)
            Msr.Write(IA32_FEATURE_CONTROL, FeatureLock | FeatureVmx);

        Cr.WriteCr0(Cr.ReadCr0() | Msr.Read(IA32_VMX_CR0_FIXED0));
        Cr.WriteCr4(Cr.ReadCr4() | Cr4Vmxe);
        Prepare(DirectMap.ToVirtual(cpu->Guests.CpuBlock));
        Panic.Require(Enter(cpu->Guests.CpuBlock) != 0, "VMX cannot be switched on"u8);
        InvalidateEpt(InveptAll, 0, 0);
        InvalidateProcessors();
        ulong* host = HostRegisters();
        for (uint i = 0; i < 2; i++)
            host[i] = Msr.Read(Msr.IA32_STAR + i);

        host[2] = Msr.Read(Msr.IA32_FMASK);
    }

    /// <summary>
    /// What must be cleared before a guest runs: on CPUs with L1TF the first-level data cache, else on those with MDS the buffers (vmx.S).
    /// </summary>
    private static uint BarrierFor()
    {
        const uint BufferClear = 1 << 10;
        const uint CacheFlush = 1 << 28;
        const uint HasCapabilities = 1 << 29;
        const ulong NoMeltdown = 1 << 0;
        const ulong NoFlushNeeded = 1 << 3;
        const ulong NoMds = 1 << 5;
        Cpuid leaf;
        Cpuid.Read(7, 0, &leaf);
        ulong capabilities = (leaf.Edx & HasCapabilities) != 0 ? Msr.Read(IA32_ARCH_CAPABILITIES) : 0;
        if ((capabilities & (NoMeltdown | NoFlushNeeded)) == 0 && (leaf.Edx & CacheFlush) != 0)
            return 2;

        return (capabilities & NoMds) == 0 && (leaf.Edx & BufferClear) != 0 ? 1u : 0u;
    }

    /// <summary>Makes a zeroed page a region that VMXON or VMCLEAR takes.</summary>
    public static void Prepare(void* page) => *(uint*)page = s_revision;

    /// <summary>Drops what this CPU has cached of the guest space with this EPT pointer.</summary>
    public static void InvalidateSpace(ulong pointer) => InvalidateEpt(InveptContext, pointer, 0);

    /// <summary>Drops what this CPU has cached for all virtual-processor identifiers.</summary>
    public static void InvalidateProcessors() => Invalidate(InvvpidAll, 0, 0);

    /// <summary>What IA32_STAR, IA32_LSTAR, IA32_FMASK and IA32_KERNEL_GS_BASE are outside of guests, the same on every CPU.</summary>
    [RuntimeImport("*", "vmx_host_registers_address"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong* HostRegisters();

    [RuntimeImport("*", "vmx_set_barrier"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void SetBarrier(uint kind);

    [RuntimeImport("*", "vmx_vmxon"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern uint Enter(ulong physical);

    /// <summary>Writes a VMCS back to memory: it is current on no CPU and has not been launched.</summary>
    [RuntimeImport("*", "vmx_vmclear"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Clear(ulong physical);

    /// <summary>Makes a VMCS this CPU's current one.</summary>
    [RuntimeImport("*", "vmx_vmptrld"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Load(ulong physical);

    /// <summary>Reads a field, which exists, of the current VMCS.</summary>
    [RuntimeImport("*", "vmx_read"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong Read(uint field);

    /// <summary>Writes a field of the current VMCS. One that the CPU does not have is ignored.</summary>
    [RuntimeImport("*", "vmx_write"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Write(uint field, ulong value);

    /// <summary>Copies instruction pointer, length and information to a UTCB.</summary>
    [RuntimeImport("*", "vmx_save_instruction"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SaveInstruction(ulong* utcb);

    /// <summary>Copies the three qualifications to a UTCB.</summary>
    [RuntimeImport("*", "vmx_save_qualifications"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void SaveQualifications(ulong* utcb);

    [RuntimeImport("*", "vmx_invept"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void InvalidateEpt(uint kind, ulong pointer, ulong reserved);

    [RuntimeImport("*", "vmx_invvpid"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Invalidate(uint kind, ulong vpid, ulong address);
}
