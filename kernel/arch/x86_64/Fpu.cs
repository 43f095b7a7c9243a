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
    /// <summary>
    /// CPUID.D.0: bits of XCR0 that the kernel enables: x87, SSE, AVX, MPX is left out, AVX-512, PKRU, which a guest can turn on.
    /// </summary>
    private const ulong Wanted = 0x2e7;

    private const ulong X87 = 1 << 0;
    private const ulong Sse = 1 << 1;
    private const ulong Avx = 1 << 2;
    private const ulong Avx512 = 0xe0;

    private const ulong TaskSwitched = 1ul << 3;
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
            LoadXcr0(cpu, s_components);
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

        // x87 and SSE are taken from the area, the rest from its initial configuration.
        *(ulong*)((byte*)area + LegacySize) = s_components != 0 ? X87 | Sse : 0;
    }

    /// <summary>Turns the FPU over to <paramref name="ec"/>, which is about to run and is not its present user.</summary>
    public static void Switch(Cpu* cpu, ExecutionContext* ec)
    {
        // A guest has its own CR0.TS: while it is the user, the host's is set.
        ExecutionContext* user = cpu->FpuUser;
        bool guest = user != null && (user->Flags & EcFlags.Guest) != 0;
        bool enabled = user != null && !guest;
        if (ec->FpuSelf != null)
        {
            if (!enabled)
                Enable();

            LoadXcr0(cpu, s_components);
            cpu->FpuUser = ec;
            if (cpu->FpuOwner != ec)
                Own(cpu, ec);

            if ((ec->Flags & EcFlags.Guest) != 0)
                Disable();

            return;
        }

        // A monitor may know what is in its guest's registers.
        if (guest && user->Domain == ec->Domain)
            return;

        if (s_leaksLazily && cpu->FpuOwner != null)
        {
            Enable();
            LoadXcr0(cpu, s_components);
            Save(cpu->FpuOwner->FpuState);
            cpu->FpuOwner = null;
            Restore(cpu->Idle->FpuState);
        }

        Disable();
        cpu->FpuUser = null;
    }

    /// <summary>
    /// Makes registers and XCR0 those of a guest, which has its own CR0.TS: the host's stays as it is, so that between a guest and a
    /// handler without FPU nothing changes. Only who uses the FPU in the host finds the host's XCR0.
    /// </summary>
    public static void EnterGuest(Cpu* cpu, ExecutionContext* ec)
    {
        if (ec->FpuState == null)
            return;

        if (cpu->FpuOwner != ec)
        {
            // A user would be this context, and then the owner.
            Enable();
            LoadXcr0(cpu, s_components);
            Own(cpu, ec);
            Disable();
        }

        LoadXcr0(cpu, ec->Virtual->Xcr0 & s_components);
    }

    /// <summary>What <see cref="ExecutionContext.FpuSelf"/> is of a guest with FPU: as if it had none, where that is safe.</summary>
    public static ExecutionContext* SelfOfGuest(ExecutionContext* ec) => s_leaksLazily ? ec : null;

    /// <summary>The value for XCR0 that comes nearest to one that was asked for (SDM volume 1, section 13.3).</summary>
    public static ulong Accept(ulong xcr0)
    {
        ulong value = (xcr0 & s_components) | X87;
        if ((value & Sse) == 0)
            value &= ~(Avx | Avx512);

        return (value & Avx) == 0 || (value & Avx512) != Avx512 ? value & ~Avx512 : value;
    }

    /// <summary>A context of this CPU ends: another one at its address must not be taken for it.</summary>
    public static void Forget(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->FpuOwner == ec)
        {
            cpu->FpuOwner = null;
            cpu->Guests.Ready = null;
        }

        if (cpu->FpuUser == ec)
        {
            Disable();
            cpu->FpuUser = null;
        }
    }

    /// <summary>The registers become those of a context. FPU instructions are permitted, XCR0 is the host's.</summary>
    private static void Own(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->FpuOwner != null)
            Save(cpu->FpuOwner->FpuState);

        Restore(ec->FpuState);
        cpu->FpuOwner = ec;
        cpu->Guests.Ready = null;
    }

    private static void LoadXcr0(Cpu* cpu, ulong value)
    {
        if (cpu->Guests.Xcr0 != value)
        {
            cpu->Guests.Xcr0 = value;
            cpu->Guests.Ready = null;
            Xsetbv(0, value);
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

    private static void Disable() => Cr.WriteCr0(Cr.ReadCr0() | TaskSwitched);

    [RuntimeImport("*", "fpu_xsetbv"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Xsetbv(uint register, ulong value);
}
