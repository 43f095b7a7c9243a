using System.Runtime.InteropServices;

namespace Kilonova.Abi;

/// <summary>
/// The user thread control block in the architectural layout of exceptions and intercepts, NOVA interface specification of
/// 24 January 2024, section 8.7.3. <see cref="Mtd"/> selects which fields are transferred.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct ArchitecturalState
{
    /// <summary>Size of the layout in bytes.</summary>
    public const int Size = 0x270;

    /// <summary>R0 (RAX).</summary>
    [FieldOffset(0x000)]
    public ulong RAX;

    /// <summary>R1 (RCX).</summary>
    [FieldOffset(0x008)]
    public ulong RCX;

    /// <summary>R2 (RDX).</summary>
    [FieldOffset(0x010)]
    public ulong RDX;

    /// <summary>R3 (RBX).</summary>
    [FieldOffset(0x018)]
    public ulong RBX;

    /// <summary>R4 (RSP).</summary>
    [FieldOffset(0x020)]
    public ulong RSP;

    /// <summary>R5 (RBP).</summary>
    [FieldOffset(0x028)]
    public ulong RBP;

    /// <summary>R6 (RSI).</summary>
    [FieldOffset(0x030)]
    public ulong RSI;

    /// <summary>R7 (RDI).</summary>
    [FieldOffset(0x038)]
    public ulong RDI;

    /// <summary>R8.</summary>
    [FieldOffset(0x040)]
    public ulong R8;

    /// <summary>R9.</summary>
    [FieldOffset(0x048)]
    public ulong R9;

    /// <summary>R10.</summary>
    [FieldOffset(0x050)]
    public ulong R10;

    /// <summary>R11.</summary>
    [FieldOffset(0x058)]
    public ulong R11;

    /// <summary>R12.</summary>
    [FieldOffset(0x060)]
    public ulong R12;

    /// <summary>R13.</summary>
    [FieldOffset(0x068)]
    public ulong R13;

    /// <summary>R14.</summary>
    [FieldOffset(0x070)]
    public ulong R14;

    /// <summary>R15.</summary>
    [FieldOffset(0x078)]
    public ulong R15;

    /// <summary>RFLAGS.</summary>
    [FieldOffset(0x080)]
    public ulong RFLAGS;

    /// <summary>RIP.</summary>
    [FieldOffset(0x088)]
    public ulong RIP;

    /// <summary>Length of the instruction in bytes.</summary>
    [FieldOffset(0x090)]
    public uint InstructionLength;

    /// <summary>Instruction information of the intercept.</summary>
    [FieldOffset(0x094)]
    public uint InstructionInfo;

    /// <summary>Interruptibility state.</summary>
    [FieldOffset(0x098)]
    public uint Interruptibility;

    /// <summary>Activity state.</summary>
    [FieldOffset(0x09c)]
    public uint Activity;

    /// <summary>1st qualification: host exception error code; guest exit qualification.</summary>
    [FieldOffset(0x0a0)]
    public ulong Qualification1;

    /// <summary>2nd qualification: host page-fault address; guest-linear address.</summary>
    [FieldOffset(0x0a8)]
    public ulong Qualification2;

    /// <summary>3rd qualification: guest-physical address.</summary>
    [FieldOffset(0x0b0)]
    public ulong Qualification3;

    /// <summary>1st execution controls (on SVM the first general intercept vector).</summary>
    [FieldOffset(0x0c0)]
    public uint Controls1;

    /// <summary>2nd execution controls (on SVM the second general intercept vector).</summary>
    [FieldOffset(0x0c4)]
    public uint Controls2;

    /// <summary>3rd execution controls.</summary>
    [FieldOffset(0x0c8)]
    public ulong Controls3;

    /// <summary>Bits of CR0 whose change is intercepted.</summary>
    [FieldOffset(0x0d0)]
    public ulong CR0Intercepts;

    /// <summary>Bits of CR4 whose change is intercepted.</summary>
    [FieldOffset(0x0d8)]
    public ulong CR4Intercepts;

    /// <summary>Exceptions that are intercepted, one bit per vector.</summary>
    [FieldOffset(0x0e0)]
    public uint ExceptionIntercepts;

    /// <summary>Page-fault error code mask.</summary>
    [FieldOffset(0x0e4)]
    public uint PageFaultErrorMask;

    /// <summary>Page-fault error code match.</summary>
    [FieldOffset(0x0e8)]
    public uint PageFaultErrorMatch;

    /// <summary>TPR threshold.</summary>
    [FieldOffset(0x0ec)]
    public uint TprThreshold;

    /// <summary>Interruption to deliver, see <see cref="InterruptionInfo"/>.</summary>
    [FieldOffset(0x0f0)]
    public uint InterruptionInfo;

    /// <summary>Error code to deliver.</summary>
    [FieldOffset(0x0f4)]
    public uint InterruptionError;

    /// <summary>IDT vectoring information.</summary>
    [FieldOffset(0x0f8)]
    public uint VectoringInfo;

    /// <summary>IDT vectoring error code.</summary>
    [FieldOffset(0x0fc)]
    public uint VectoringError;

    /// <summary>CS.</summary>
    [FieldOffset(0x100)]
    public SegmentState CS;

    /// <summary>SS.</summary>
    [FieldOffset(0x110)]
    public SegmentState SS;

    /// <summary>DS.</summary>
    [FieldOffset(0x120)]
    public SegmentState DS;

    /// <summary>ES.</summary>
    [FieldOffset(0x130)]
    public SegmentState ES;

    /// <summary>FS.</summary>
    [FieldOffset(0x140)]
    public SegmentState FS;

    /// <summary>GS.</summary>
    [FieldOffset(0x150)]
    public SegmentState GS;

    /// <summary>TR.</summary>
    [FieldOffset(0x160)]
    public SegmentState TR;

    /// <summary>LDTR.</summary>
    [FieldOffset(0x170)]
    public SegmentState LDTR;

    /// <summary>GDTR. Base and limit only.</summary>
    [FieldOffset(0x180)]
    public SegmentState GDTR;

    /// <summary>IDTR. Base and limit only.</summary>
    [FieldOffset(0x190)]
    public SegmentState IDTR;

    /// <summary>PDPTE0.</summary>
    [FieldOffset(0x1a0)]
    public ulong PDPTE0;

    /// <summary>PDPTE1.</summary>
    [FieldOffset(0x1a8)]
    public ulong PDPTE1;

    /// <summary>PDPTE2.</summary>
    [FieldOffset(0x1b0)]
    public ulong PDPTE2;

    /// <summary>PDPTE3.</summary>
    [FieldOffset(0x1b8)]
    public ulong PDPTE3;

    /// <summary>CR0.</summary>
    [FieldOffset(0x1c0)]
    public ulong CR0;

    /// <summary>CR2.</summary>
    [FieldOffset(0x1c8)]
    public ulong CR2;

    /// <summary>CR3.</summary>
    [FieldOffset(0x1d0)]
    public ulong CR3;

    /// <summary>CR4.</summary>
    [FieldOffset(0x1d8)]
    public ulong CR4;

    /// <summary>CR8.</summary>
    [FieldOffset(0x1e0)]
    public ulong CR8;

    /// <summary>DR7.</summary>
    [FieldOffset(0x1e8)]
    public ulong DR7;

    /// <summary>XCR0.</summary>
    [FieldOffset(0x1f0)]
    public ulong XCR0;

    /// <summary>IA32_XSS.</summary>
    [FieldOffset(0x1f8)]
    public ulong IA32_XSS;

    /// <summary>IA32_APIC_BASE.</summary>
    [FieldOffset(0x200)]
    public ulong IA32_APIC_BASE;

    /// <summary>IA32_SYSENTER_CS.</summary>
    [FieldOffset(0x208)]
    public ulong IA32_SYSENTER_CS;

    /// <summary>IA32_SYSENTER_ESP.</summary>
    [FieldOffset(0x210)]
    public ulong IA32_SYSENTER_ESP;

    /// <summary>IA32_SYSENTER_EIP.</summary>
    [FieldOffset(0x218)]
    public ulong IA32_SYSENTER_EIP;

    /// <summary>IA32_PAT.</summary>
    [FieldOffset(0x220)]
    public ulong IA32_PAT;

    /// <summary>IA32_EFER.</summary>
    [FieldOffset(0x228)]
    public ulong IA32_EFER;

    /// <summary>IA32_STAR.</summary>
    [FieldOffset(0x230)]
    public ulong IA32_STAR;

    /// <summary>IA32_LSTAR.</summary>
    [FieldOffset(0x238)]
    public ulong IA32_LSTAR;

    /// <summary>IA32_FMASK.</summary>
    [FieldOffset(0x240)]
    public ulong IA32_FMASK;

    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    [FieldOffset(0x248)]
    public ulong IA32_KERNEL_GS_BASE;

    /// <summary>IA32_TSC_AUX.</summary>
    [FieldOffset(0x250)]
    public ulong IA32_TSC_AUX;

    /// <summary>Selector of the guest space to assign.</summary>
    [FieldOffset(0x258)]
    public ulong SEL_GST;

    /// <summary>Selector of the port space to assign.</summary>
    [FieldOffset(0x260)]
    public ulong SEL_PIO;

    /// <summary>Selector of the MSR space to assign.</summary>
    [FieldOffset(0x268)]
    public ulong SEL_MSR;
}

