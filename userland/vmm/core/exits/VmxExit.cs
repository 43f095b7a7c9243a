// Qualifications and controls of Intel's virtual machines (Intel SDM volume 3, sections 28.2.1 and 25.6).
namespace Kilonova.Vmm.Exits;

/// <summary>The qualification of a port access.</summary>
public readonly struct VmxPortAccess
{
    private readonly uint _value;

    /// <summary>Reads the exit qualification.</summary>
    public VmxPortAccess(ulong qualification) => _value = (uint)qualification;

    /// <summary>IN or INS.</summary>
    public bool IsIn => (_value & (1 << 3)) != 0;

    /// <summary>INS or OUTS.</summary>
    public bool IsString => (_value & (1 << 4)) != 0;

    /// <summary>Bytes: 1, 2 or 4.</summary>
    public int Size => (int)(_value & 7) + 1;

    /// <summary>The port.</summary>
    public ushort Port => (ushort)(_value >> 16);
}

/// <summary>The qualification of an EPT violation.</summary>
public static class VmxPageFault
{
    /// <summary>A write.</summary>
    public const ulong Write = 1 << 1;

    /// <summary>An instruction fetch.</summary>
    public const ulong Fetch = 1 << 2;

    /// <summary>The access was the guest's own; otherwise its page tables were walked. Valid with <see cref="HasLinear"/>.</summary>
    public const ulong Final = 1 << 8;

    /// <summary>The access had a linear address.</summary>
    public const ulong HasLinear = 1 << 7;
}

/// <summary>Execution controls.</summary>
public static class VmxControls
{
    /// <summary>Primary: HLT, RDPMC, MWAIT, MONITOR, ports unconditionally unless a bitmap is used, MSR bitmaps, secondary controls.</summary>
    public const uint Primary = 1 << 7 | 1 << 10 | 1 << 11 | 1 << 25 | 1 << 28 | 1 << 29 | 1u << 31;

    /// <summary>Primary: RDTSC.</summary>
    public const uint ReadTimestamp = 1 << 12;

    /// <summary>Secondary: EPT, RDTSCP, VPID, unrestricted guest, INVPCID.</summary>
    public const uint Secondary = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 12;
}
