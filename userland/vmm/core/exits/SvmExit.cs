// Exit codes and intercepts of AMD's virtual machines (AMD APM volume 2, appendix B and C).
namespace Kilonova.Vmm.Exits;

/// <summary>Exit codes that monitors handle; they are the events' numbers.</summary>
public static class SvmExit
{
    public const uint WriteTaskPriority = 0x18;
    public const uint Debug = 0x41;
    public const uint AlignmentCheck = 0x51;
    public const uint NonMaskableInterrupt = 0x61;
    public const uint Init = 0x63;
    public const uint VirtualInterrupt = 0x64;
    public const uint ReadTimestamp = 0x6e;
    public const uint ReadPerformance = 0x6f;
    public const uint Cpuid = 0x72;
    public const uint ResumeFromManagement = 0x73;
    public const uint InterruptReturn = 0x74;
    public const uint Invalidate = 0x76;
    public const uint Pause = 0x77;
    public const uint Halt = 0x78;
    public const uint InvalidatePageAsid = 0x7a;
    public const uint Port = 0x7b;
    public const uint Msr = 0x7c;
    public const uint Freeze = 0x7e;
    public const uint Shutdown = 0x7f;
    public const uint Run = 0x80;
    public const uint Call = 0x81;
    public const uint LastVirtualization = 0x86;
    public const uint ReadTimestampAndId = 0x87;
    public const uint IceBreakpoint = 0x88;
    public const uint WriteBackInvalidate = 0x89;
    public const uint Monitor = 0x8a;
    public const uint Wait = 0x8b;
    public const uint WaitArmed = 0x8c;
    public const uint SetExtendedControl = 0x8d;
    public const uint ReadProcessor = 0x8e;
}

/// <summary>The vectors of intercepts.</summary>
public static class SvmIntercepts
{
    /// <summary>
    /// The first: interrupts of the host, NMI, SMI, INIT, RDPMC, CPUID, RSM, INVD, HLT, INVLPGA, ports, registers, FERR freeze, shutdown.
    /// </summary>
    public const uint First = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 15 | 1 << 18 | 1 << 19 | 1 << 22 | 1 << 24 | 1 << 26 | 1 << 27 | 1 << 28
        | 1 << 30 | 1u << 31;

    /// <summary>In the first: RDTSC.</summary>
    public const uint ReadTimestamp = 1 << 14;

    /// <summary>The second: the instructions of virtual machines, MONITOR, MWAIT, XSETBV, RDPRU.</summary>
    public const uint Second = 0x7f | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14;

    /// <summary>Of control registers: MOV to CR8. What is read of it the processor keeps (V_TPR).</summary>
    public const ulong Control = 1 << 24;
}

/// <summary>The first qualification of a port access.</summary>
public readonly struct SvmPortAccess
{
    private readonly uint _value;

    /// <summary>Reads EXITINFO1.</summary>
    public SvmPortAccess(ulong information) => _value = (uint)information;

    /// <summary>IN or INS.</summary>
    public bool IsIn => (_value & 1) != 0;

    /// <summary>INS or OUTS.</summary>
    public bool IsString => (_value & (1 << 2)) != 0;

    /// <summary>Bytes: 1, 2 or 4.</summary>
    public int Size => (int)(_value >> 4) & 7;

    /// <summary>The port.</summary>
    public ushort Port => (ushort)(_value >> 16);
}

/// <summary>The first qualification of a nested page fault.</summary>
public static class SvmPageFault
{
    /// <summary>A write.</summary>
    public const ulong Write = 1 << 1;

    /// <summary>An instruction fetch.</summary>
    public const ulong Fetch = 1 << 4;

    /// <summary>The access was the guest's own; otherwise its page tables were walked.</summary>
    public const ulong Final = 1ul << 32;
}
