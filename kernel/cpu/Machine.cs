namespace Kilonova.Kernel;

/// <summary>Facts about the machine that are known once the kernel is up and never change.</summary>
public static unsafe class Machine
{
    private static ulong s_ticksPerMillisecond;

    /// <summary>Number of CPUs that are online, numbered from 0.</summary>
    public static uint CpuCount { get; set; }

    /// <summary>The CPU that booted, on which the root context runs.</summary>
    public static uint BootCpu { get; set; }

    /// <summary>Frequency of the system time counter in Hz.</summary>
    public static ulong Frequency { get; private set; }

    /// <summary>The domain whose contexts may control the hardware (ctrl_hw, assign_dev).</summary>
    public static ProtectionDomain* Root { get; set; }

    /// <summary>The account that owns all kernel memory at first; the root domain draws on it.</summary>
    public static Quota* Quota { get; set; }

    public static void SetFrequency(ulong hertz)
    {
        Frequency = hertz;
        s_ticksPerMillisecond = hertz / 1000;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong MillisecondsToTicks(uint milliseconds) => milliseconds * s_ticksPerMillisecond;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong MicrosecondsToTicks(uint microseconds) => microseconds * s_ticksPerMillisecond / 1000;
}
