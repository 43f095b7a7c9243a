using System;

namespace Kilonova.Formats.Pci;

/// <summary>Bits of the command register. PCI Local Bus Specification 3.0, section 6.2.2.</summary>
public static class PciCommand
{
    /// <summary>The function answers in I/O space.</summary>
    public const ushort Io = 1 << 0;

    /// <summary>The function answers in memory space.</summary>
    public const ushort Memory = 1 << 1;

    /// <summary>The function may master the bus: DMA, and messages as interrupts.</summary>
    public const ushort Master = 1 << 2;

    /// <summary>The function may not raise its interrupt pin.</summary>
    public const ushort PinDisabled = 1 << 10;
}

/// <summary>Offsets in configuration space that software writes. PCI Local Bus Specification 3.0, section 6.1.</summary>
public static class PciOffset
{
    /// <summary>Vendor and device identifier.</summary>
    public const uint Identifier = 0x00;

    /// <summary>Command register, 16 bits; the status register follows.</summary>
    public const uint Command = 0x04;

    /// <summary>Revision and class code.</summary>
    public const uint Class = 0x08;

    /// <summary>Cache line, latency, header type.</summary>
    public const uint HeaderType = 0x0c;

    /// <summary>The first base address register.</summary>
    public const uint Bars = 0x10;

    /// <summary>Of a bridge: primary, secondary and subordinate bus.</summary>
    public const uint Buses = 0x18;

    /// <summary>Interrupt line and pin.</summary>
    public const uint Interrupt = 0x3c;

    /// <summary>First extended capability.</summary>
    public const uint Extended = 0x100;
}

/// <summary>
/// The header of a function's configuration space, read from a snapshot of 64 bytes or more (shorter ones read as zeros).
/// PCI Local Bus Specification 3.0, section 6.1; PCI-to-PCI Bridge Architecture Specification 1.2, section 3.2.
/// </summary>
public static class PciFunction
{
    /// <summary>Bytes of conventional configuration space.</summary>
    public const int Conventional = 256;

    /// <summary>Bytes of configuration space of a PCI Express function.</summary>
    public const int Express = 4096;

    /// <summary>Most base address registers.</summary>
    public const int MaxBars = 6;

    /// <summary>What the vendor identifier reads where no function answers.</summary>
    public const ushort NoVendor = 0xffff;

    private const uint StatusOffset = 0x06;
    private const ushort StatusHasCapabilities = 1 << 4;
    private const byte Multifunction = 0x80;
    private const byte TypeMask = 0x7f;
    private const byte BridgeType = 1;

    /// <summary>Whether a function answers.</summary>
    public static bool IsPresent(ReadOnlySpan<byte> config) => Vendor(config) is not (NoVendor or 0);

    /// <summary>Vendor.</summary>
    public static ushort Vendor(ReadOnlySpan<byte> config) => Little.U16(config, 0);

    /// <summary>Device.</summary>
    public static ushort Device(ReadOnlySpan<byte> config) => Little.U16(config, 2);

    /// <summary>Command register, see <see cref="PciCommand"/>.</summary>
    public static ushort Command(ReadOnlySpan<byte> config) => Little.U16(config, PciOffset.Command);

    /// <summary>Class, subclass and programming interface in bits 23-16, 15-8 and 7-0.</summary>
    public static uint Class(ReadOnlySpan<byte> config) => Little.U32(config, PciOffset.Class) >> 8;

    /// <summary>Whether functions 1 to 7 may exist beside function 0.</summary>
    public static bool IsMultifunction(ReadOnlySpan<byte> config) => (Little.U8(config, 0x0e) & Multifunction) != 0;

    /// <summary>Whether this is a bridge to another bus.</summary>
    public static bool IsBridge(ReadOnlySpan<byte> config) => (Little.U8(config, 0x0e) & TypeMask) == BridgeType;

    /// <summary>Number of base address registers that this type of header has.</summary>
    public static int BarCount(ReadOnlySpan<byte> config) => (Little.U8(config, 0x0e) & TypeMask) switch
    {
        0 => MaxBars,
        BridgeType => 2,
        _ => 0,
    };

    /// <summary>Raw base address register; 0 where there is none.</summary>
    public static uint Bar(ReadOnlySpan<byte> config, int index)
        => (uint)index < (uint)BarCount(config) ? Little.U32(config, PciOffset.Bars + (uint)index * 4) : 0;

