using System;

namespace Kilonova.Formats.Pci;

/// <summary>Identifiers of capabilities. PCI Code and ID Assignment Specification 1.11, sections 2 and 3.</summary>
public static class PciCapabilityId
{
    /// <summary>Power management.</summary>
    public const byte PowerManagement = 0x01;

    /// <summary>Message-signalled interrupts.</summary>
    public const byte Msi = 0x05;

    /// <summary>PCI Express.</summary>
    public const byte Express = 0x10;

    /// <summary>MSI-X.</summary>
    public const byte MsiX = 0x11;

    /// <summary>Advanced features: reset of a function of conventional PCI.</summary>
    public const byte AdvancedFeatures = 0x13;

    /// <summary>Extended: access control services.</summary>
    public const ushort AccessControl = 0x000d;

    /// <summary>Extended: alternative routing ID.</summary>
    public const ushort AlternativeRouting = 0x000e;

    /// <summary>Extended: single root I/O virtualization.</summary>
    public const ushort SrIov = 0x0010;
}

/// <summary>
/// The lists of capabilities in a snapshot of configuration space. Lists that loop or leave their room end early: a list has no more
/// elements than there is room for. PCI Local Bus Specification 3.0, section 6.7; PCI Express Base Specification 4.0, section 7.6.
/// </summary>
public static class PciCapability
{
    private const uint Pointer = 0x34;
    private const uint FirstOffset = 0x40;
    private const uint MaxCount = (PciFunction.Conventional - FirstOffset) / 4;
    private const uint MaxExtended = (PciFunction.Express - PciOffset.Extended) / 4;

    /// <summary>Finds a capability.</summary>
    /// <returns>Its offset; 0 when there is none.</returns>
    public static uint Find(ReadOnlySpan<byte> config, byte id)
    {
        if (!PciFunction.HasCapabilities(config))
            return 0;

        uint offset = Little.U8(config, Pointer) & 0xfcu;
        for (uint i = 0; i < MaxCount && offset >= FirstOffset && Little.Fits(config, offset, 4); i++)
        {
            if (Little.U8(config, offset) == id)
                return offset;

            offset = Little.U8(config, offset + 1) & 0xfcu;
        }

        return 0;
    }

    /// <summary>Finds an extended capability.</summary>
    /// <returns>Its offset; 0 when there is none, or the snapshot has conventional size.</returns>
    public static uint FindExtended(ReadOnlySpan<byte> config, ushort id)
    {
        uint offset = PciOffset.Extended;
        for (uint i = 0; i < MaxExtended && offset >= PciOffset.Extended && Little.Fits(config, offset, 4); i++)
        {
            uint head = Little.U32(config, offset);
            if (head is 0 or uint.MaxValue)
                return 0;

            if ((ushort)head == id)
                return offset;

            offset = head >> 20 & 0xffc;
        }

        return 0;
    }
}

/// <summary>Message-signalled interrupts. PCI Local Bus Specification 3.0, section 6.8.1.</summary>
public static class Msi
{
    /// <summary>Control, 16 bits: bit 0 enables.</summary>
    public const uint Control = 2;

    /// <summary>Message address, lower half.</summary>
    public const uint Address = 4;

    /// <summary>Control: the function sends messages and not its pin.</summary>
    public const ushort Enable = 1;

    private const ushort Has64 = 1 << 7;
    private const ushort HasMask = 1 << 8;
    private const ushort EnabledCountMask = 7 << 4;

    /// <summary>Most messages that the function would send: 1 to 32.</summary>
    public static uint Messages(ushort control) => 1u << Math.Min(control >> 1 & 7, 5);

    /// <summary>Whether the address has an upper half, at offset 8.</summary>
    public static bool Is64(ushort control) => (control & Has64) != 0;

    /// <summary>Offset of the data, 16 bits.</summary>
    public static uint Data(ushort control) => Is64(control) ? 12u : 8u;

    /// <summary>Offset of the mask bits; 0 where there are none.</summary>
    public static uint Mask(ushort control) => (control & HasMask) == 0 ? 0u : Is64(control) ? 16u : 12u;

    /// <summary>Control with exactly one message, enabled or not.</summary>
    public static ushort WithOne(ushort control, bool enabled) => (ushort)(control & ~(EnabledCountMask | Enable) | (enabled ? Enable : 0));
}

/// <summary>MSI-X. PCI Local Bus Specification 3.0, section 6.8.2.</summary>
public static class MsiX
{
    /// <summary>Control, 16 bits.</summary>
    public const uint Control = 2;

    /// <summary>Where the table lies: register in bits 2-0, offset above.</summary>
    public const uint Table = 4;

    /// <summary>Where the pending bits lie.</summary>
    public const uint Pending = 8;

