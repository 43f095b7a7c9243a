// The feature bits that guests may see.
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Policy;

/// <summary>Masks over the processor's own feature words. Bits that are not named here are hidden.</summary>
internal static class CpuidFeatures
{
    /// <summary>Leaf 1 ECX: SSE3, PCLMULQDQ, SSSE3, CX16, PCID, SSE4.1, SSE4.2, MOVBE, POPCNT, AES, RDRAND.</summary>
    public const uint BasicEcx = 1 << 0 | 1 << 1 | 1 << 9 | 1 << 13 | 1 << 17 | 1 << 19 | 1 << 20 | 1 << 22 | 1 << 23 | 1 << 25 | 1 << 30;

    /// <summary>Leaf 1 ECX with XSAVE: FMA, XSAVE, AVX, F16C.</summary>
    public const uint BasicEcxWithXsave = 1 << 12 | 1 << 26 | 1 << 28 | 1 << 29;

    /// <summary>Leaf 1 ECX, there whatever the processor has: x2APIC, TSC deadline, hypervisor.</summary>
    public const uint ForcedEcx = 1 << 21 | 1 << 24 | 1u << 31;

    /// <summary>
    /// Leaf 1 EDX: FPU, VME, DE, PSE, TSC, MSR, PAE, CX8, APIC, SEP, MTRR, PGE, CMOV, PAT, PSE-36, CLFSH, MMX, FXSR, SSE, SSE2. Machine
    /// checks are the host's.
    /// </summary>
    public const uint BasicEdx = 0x078b_bb7f;

    /// <summary>Leaf 7 EBX: FSGSBASE, TSC_ADJUST, BMI1, SMEP, BMI2, ERMS, INVPCID, RDSEED, ADX, SMAP, CLFLUSHOPT, CLWB, SHA.</summary>
    public const uint StructuredEbx = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 18 | 1 << 19 | 1 << 20 | 1 << 23
        | 1 << 24 | 1 << 29;

    /// <summary>Leaf 7 EBX with XSAVE: AVX2.</summary>
    public const uint StructuredEbxWithXsave = 1 << 5;

    /// <summary>Leaf 7 ECX: UMIP, RDPID.</summary>
    public const uint StructuredEcx = 1 << 2 | 1 << 22;

    /// <summary>Leaf 7 ECX with wide linear addresses: LA57.</summary>
    public const uint WideAddresses = 1 << 16;

    /// <summary>Leaf 7 EDX: FSRM. Speculation controls are MSRs that guests do not have.</summary>
    public const uint StructuredEdx = 1 << 4;

    /// <summary>KVM_FEATURE_CLOCKSOURCE2 and KVM_FEATURE_CLOCKSOURCE_STABLE_BIT.</summary>
    public const uint Paravirtual = 1 << 3 | 1 << 24;

    /// <summary>KVM_FEATURE_PV_EOI.</summary>
    public const uint ParavirtualEnd = 1 << 6;

    /// <summary>Leaf 0x80000001 ECX: LAHF, LZCNT, SSE4A, misaligned SSE, PREFETCHW.</summary>
    public const uint ExtendedEcx = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8;

    /// <summary>Leaf 0x80000001 EDX: SYSCALL, NX, MMX extensions, FXSR optimisation, RDTSCP, long mode.</summary>
    public const uint ExtendedEdx = 1 << 11 | 1 << 20 | 1 << 22 | 1 << 25 | 1 << 27 | 1 << 29;

    /// <summary>
    /// Bits of CR4 that a processor has (Intel SDM volume 3, section 2.5). Machine checks can be enabled whatever CPUID shows: firmware does
    /// so without looking.
    /// </summary>
    /// <param name="basic">Leaf 1, OSXSAVE apart.</param>
    /// <param name="structured">Leaf 7.</param>
    public static ulong ControlBits(in CpuidLeaf basic, in CpuidLeaf structured) =>
        Cr4.MachineCheckEnable | Cr4.PerformanceCounterEnable
        | If(basic.Edx, 1, Cr4.Virtual8086Extensions | Cr4.ProtectedVirtualInterrupts)
        | If(basic.Edx, 2, Cr4.DebuggingExtensions)
        | If(basic.Edx, 3, Cr4.PageSizeExtensions)
        | If(basic.Edx, 4, Cr4.TimestampDisable)
        | If(basic.Edx, 6, Cr4.PhysicalAddressExtension)
        | If(basic.Edx, 13, Cr4.PageGlobalEnable)
        | If(basic.Edx, 24, Cr4.OsFxsr)
        | If(basic.Edx, 25, Cr4.OsSimdExceptions)
        | If(basic.Ecx, 17, Cr4.ProcessContextIdentifiers)
        | If(basic.Ecx, 26, Cr4.OsXsave)
        | If(structured.Ebx, 0, Cr4.SegmentBaseInstructions)
        | If(structured.Ebx, 7, Cr4.SupervisorExecutionPrevention)
        | If(structured.Ebx, 20, Cr4.SupervisorAccessPrevention)
        | If(structured.Ecx, 2, Cr4.UserModeInstructionPrevention)
        | If(structured.Ecx, 16, Cr4.LinearAddress57);

    private static ulong If(uint features, int bit, ulong control) => (features & (1u << bit)) != 0 ? control : 0;
}
