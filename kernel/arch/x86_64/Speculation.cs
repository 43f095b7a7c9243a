namespace Kilonova.Kernel;

/// <summary>
/// What CPUs need so that speculation does not carry data from one domain to another (docs/notes/005-speculation.md). Barriers stand
/// where a CPU turns to another address space (Cpu.Switch); CPUs that need none keep the short way (entry.S).
/// </summary>
public static unsafe class Speculation
{
    private const ulong EferAutomatic = 1ul << 21;

    private static uint s_needs;

    /// <summary>Whether a CPU does something when it turns to another address space.</summary>
    public static bool HasBarriers => (s_needs & SpeculationNeeds.AnyBarrier) != 0;

    /// <summary>Bits of IA32_EFER that every CPU sets.</summary>
    public static ulong Efer => (s_needs & SpeculationNeeds.AutomaticRestriction) != 0 ? EferAutomatic : 0;

    /// <summary>Boot CPU: finds out what is needed. CPUs that cannot keep domains apart are reported.</summary>
    /// <param name="wanted">Barriers where the CPU needs them, everywhere (for tests), or nowhere (where all domains are trusted).</param>
    public static void Detect(BarrierOption wanted)
    {
        Cpuid leaf;
        if (CpuFeatures.IsIntel)
        {
            CpuFeatures.Identify(7, &leaf);
            uint features = leaf.Edx;
            bool declares = (features & SpeculationNeeds.IntelCapabilities) != 0;
            s_needs = SpeculationNeeds.OfIntel(features, declares ? Msr.Read(Msr.IA32_ARCH_CAPABILITIES) : 0);
        }
        else
        {
            CpuFeatures.Identify(0x8000_0008, &leaf);
            uint features = leaf.Ebx;
            CpuFeatures.Identify(0x8000_0021, &leaf);
            s_needs = SpeculationNeeds.OfAmd(features, leaf.Eax);
        }

        if ((s_needs & SpeculationNeeds.Inadequate) != 0 && !CpuFeatures.HasHypervisor)
            Log.Line(LogLevel.Warning, "speculation on this CPU does not keep domains apart ($)"u8, s_needs);

        if (wanted == BarrierOption.On)
            s_needs |= SpeculationNeeds.BufferClear;
        else if (wanted == BarrierOption.Off)
            s_needs &= ~SpeculationNeeds.AnyBarrier;
    }

    /// <summary>Every CPU: turns on what stays on.</summary>
    public static void Enable()
    {
        if ((s_needs & SpeculationNeeds.RestrictBranches) != 0)
            Msr.Write(Msr.IA32_SPEC_CTRL, 1);
    }

    /// <summary>This CPU is about to run another domain.</summary>
    public static void Pass()
    {
        if ((s_needs & SpeculationNeeds.PredictionBarrier) != 0)
            Msr.Write(Msr.IA32_PRED_CMD, 1);

        if ((s_needs & SpeculationNeeds.BufferClear) != 0)
            ClearBuffers();
    }

    [RuntimeImport("*", "buffers_clear"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void ClearBuffers();
}