/// <summary>A segment register or descriptor table register within <see cref="ArchitecturalState"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public struct SegmentState
{
    /// <summary>The selector; ignored for descriptor tables.</summary>
    [FieldOffset(0x0)]
    public ushort Selector;

    /// <summary>The access rights, see <see cref="SegmentAccessRights"/>; ignored for descriptor tables.</summary>
    [FieldOffset(0x2)]
    public ushort AccessRights;

    /// <summary>The limit in bytes.</summary>
    [FieldOffset(0x4)]
    public uint Limit;

    /// <summary>The linear base address.</summary>
    [FieldOffset(0x8)]
    public ulong Base;
}

/// <summary>Segment access rights, section 8.7.3.1.</summary>
public static class SegmentAccessRights
{
    /// <summary>Bits 3-0: segment type.</summary>
    public const uint TypeMask = 0xf;

    /// <summary>Bit 4, S: code or data instead of system.</summary>
    public const uint CodeOrData = 1 << 4;

    /// <summary>Position of the descriptor privilege level, bits 6-5.</summary>
    public const int DplShift = 5;

    /// <summary>The descriptor privilege level after shifting.</summary>
    public const uint DplMask = 0x3;

    /// <summary>Bit 7, P: present.</summary>
    public const uint Present = 1 << 7;