    /// <summary>The bus behind a bridge.</summary>
    public static byte SecondaryBus(ReadOnlySpan<byte> config) => Little.U8(config, 0x19);

    /// <summary>The last bus behind a bridge.</summary>
    public static byte SubordinateBus(ReadOnlySpan<byte> config) => Little.U8(config, 0x1a);

    /// <summary>Where firmware says the pin leads; 0xff for nowhere.</summary>
    public static byte InterruptLine(ReadOnlySpan<byte> config) => Little.U8(config, 0x3c);

    /// <summary>1 to 4 for INTA# to INTD#, 0 for none.</summary>
    public static byte InterruptPin(ReadOnlySpan<byte> config) => Little.U8(config, 0x3d);

    internal static bool HasCapabilities(ReadOnlySpan<byte> config) => (Little.U16(config, StatusOffset) & StatusHasCapabilities) != 0;
}

/// <summary>
/// A base address register, from what it held and what it reads after all ones were written. PCI Local Bus Specification 3.0, section 6.2.5.1.
/// </summary>
public readonly struct PciBar
{
    private const uint IoFlag = 1;
    private const uint TypeMask = 0x6;
    private const uint Type64 = 0x4;
    private const uint PrefetchableFlag = 0x8;
    private const ulong MemoryMask = ~0xful;
    private const ulong IoMask = ~0x3ul;
    private const ulong IoLimit = 0x1_0000;

    private PciBar(ulong address, ulong size, bool isIo, bool is64, bool isPrefetchable)
    {
        Address = address;
        Size = size;
        IsIo = isIo;
        Is64 = is64;
        IsPrefetchable = isPrefetchable;
    }

    /// <summary>First address, a multiple of the size; 0 where firmware assigned none.</summary>
    public ulong Address { get; }

    /// <summary>Bytes, a power of two; 0 for a register that is not implemented or makes no sense.</summary>
    public ulong Size { get; }

    /// <summary>Ports rather than memory.</summary>
    public bool IsIo { get; }

    /// <summary>It takes the next register as its upper half.</summary>
    public bool Is64 { get; }

    /// <summary>Reads have no side effects.</summary>
    public bool IsPrefetchable { get; }

    /// <summary>Whether it has an address that can be used.</summary>
    public bool IsUsable => Size != 0 && Address != 0 && Address + (Size - 1) >= Address;

    /// <summary>Whether a raw register says that the next one is its upper half.</summary>
    public static bool TakesTwo(uint raw) => (raw & IoFlag) == 0 && (raw & TypeMask) == Type64;

    /// <summary>Decodes a register.</summary>
    /// <param name="raw">What it holds.</param>
    /// <param name="mask">What it reads after all ones were written.</param>
    /// <param name="rawHigh">The next register, for one that <see cref="TakesTwo"/>.</param>
    /// <param name="maskHigh">The next register after all ones were written.</param>
    public static PciBar Decode(uint raw, uint mask, uint rawHigh = 0, uint maskHigh = 0)
    {
        if ((raw & IoFlag) != 0)
        {
            // The upper half of an I/O register may be hard-wired to zero.
            ulong ioMask = (mask | 0xffff_0000) & IoMask;
            ulong size = (mask & IoMask) == 0 ? 0 : (~ioMask & 0xffff_ffff) + 1;
            bool sound = IsPowerOfTwo(size) && (raw & IoMask) + size <= IoLimit;
            return new PciBar(sound ? raw & IoMask : 0, sound ? size : 0, true, false, false);
        }

        bool is64 = TakesTwo(raw);
        ulong address = (raw | (is64 ? (ulong)rawHigh << 32 : 0)) & MemoryMask;
        ulong bits = (mask | (ulong)(is64 ? maskHigh : uint.MaxValue) << 32) & MemoryMask;
        ulong bytes = (mask & MemoryMask) == 0 && (!is64 || maskHigh == 0) ? 0 : ~bits + 1;
        bool valid = IsPowerOfTwo(bytes) && (address & (bytes - 1)) == 0;
        return new PciBar(valid ? address : 0, valid ? bytes : 0, false, is64, (raw & PrefetchableFlag) != 0);
    }

    private static bool IsPowerOfTwo(ulong value) => value != 0 && (value & (value - 1)) == 0;
}
