using System.Runtime.InteropServices;

namespace Kilonova.Kernel;

/// <summary>
/// The virtual machine control block (APM volume 2, appendix B): what the kernel names of it. Control area first, state save area from
/// <see cref="SaveArea"/> on.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 0x1000)]
public unsafe struct Vmcb
{
    /// <summary>Offset of the state save area.</summary>
    public const uint SaveArea = 0x400;

    /// <summary>Bytes of it that are in use.</summary>
    public const uint SaveAreaSize = 0x298;

    /// <summary>Intercepts of reads (bits 15-0) and writes (31-16) of control registers; of debug registers in the upper half.</summary>
    [FieldOffset(0x000)] public ulong RegisterIntercepts;

    [FieldOffset(0x008)] public uint ExceptionIntercepts;

    /// <summary>The first and second general intercept vector.</summary>
    [FieldOffset(0x00c)] public uint Intercepts1;

    [FieldOffset(0x010)] public uint Intercepts2;

    [FieldOffset(0x040)] public ulong PortBitmap;
    [FieldOffset(0x048)] public ulong MsrBitmap;
    [FieldOffset(0x050)] public ulong TscOffset;
    [FieldOffset(0x058)] public uint Asid;
    [FieldOffset(0x05c)] public uint TlbControl;

    /// <summary>V_TPR, V_IRQ, V_INTR_MASKING and so on.</summary>
    [FieldOffset(0x060)] public ulong VirtualInterrupt;

    [FieldOffset(0x068)] public ulong InterruptShadow;
    [FieldOffset(0x070)] public ulong ExitCode;
    [FieldOffset(0x078)] public ulong ExitInfo1;
    [FieldOffset(0x080)] public ulong ExitInfo2;

    /// <summary>EXITINTINFO: the event in whose delivery the exit came.</summary>
    [FieldOffset(0x088)] public ulong Interrupted;

    [FieldOffset(0x090)] public ulong NestedControl;

    /// <summary>EVENTINJ.</summary>
    [FieldOffset(0x0a8)] public ulong Injection;

    [FieldOffset(0x0b0)] public ulong NestedRoot;

    /// <summary>Groups of fields that are as the CPU last saw them.</summary>
    [FieldOffset(0x0c0)] public ulong Clean;

    /// <summary>Address of the next instruction, where the CPU saves it.</summary>
    [FieldOffset(0x0c8)] public ulong NextRip;

    /// <summary>Number of instruction bytes and the bytes, where the CPU fetches them.</summary>
    [FieldOffset(0x0d0)] public ulong Fetched;

    [FieldOffset(0x0d8)] public ulong FetchedHigh;

    [FieldOffset(0x412)] public ushort CsAttributes;
    [FieldOffset(0x422)] public ushort SsAttributes;
    [FieldOffset(0x4cb)] public byte Cpl;
    [FieldOffset(0x4d0)] public ulong Efer;
    [FieldOffset(0x548)] public ulong Cr4;
    [FieldOffset(0x558)] public ulong Cr0;
    [FieldOffset(0x560)] public ulong Dr7;
    [FieldOffset(0x568)] public ulong Dr6;
    [FieldOffset(0x570)] public ulong Rflags;
    [FieldOffset(0x578)] public ulong Rip;
    [FieldOffset(0x5d8)] public ulong Rsp;
    [FieldOffset(0x5f8)] public ulong Rax;
    [FieldOffset(0x668)] public ulong Pat;
}

/// <summary>Bits of the first general intercept vector; the exit code is 0x60 plus the bit's number.</summary>
public static class SvmIntercept1
{
    public const uint Interrupt = 1u << 0;
    public const uint Nmi = 1u << 1;
    public const uint Smi = 1u << 2;
    public const uint Init = 1u << 3;
    public const uint VirtualInterrupt = 1u << 4;
    public const uint Iret = 1u << 20;
    public const uint Invd = 1u << 22;
    public const uint Halt = 1u << 24;
    public const uint Invlpga = 1u << 26;
    public const uint Ports = 1u << 27;
    public const uint Msrs = 1u << 28;
    public const uint Shutdown = 1u << 31;

    /// <summary>Those that the kernel needs, whatever a monitor wants: its own interrupts, and what would reach beyond the guest.</summary>
    public const uint Forced =
        Interrupt | Nmi | Smi | Init | VirtualInterrupt | Invd | Halt | Invlpga | Ports | Msrs | Shutdown;
}

/// <summary>Bits of the second general intercept vector; the exit code is 0x80 plus the bit's number.</summary>
public static class SvmIntercept2
{
    public const uint Vmrun = 1u << 0;
    public const uint Vmload = 1u << 2;
    public const uint Vmsave = 1u << 3;
    public const uint Stgi = 1u << 4;
    public const uint Clgi = 1u << 5;
    public const uint Skinit = 1u << 6;
    public const uint Wbinvd = 1u << 9;
    public const uint Monitor = 1u << 10;
    public const uint Mwait = 1u << 11;
    public const uint MwaitArmed = 1u << 12;
    public const uint Xsetbv = 1u << 13;

    /// <summary>
    /// The instructions of SVM itself; those that stop or slow the CPU for everybody; XSETBV, because XCR0 is not switched with the guest.
    /// </summary>
    public const uint Forced =
        Vmrun | Vmload | Vmsave | Stgi | Clgi | Skinit | Wbinvd | Monitor | Mwait | MwaitArmed | Xsetbv;
}

/// <summary>Exit codes that mean something to the kernel (APM volume 2, appendix C).</summary>
public static class SvmExit
{
    /// <summary>Debug registers: reads from 0x20, writes from 0x30 on.</summary>
    public const uint DebugFirst = 0x20;
    public const uint DebugLast = 0x3f;
    public const uint DebugException = 0x41;
    public const uint MachineCheck = 0x52;

    /// <summary>Physical interrupt, NMI, SMI and INIT: 0x60 to 0x63.</summary>
    public const uint Interrupt = 0x60;
    public const uint Nmi = 0x61;
    public const uint Init = 0x63;
    public const uint Iret = 0x74;
    public const uint Ports = 0x7b;
    public const uint NestedPageFault = 0x400;
}
