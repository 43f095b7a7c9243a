namespace Kilonova.Kernel;

/// <summary>Where barriers are wanted: see <see cref="Speculation.Detect"/>.</summary>
public enum BarrierOption : byte
{
    AsNeeded,
    On,
    Off,
}

/// <summary>What a CPU needs so that speculation keeps domains apart, from what it says about itself: bits (docs/notes/005-speculation.md).</summary>
public static class SpeculationNeeds
{
    /// <summary>IA32_PRED_CMD.IBPB: no branch is predicted from what was executed before.</summary>
    public const uint PredictionBarrier = 1 << 0;

    /// <summary>VERW: buffers that leak into faulting or assisted loads are overwritten.</summary>
    public const uint BufferClear = 1 << 1;

    /// <summary>IA32_SPEC_CTRL.IBRS for good, where it is meant to be left on (enhanced IBRS).</summary>
    public const uint RestrictBranches = 1 << 2;

    /// <summary>EFER.AIBRSE: the same, AMD's way.</summary>
    public const uint AutomaticRestriction = 1 << 3;

    /// <summary>Programs can read all memory that the kernel maps (Meltdown, L1TF): no barrier helps.</summary>
    public const uint ReadsKernel = 1 << 4;

    /// <summary>Buffers leak, and microcode does not clear them; or branches are predicted across domains, and no barrier exists.</summary>
    public const uint NoBarrier = 1 << 5;

    /// <summary>What is done at each switch.</summary>
    public const uint AnyBarrier = PredictionBarrier | BufferClear;

    /// <summary>What is reported.</summary>
    public const uint Inadequate = ReadsKernel | NoBarrier;

    /// <summary>CPUID.7.0:EDX: there is IA32_ARCH_CAPABILITIES.</summary>
    public const uint IntelCapabilities = 1u << 29;

    // CPUID.7.0:EDX; CPUID.8000_0008:EBX; CPUID.8000_0021:EAX.
    private const uint IntelClears = 1u << 10;
    private const uint IntelBarrier = 1u << 26;
    private const uint AmdBarrier = 1u << 12;
    private const uint AmdAutomatic = 1u << 8;

    // IA32_ARCH_CAPABILITIES.
    private const ulong NoRogueLoads = 1ul << 0;
    private const ulong BranchesRestricted = 1ul << 1;
    private const ulong NoBufferSampling = 1ul << 5;
    private const ulong NoFillBufferPropagation = 7ul << 13;
    private const ulong NoRegisterFileSampling = 1ul << 27;
    private const ulong AllBuffers = NoBufferSampling | NoFillBufferPropagation | NoRegisterFileSampling;

    /// <summary>Intel: what CPUs do not declare to be free of, they have.</summary>
    /// <param name="features">CPUID.7.0:EDX.</param>
    /// <param name="capabilities">IA32_ARCH_CAPABILITIES; 0 where it does not exist.</param>
    public static uint OfIntel(uint features, ulong capabilities)
    {
        uint needs = (features & IntelBarrier) != 0 ? PredictionBarrier : NoBarrier;
        if ((capabilities & BranchesRestricted) != 0)
            needs |= RestrictBranches;

        if ((capabilities & NoRogueLoads) == 0)
            needs |= ReadsKernel;

        if ((capabilities & AllBuffers) != AllBuffers)
            needs |= (features & IntelClears) != 0 ? BufferClear : NoBarrier;

        return needs;
    }

    /// <summary>AMD and its kin: loads respect privileges and buffers do not leak, but branches are predicted across domains.</summary>
    /// <param name="features">CPUID.8000_0008:EBX.</param>
    /// <param name="extended">CPUID.8000_0021:EAX.</param>
    public static uint OfAmd(uint features, uint extended) =>
        ((features & AmdBarrier) != 0 ? PredictionBarrier : NoBarrier) | ((extended & AmdAutomatic) != 0 ? AutomaticRestriction : 0);
}