    /// <summary>Bit 8, AVL: available to software.</summary>
    public const uint Available = 1 << 8;

    /// <summary>Bit 9, L: 64-bit code.</summary>
    public const uint Long = 1 << 9;

    /// <summary>Bit 10, D/B: 32-bit segment.</summary>
    public const uint Big = 1 << 10;

    /// <summary>Bit 11, G: the descriptor's limit counts 4 KiB units.</summary>
    public const uint Granularity = 1 << 11;

    /// <summary>Bit 12, U: unusable.</summary>
    public const uint Unusable = 1 << 12;
}

/// <summary>Interruption information, section 8.7.3.2.</summary>
public static class InterruptionInfo
{
    /// <summary>Bits 7-0: IDT vector.</summary>
    public const uint VectorMask = 0xff;

    /// <summary>Position of the <see cref="InterruptionType"/>, bits 10-8.</summary>
    public const int TypeShift = 8;

    /// <summary>The type after shifting.</summary>
    public const uint TypeMask = 0x7;

    /// <summary>Bit 11, E: deliver the error code.</summary>
    public const uint ErrorCode = 1u << 11;

    /// <summary>Bit 12, I: request an interrupt window.</summary>
    public const uint InterruptWindow = 1u << 12;

    /// <summary>Bit 13, N: request an NMI window.</summary>
    public const uint NmiWindow = 1u << 13;

    /// <summary>Bit 31, V: error code flag, type and vector are valid.</summary>
    public const uint Valid = 1u << 31;
}

/// <summary>Type of an interruption, section 8.7.3.2.</summary>
public enum InterruptionType : uint
{
    /// <summary>External interrupt.</summary>
    External = 0,

    /// <summary>Non-maskable interrupt.</summary>
    NonMaskable = 2,

    /// <summary>Hardware exception.</summary>
    HardwareException = 3,

    /// <summary>Software interrupt (INT n).</summary>
    SoftwareInterrupt = 4,

    /// <summary>Privileged software exception (INT1).</summary>
    PrivilegedSoftwareException = 5,

    /// <summary>Software exception (INT3, INTO).</summary>
    SoftwareException = 6,

    /// <summary>An event that is not delivered through the IDT.</summary>
    Other = 7,
}
