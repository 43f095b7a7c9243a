// Qualifications and controls of Intel's virtual machines (Intel SDM volume 3, sections 25.6 and 28.2.1).
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

/// <summary>The qualification of an access to a control register (table 28-3).</summary>
public readonly struct VmxControlAccess
{
    /// <summary>Kind: MOV to a control register.</summary>
    public const int MoveTo = 0;

    /// <summary>Kind: MOV from a control register.</summary>
    public const int MoveFrom = 1;

    /// <summary>Kind: CLTS.</summary>
    public const int Clts = 2;

    /// <summary>Kind: LMSW.</summary>
    public const int LoadStatusWord = 3;

    private readonly ulong _value;

    /// <summary>Reads the exit qualification.</summary>
    public VmxControlAccess(ulong qualification) => _value = qualification;

    /// <summary>Number of the control register; 0 for CLTS and LMSW.</summary>
    public int Number => (int)_value & 0xf;

    /// <summary>What the instruction does.</summary>
    public int Kind => (int)(_value >> 4) & 3;

    /// <summary>Number of the general register of MOV.</summary>
    public int Register => (int)(_value >> 8) & 0xf;

    /// <summary>The operand of LMSW, from a register or from memory.</summary>
    public ushort StatusWord => (ushort)(_value >> 16);
}

/// <summary>The qualification of an EPT violation (table 28-7).</summary>
public readonly struct VmxPageFault
{
    private const ulong WriteBit = 1 << 1;
    private const ulong HasLinear = 1 << 7;
    private const ulong Translated = 1 << 8;

    private readonly ulong _value;

    /// <summary>Reads the exit qualification.</summary>
    public VmxPageFault(ulong qualification) => _value = qualification;

    /// <summary>A write, or an instruction that reads and writes.</summary>
    public bool IsWrite => (_value & WriteBit) != 0;

    /// <summary>
    /// The access was an instruction's own. Otherwise the guest's page tables were walked or its page-directory-pointer entries loaded.
    /// </summary>
    public bool IsFinal => (_value & (HasLinear | Translated)) == (HasLinear | Translated);
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
