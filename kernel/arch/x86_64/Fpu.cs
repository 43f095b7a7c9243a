using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Kernel;

/// <summary>
/// FPU state of execution contexts. Contexts without FPU run with CR0.TS set; those with FPU get their state when they are resumed, not
/// at their first instruction, so that nobody ever runs over another's registers with the FPU enabled.
/// </summary>
/// <remarks>
/// A context without FPU leaves the registers of the last user where they are: switching to it and back costs no save and no restore.
/// On CPUs that let speculation read disabled registers (LazyFP, CVE-2018-3665) they are saved and replaced by the initial state first.
/// </remarks>
public static unsafe class Fpu
{
    /// <summary>CPUID.D.0: bits of XCR0 that the kernel enables: x87, SSE, AVX, MPX is left out, AVX-512.</summary>
    private const ulong Wanted = 0xe7;

    private const int LegacySize = 512;
    private const int HeaderSize = 64;
    private const int ControlWordOffset = 0;
    private const int MxcsrOffset = 24;

    private static ulong s_components;
    private static bool s_leaksLazily;

    /// <summary>Bytes of an area that holds a context's state.</summary>
    public static uint AreaSize { get; private set; }

    /// <summary>Boot CPU, before any other: decides which components are kept.</summary>
    public static void Detect(bool leaksLazily)
    {
        s_leaksLazily = leaksLazily;
        s_components = CpuFeatures.HasXsave ? CpuFeatures.XsaveComponents & Wanted : 0;
        AreaSize = LegacySize + HeaderSize;
    }

    /// <summary>Every CPU: enables the components. CR4.OSFXSR and CR4.OSXSAVE are set.</summary>
    public static void Initialize(Cpu* cpu)
    {
        if (s_components != 0)
        {
            Xsetbv(0, s_components);
            uint size = CpuFeatures.EnabledXsaveSize;
            if (size > AreaSize)
                AreaSize = size;
        }

        Disable();
        cpu->FpuUser = null;
        cpu->FpuOwner = null;
    }

    /// <summary>Writes the initial state into a zeroed area: all exceptions masked, round to nearest (SDM volume 1, table 13-1).</summary>
    public static void Reset(void* area)
    {
        *(ushort*)((byte*)area + ControlWordOffset) = 0x37f;
        *(uint*)((byte*)area + MxcsrOffset) = 0x1f80;
        *(ulong*)((byte*)area + LegacySize) = 0;
        if (s_components != 0)
        {
            // x87 and SSE are taken from the area, the rest from its initial configuration.
            *(ulong*)((byte*)area + LegacySize) = 3;
        }
    }

    /// <summary>Turns the FPU over to <paramref name="ec"/>, which is about to run and is not its present user.</summary>
    public static void Switch(Cpu* cpu, ExecutionContext* ec)
    {
        if (ec->FpuSelf == null)
        {
            if (s_leaksLazily && cpu->FpuOwner != null)
            {
                Save(cpu->FpuOwner->FpuState);
                cpu->FpuOwner = null;
                Restore(cpu->Idle->FpuState);
            }

            Disable();
            cpu->FpuUser = null;
            return;
        }

        if (cpu->FpuUser == null)
            Enable();

        if (cpu->FpuOwner != ec)
        {
            if (cpu->FpuOwner != null)
                Save(cpu->FpuOwner->FpuState);

            Restore(ec->FpuState);
            cpu->FpuOwner = ec;
        }

        cpu->FpuUser = ec;
    }

    /// <summary>A context of this CPU ends: another one at its address must not be taken for it.</summary>
    public static void Forget(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->FpuOwner == ec)
            cpu->FpuOwner = null;

        if (cpu->FpuUser == ec)
        {
            Disable();
            cpu->FpuUser = null;
        }
    }

    private static void Save(void* area)
    {
        if (s_components != 0)
            Xsave(area, (uint)s_components, (uint)(s_components >> 32));
        else
            Fxsave(area);
    }

    private static void Restore(void* area)
    {
        if (s_components != 0)
            Xrstor(area, (uint)s_components, (uint)(s_components >> 32));
        else
            Fxrstor(area);
    }

    [RuntimeImport("*", "fpu_xsave"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Xsave(void* area, uint low, uint high);

    [RuntimeImport("*", "fpu_xrstor"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Xrstor(void* area, uint low, uint high);

    [RuntimeImport("*", "fpu_fxsave"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Fxsave(void* area);

    [RuntimeImport("*", "fpu_fxrstor"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Fxrstor(void* area);

    [RuntimeImport("*", "fpu_enable"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Enable();

    [RuntimeImport("*", "fpu_disable"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Disable();

    [RuntimeImport("*", "fpu_xsetbv"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Xsetbv(uint register, ulong value);
}