    /// <summary>Control: the function sends messages by its table and not its pin.</summary>
    public const ushort Enable = 1 << 15;

    /// <summary>Control: nothing is sent, whatever the entries say.</summary>
    public const ushort MaskAll = 1 << 14;

    /// <summary>Bytes of an entry: address (8), data (4), vector control (4), whose bit 0 masks.</summary>
    public const uint EntrySize = 16;

    /// <summary>Number of entries, 1 to 2048.</summary>
    public static uint Entries(ushort control) => (control & 0x7ffu) + 1;

    /// <summary>Base address register of a location.</summary>
    public static int Bar(uint location) => (int)(location & 7);

    /// <summary>Offset of a location.</summary>
    public static uint Offset(uint location) => location & ~7u;
}

/// <summary>The capability of PCI Express functions. PCI Express Base Specification 4.0, section 7.5.3.</summary>
public static class PciExpress
{
    /// <summary>Device control, 16 bits; device status follows.</summary>
    public const uint DeviceControl = 8;

    /// <summary>Device control: resets the function.</summary>
    public const ushort InitiateReset = 1 << 15;

    /// <summary>Device status: the function has requests of its own under way.</summary>
    public const ushort TransactionsPending = 1 << 5;

    private const uint Capabilities = 4;
    private const uint CanReset = 1u << 28;

    /// <summary>Whether the function can be reset by itself.</summary>
    public static bool HasFunctionReset(ReadOnlySpan<byte> config, uint capability)
        => capability != 0 && (Little.U32(config, capability + Capabilities) & CanReset) != 0;
}

/// <summary>Advanced features of conventional functions. PCI Advanced Capabilities ECN of 2006.</summary>
public static class PciAdvancedFeatures
{
    /// <summary>Control, 8 bits; status follows.</summary>
    public const uint Control = 4;

    /// <summary>Control: resets the function.</summary>
    public const byte InitiateReset = 1;

    private const uint Capabilities = 3;
    private const byte CanReset = 3;

    /// <summary>Whether the function can be reset by itself, and tells of pending transactions.</summary>
    public static bool HasFunctionReset(ReadOnlySpan<byte> config, uint capability)
        => capability != 0 && (Little.U8(config, capability + Capabilities) & CanReset) == CanReset;
}

/// <summary>Single root I/O virtualization. Single Root I/O Virtualization and Sharing Specification 1.1, section 3.3.</summary>
public static class SrIov
{
    /// <summary>Control, 16 bits.</summary>
    public const uint Control = 0x08;

    /// <summary>Number of virtual functions to be enabled, 16 bits.</summary>
    public const uint Number = 0x10;

    /// <summary>Page size in use, bit n for 2^(n+12) bytes.</summary>
    public const uint PageSize = 0x20;

    /// <summary>First base address register of virtual functions: the register of all of them, one after the other.</summary>
    public const uint Bars = 0x24;

    /// <summary>Control: the virtual functions exist.</summary>
    public const ushort Enable = 1;

    /// <summary>Control: the virtual functions answer in memory space.</summary>
    public const ushort MemoryEnable = 1 << 3;

    private const uint TotalOffset = 0x0e;
    private const uint FirstOffset = 0x14;
    private const uint StrideOffset = 0x16;
    private const uint DeviceOffset = 0x1a;
    private const uint SupportedPageSizes = 0x1c;

    /// <summary>Most virtual functions.</summary>
    public static ushort Total(ReadOnlySpan<byte> config, uint capability) => Little.U16(config, capability + TotalOffset);

    /// <summary>Whether pages of 4 KiB are supported, as the specification demands.</summary>
    public static bool HasSmallPages(ReadOnlySpan<byte> config, uint capability)
        => (Little.U32(config, capability + SupportedPageSizes) & 1) != 0;

    /// <summary>Device identifier of virtual functions; the vendor is the physical function's.</summary>
    public static ushort Device(ReadOnlySpan<byte> config, uint capability) => Little.U16(config, capability + DeviceOffset);

    /// <summary>Requester ID (bus in bits 15-8, device and function below) of a virtual function.</summary>
    /// <param name="config">The physical function, read after <see cref="Number"/> was written: offset and stride depend on it.</param>
    /// <param name="capability">Offset of the capability.</param>
    /// <param name="physical">Requester ID of the physical function.</param>
    /// <param name="index">Virtual function, from 0 on.</param>
    /// <returns>-1 when there is no such ID.</returns>
    public static int Requester(ReadOnlySpan<byte> config, uint capability, ushort physical, uint index)
    {
        uint first = Little.U16(config, capability + FirstOffset);
        uint stride = Little.U16(config, capability + StrideOffset);
        ulong requester = physical + first + (ulong)stride * index;
        return first == 0 || (stride == 0 && index != 0) || requester > ushort.MaxValue ? -1 : (int)requester;
    }
}
