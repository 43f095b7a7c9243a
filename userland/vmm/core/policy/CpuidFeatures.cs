// The feature bits that guests may see.
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

    /// <summary>Leaf 7 ECX: UMIP, LA57, RDPID.</summary>
    public const uint StructuredEcx = 1 << 2 | 1 << 16 | 1 << 22;

    /// <summary>Leaf 7 EDX: FSRM. Speculation controls are MSRs that guests do not have.</summary>
    public const uint StructuredEdx = 1 << 4;

    /// <summary>KVM_FEATURE_CLOCKSOURCE2 and KVM_FEATURE_CLOCKSOURCE_STABLE_BIT.</summary>
    public const uint Paravirtual = 1 << 3 | 1 << 24;

    /// <summary>KVM_FEATURE_PV_EOI.</summary>
    public const uint ParavirtualEnd = 1 << 6;

    /// <summary>Leaf 0x80000001 ECX: LAHF, CR8 at CR0, LZCNT, SSE4A, misaligned SSE, PREFETCHW.</summary>
    public const uint ExtendedEcx = 1 << 0 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8;

    /// <summary>Leaf 0x80000001 EDX: SYSCALL, NX, MMX extensions, FXSR optimisation, RDTSCP, long mode.</summary>
    public const uint ExtendedEdx = 1 << 11 | 1 << 20 | 1 << 22 | 1 << 25 | 1 << 27 | 1 << 29;
}
