using System;
using System.Runtime.InteropServices;

namespace Kilonova.Abi;

/// <summary>
/// The hypervisor information page, NOVA interface specification of 24 January 2024, sections 6.3 and 8.7.2. Read-only in the root
/// domain, 4 KiB below the end of user-accessible memory. All addresses are physical; all fields are unsigned.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct HypervisorInformationPage
{
    /// <summary>Length in bytes of the page's defined part, what <see cref="Length"/> holds.</summary>
    public const int Size = 0x90;

    /// <summary>The value of <see cref="Signature"/>, "NOVA" in memory.</summary>
    public const uint SignatureValue = 0x41564f4e;

    /// <summary>The value of an address that is not present.</summary>
    public const ulong NotPresent = 0xffff_ffff_ffff_ffff;

    /// <summary>The value of <see cref="Signature"/> is <see cref="SignatureValue"/>.</summary>
    [FieldOffset(0x00)]
    public uint Signature;

    /// <summary>Makes the sum of all 16-bit words of the page's <see cref="Length"/> bytes 0.</summary>
    [FieldOffset(0x04)]
    public ushort Checksum;

    /// <summary>Length of the entire information in bytes.</summary>
    [FieldOffset(0x06)]
    public ushort Length;

    /// <summary>First byte of the kernel image.</summary>
    [FieldOffset(0x08)]
    public ulong NovaStart;

    /// <summary>First byte behind the kernel image.</summary>
    [FieldOffset(0x10)]
    public ulong NovaEnd;

    /// <summary>First byte of the memory-buffer console, see <see cref="ConsoleBuffer"/>.</summary>
    [FieldOffset(0x18)]
    public ulong MbufStart;

    /// <summary>First byte behind the memory-buffer console.</summary>
    [FieldOffset(0x20)]
    public ulong MbufEnd;

    /// <summary>First byte of the root image as the boot loader placed it.</summary>
    [FieldOffset(0x28)]
    public ulong RootStart;

    /// <summary>First byte behind the root image.</summary>
    [FieldOffset(0x30)]
    public ulong RootEnd;

    /// <summary>ACPI root system description pointer, or <see cref="NotPresent"/>.</summary>
    [FieldOffset(0x38)]
    public ulong AcpiRsdp;

    /// <summary>UEFI memory map, or <see cref="NotPresent"/>.</summary>
    [FieldOffset(0x40)]
    public ulong UefiMap;

    /// <summary>Total size of the UEFI memory map in bytes, or 0.</summary>
    [FieldOffset(0x48)]
    public uint UefiMapSize;

    /// <summary>Size of a UEFI memory descriptor in bytes, or 0.</summary>
    [FieldOffset(0x4c)]
    public ushort UefiDescriptorSize;

    /// <summary>Version of the UEFI memory descriptor, or 0.</summary>
    [FieldOffset(0x4e)]
    public ushort UefiDescriptorVersion;

    /// <summary>Frequency of the system time counter (the TSC) in Hz.</summary>
    [FieldOffset(0x50)]
    public ulong StcFrequency;

    /// <summary>SELNUM: number of selectors of each object space.</summary>
    [FieldOffset(0x58)]
    public ulong SelectorCount;

    /// <summary>SELHST/ARCH: number of selectors for architectural host events.</summary>
    [FieldOffset(0x60)]
    public ushort HostArchitecturalEvents;

    /// <summary>SELHST/NOVA: number of selectors for microhypervisor host events.</summary>
    [FieldOffset(0x62)]
    public ushort HostNovaEvents;

    /// <summary>SELGST/ARCH: number of selectors for architectural guest events.</summary>
    [FieldOffset(0x64)]
    public ushort GuestArchitecturalEvents;

    /// <summary>SELGST/NOVA: number of selectors for microhypervisor guest events.</summary>
    [FieldOffset(0x66)]
    public ushort GuestNovaEvents;

    /// <summary>CPUNUM: number of CPUs that are online.</summary>
    [FieldOffset(0x68)]
    public ushort CpuCount;

    /// <summary>CPUBSP: the CPU of the root execution context.</summary>
    [FieldOffset(0x6a)]
    public ushort BootCpu;

    /// <summary>INTPIN: number of pin-signaled interrupts.</summary>
    [FieldOffset(0x6c)]
    public ushort PinInterrupts;

    /// <summary>INTMSI: number of message-signaled interrupts.</summary>
    [FieldOffset(0x6e)]
    public ushort MessageInterrupts;

    /// <summary>MCOOBJ: largest order that cannot fail partially in an object space.</summary>
    [FieldOffset(0x70)]
    public byte ObjectMaxOrder;

    /// <summary>MCOHST: largest order that cannot fail partially in a host space.</summary>
    [FieldOffset(0x71)]
    public byte HostMaxOrder;

    /// <summary>MCOGST: largest order that cannot fail partially in a guest space.</summary>
    [FieldOffset(0x72)]
    public byte GuestMaxOrder;

    /// <summary>MCODMA: largest order that cannot fail partially in a DMA space.</summary>
    [FieldOffset(0x73)]
    public byte DmaMaxOrder;

    /// <summary>MCOPIO: largest order that cannot fail partially in a port space.</summary>
    [FieldOffset(0x74)]
    public byte PioMaxOrder;

    /// <summary>MCOMSR: largest order that cannot fail partially in an MSR space.</summary>
    [FieldOffset(0x75)]
    public byte MsrMaxOrder;

    /// <summary>KIMAX: largest memory encryption key identifier.</summary>
    [FieldOffset(0x76)]
    public ushort MaxKey;

    /// <summary>Platform features.</summary>
    [FieldOffset(0x78)]
    public PlatformFeatures Features;

    /// <summary>Page-aligned address of the TPM event log, section 8.7.2.</summary>
    [FieldOffset(0x80)]
    public ulong EventLog;

    /// <summary>Size of the TPM event log in bytes.</summary>
    [FieldOffset(0x88)]
    public uint EventLogSize;

    /// <summary>Offset of the byte behind the last event log entry.</summary>
    [FieldOffset(0x8c)]
    public uint EventLogOffset;
}

/// <summary>Platform features, section 8.7.1; bits 32 to 63 say which extensions exist.</summary>
[Flags]
public enum PlatformFeatures : ulong
{
    /// <summary>Nothing beyond the base.</summary>
    None = 0,

    /// <summary>An IOMMU is enabled.</summary>
    IOMMU = 1ul << 0,

    /// <summary>Intel VMX is enabled.</summary>
    VMX = 1ul << 1,

    /// <summary>AMD SVM is enabled.</summary>
    SVM = 1ul << 2,

    /// <summary>Extension: messages carry typed items.</summary>
    TypedItems = 1ul << 32,

    /// <summary>Extension: items may be translated.</summary>
    Translate = 1ul << 33,

    /// <summary>Extension: delegations are recorded and can be revoked recursively.</summary>
    Revoke = 1ul << 34,

    /// <summary>Extension: lookup.</summary>
    Lookup = 1ul << 35,

    /// <summary>Extension: objects are destroyed with their last reference, domains can be killed.</summary>
    Kill = 1ul << 36,

    /// <summary>Extension: kernel memory quota.</summary>
    Quota = 1ul << 37,

    /// <summary>Extension: reserved time in scheduling context descriptors.</summary>
    ReservedTime = 1ul << 38,

    /// <summary>Extension: device contexts.</summary>
    DeviceContexts = 1ul << 39,
}

/// <summary>The memory-buffer console's header, section C.1. The characters follow it up to the buffer's end.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct ConsoleBuffer
{
    /// <summary>Size of the header in bytes.</summary>
    public const int Size = 8;

    /// <summary>The bits of an index, 27-0 of each 32-bit word.</summary>
    public const uint IndexMask = 0x0fff_ffff;

    /// <summary>RdIdx: next character to read; advanced by the consumer, and by the kernel when the buffer is full.</summary>
    [FieldOffset(0x0)]
    public uint ReadIndex;

    /// <summary>WrIdx: next character to write; advanced by the kernel only. Equal to the read index: empty.</summary>
    [FieldOffset(0x4)]
    public uint WriteIndex;
}
