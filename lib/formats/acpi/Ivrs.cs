using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Acpi;

/// <summary>Types of blocks in the IVRS. AMD I/O Virtualization Technology specification 3.07, section 5.2.2.</summary>
public enum IvrsType : byte
{
    /// <summary>A hardware unit, basic form.</summary>
    HardwareUnit = 0x10,

    /// <summary>A hardware unit with its extended feature register.</summary>
    HardwareUnitExtended = 0x11,

    /// <summary>A hardware unit with ACPI namespace devices.</summary>
    HardwareUnitNamespace = 0x40,

    /// <summary>Memory definition for all devices.</summary>
    MemoryAll = 0x20,

    /// <summary>Memory definition for one device.</summary>
    MemoryDevice = 0x21,

    /// <summary>Memory definition for a range of devices.</summary>
    MemoryRange = 0x22,
}

/// <summary>Types of device entries. AMD I/O Virtualization Technology specification 3.07, section 5.2.2.4, tables 89 to 97.</summary>
public enum IvrsDeviceType : byte
{
    /// <summary>Padding.</summary>
    Padding = 0,

    /// <summary>All devices of the segment that are named nowhere else.</summary>
    All = 1,

    /// <summary>One device.</summary>
    Select = 2,

    /// <summary>First device of a range.</summary>
    RangeStart = 3,

    /// <summary>Last device of a range.</summary>
    RangeEnd = 4,

    /// <summary>One device whose requests carry another's identifier.</summary>
    AliasSelect = 66,

    /// <summary>First device of a range whose requests carry one identifier.</summary>
    AliasRangeStart = 67,

    /// <summary>One device with address translation settings.</summary>
    ExtendedSelect = 70,

    /// <summary>First device of a range with address translation settings.</summary>
    ExtendedRangeStart = 71,

    /// <summary>An I/O APIC or an HPET.</summary>
    Special = 72,

    /// <summary>A device of the ACPI namespace.</summary>
    Namespace = 240,
}

/// <summary>
/// The I/O virtualization reporting structure: AMD IOMMU units, the devices behind each, and memory they need. AMD I/O Virtualization
/// Technology specification 3.07, section 5.2. Functions named after a block take the bytes that <see cref="Next"/> returned.
/// </summary>
public static class Ivrs
{
    /// <summary>Most hardware units that are accepted.</summary>
    public const uint MaxUnits = 256;

    private const uint FirstBlock = 48;

    /// <summary>Checks that all blocks and their device entries are whole.</summary>
    public static AcpiStatus Check(ReadOnlySpan<byte> table)
    {
        AcpiStatus status = CheckUnits(table);
        uint cursor = FirstBlock;
        while (status == AcpiStatus.Ok && cursor < (uint)table.Length)
        {
            ReadOnlySpan<byte> block = Next(table, ref cursor);
            if (!IsUnit(block))
                status = CheckMemory(block);
            else if ((status = CheckDistinct(table, cursor, block)) == AcpiStatus.Ok)
                status = CheckDevices(block);
        }

        return status;
    }

    /// <summary>Checks that all blocks are whole and units have addresses: enough for who only keeps others away from them.</summary>
    public static AcpiStatus CheckUnits(ReadOnlySpan<byte> table)
    {
        if ((uint)table.Length < FirstBlock)
            return AcpiStatus.BadLength;

        uint units = 0;
        uint cursor = FirstBlock;
        while (cursor < (uint)table.Length)
        {
            ReadOnlySpan<byte> block = Next(table, ref cursor, out AcpiStatus status);
            if (status == AcpiStatus.Ok && IsUnit(block))
                status = ++units > MaxUnits ? AcpiStatus.TooMany : IsAddress(UnitAddress(block)) ? AcpiStatus.Ok : AcpiStatus.BadAddress;

            if (status != AcpiStatus.Ok)
                return status;
        }

        return units == 0 ? AcpiStatus.Empty : AcpiStatus.Ok;
    }

    /// <summary>IVinfo: physical address size in bits 14-8, virtual address size in bits 21-15.</summary>
    public static uint Information(ReadOnlySpan<byte> table) => Little.U32(table, 36);

    /// <summary>Walks the blocks.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cursor">0 for the first block; moved on by every call.</param>
    /// <returns>The block; empty at the end, and at one that is malformed.</returns>
    public static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> table, scoped ref uint cursor) => Next(table, ref cursor, out _);

    /// <summary>The block's type; others than those named may occur.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IvrsType Type(ReadOnlySpan<byte> block) => (IvrsType)Little.U8(block, 0);

    /// <summary>Whether the block is a hardware unit. A unit may be described in several forms; the highest type says most.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool IsUnit(ReadOnlySpan<byte> block)
        => Type(block) is IvrsType.HardwareUnit or IvrsType.HardwareUnitExtended or IvrsType.HardwareUnitNamespace;

    /// <summary>Whether the block is a memory definition.</summary>
    public static bool IsMemory(ReadOnlySpan<byte> block)
        => Type(block) is IvrsType.MemoryAll or IvrsType.MemoryDevice or IvrsType.MemoryRange;

    /// <summary>Unit or memory: the flags.</summary>
    public static byte Flags(ReadOnlySpan<byte> block) => Little.U8(block, 1);

    /// <summary>Unit: its own PCI identifier; memory: the (first) device.</summary>
    public static ushort DeviceId(ReadOnlySpan<byte> block) => Little.U16(block, 4);

    /// <summary>Unit: offset of its capability in configuration space.</summary>
    public static ushort Capability(ReadOnlySpan<byte> block) => Little.U16(block, 6);

    /// <summary>Unit: physical address of its registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong UnitAddress(ReadOnlySpan<byte> block) => Little.U64(block, 8);

    /// <summary>Unit: PCI segment.</summary>
    public static ushort UnitSegment(ReadOnlySpan<byte> block) => Little.U16(block, 16);

    /// <summary>Unit: a copy of its extended feature register; 0 in the basic form.</summary>
    public static ulong UnitExtendedFeatures(ReadOnlySpan<byte> block)
        => Type(block) == IvrsType.HardwareUnit ? 0 : Little.U64(block, 24);

    /// <summary>Memory of <see cref="IvrsType.MemoryRange"/>: the last device.</summary>
    public static ushort MemoryLastDevice(ReadOnlySpan<byte> block) => Little.U16(block, 6);

    /// <summary>Memory: physical address of its first byte.</summary>
    public static ulong MemoryStart(ReadOnlySpan<byte> block) => Little.U64(block, 16);

    /// <summary>Memory: length in bytes.</summary>
    public static ulong MemoryLength(ReadOnlySpan<byte> block) => Little.U64(block, 24);

    /// <summary>Walks the device entries of a unit.</summary>
    /// <param name="block">The unit.</param>
    /// <param name="cursor">0 for the first entry; moved on by every call.</param>
    /// <returns>The entry; empty at the end, at one that is malformed, and where the block is no unit.</returns>
    public static ReadOnlySpan<byte> NextDevice(ReadOnlySpan<byte> block, scoped ref uint cursor)
    {
        uint first = IsUnit(block) ? FixedLength(Type(block)) : (uint)block.Length;
        uint offset = cursor == 0 ? first : cursor;
        uint length = DeviceLength(block, offset);
        ReadOnlySpan<byte> entry = length == 0 ? ReadOnlySpan<byte>.Empty : Little.Slice(block, offset, length);
        cursor = offset + length;
        return entry;
    }

    /// <summary>Device entry: its type; others than those named may occur.</summary>
    public static IvrsDeviceType DeviceType(ReadOnlySpan<byte> entry) => (IvrsDeviceType)Little.U8(entry, 0);

    /// <summary>Device entry: the PCI identifier it names (for <see cref="IvrsDeviceType.Special"/> that of its requests).</summary>
    public static ushort DeviceOf(ReadOnlySpan<byte> entry)
        => DeviceType(entry) == IvrsDeviceType.Special ? Little.U16(entry, 5) : Little.U16(entry, 1);

    /// <summary>Device entry: the settings of the device table's flags.</summary>
    public static byte DeviceSettings(ReadOnlySpan<byte> entry) => Little.U8(entry, 3);

    /// <summary>Alias entry: the identifier that requests carry.</summary>
    public static ushort DeviceAlias(ReadOnlySpan<byte> entry) => Little.U16(entry, 5);

    /// <summary>Special entry: the I/O APIC's APIC ID or the HPET's number.</summary>
    public static byte SpecialHandle(ReadOnlySpan<byte> entry) => Little.U8(entry, 4);

    /// <summary>Special entry: 1 for an I/O APIC, 2 for an HPET.</summary>
    public static byte SpecialVariety(ReadOnlySpan<byte> entry) => Little.U8(entry, 7);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> table, scoped ref uint cursor, out AcpiStatus status)
    {
        uint offset = cursor == 0 ? FirstBlock : cursor;
        ReadOnlySpan<byte> block = AcpiEntry.At(table, offset, AcpiEntry.LongHeader, out status);
        if (status == AcpiStatus.Ok && (uint)block.Length < FixedLength(Type(block)))
            status = AcpiStatus.EntryBadLength;

        if (status != AcpiStatus.Ok)
            return ReadOnlySpan<byte>.Empty;

        cursor = offset + (uint)block.Length;
        return block;
    }

    private static bool IsAddress(ulong address) => address != 0 && (address & 0xfff) == 0;

    private static AcpiStatus CheckMemory(ReadOnlySpan<byte> block)
    {
        if (!IsMemory(block))
            return AcpiStatus.Ok;

        ulong start = MemoryStart(block);
        if (start + MemoryLength(block) < start)
            return AcpiStatus.BadRange;

        return Type(block) == IvrsType.MemoryRange && MemoryLastDevice(block) < DeviceId(block) ? AcpiStatus.BadRange : AcpiStatus.Ok;
    }

    private static AcpiStatus CheckDevices(ReadOnlySpan<byte> block)
    {
        uint offset = FixedLength(Type(block));
        bool inRange = false;
        ushort start = 0;
        while (offset < (uint)block.Length)
        {
            uint length = DeviceLength(block, offset);
            if (length == 0)
                return AcpiStatus.EntryTooShort;

            ReadOnlySpan<byte> entry = Little.Slice(block, offset, length);
            if (entry.IsEmpty)
                return AcpiStatus.EntryTooLong;

            IvrsDeviceType type = DeviceType(entry);
            ushort device = DeviceOf(entry);
            if (type is IvrsDeviceType.RangeStart or IvrsDeviceType.AliasRangeStart or IvrsDeviceType.ExtendedRangeStart)
            {
                if (inRange)
                    return AcpiStatus.BadRange;

                inRange = true;
                start = device;
            }
            else if (type == IvrsDeviceType.RangeEnd)
            {
                if (!inRange || device < start)
                    return AcpiStatus.BadRange;

                inRange = false;
            }

            offset += length;
        }

        return inRange ? AcpiStatus.BadRange : AcpiStatus.Ok;
    }

    /// <summary>Compares a unit, which ends at an offset, to those before it.</summary>
    private static AcpiStatus CheckDistinct(ReadOnlySpan<byte> table, uint end, ReadOnlySpan<byte> unit)
    {
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> other = Next(table, ref cursor);
            if (cursor == end)
                return AcpiStatus.Ok;

            if (Type(other) == Type(unit) && UnitAddress(unit) == UnitAddress(other))
                return AcpiStatus.Overlap;
        }
    }

    /// <summary>Length of a device entry, coded in its type's two upper bits; a namespace device carries the length of its name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint DeviceLength(ReadOnlySpan<byte> block, uint offset)
    {
        byte type = Little.U8(block, offset);
        if (type == (byte)IvrsDeviceType.Namespace)
            return Little.Fits(block, offset, 22) ? 22u + Little.U8(block, offset + 21) : 0;

        return offset < (uint)block.Length ? 4u << (type >> 6) : 0;
    }

    private static uint FixedLength(IvrsType type) => type switch
    {
        IvrsType.HardwareUnit => 24,
        IvrsType.HardwareUnitExtended or IvrsType.HardwareUnitNamespace => 40,
        IvrsType.MemoryAll or IvrsType.MemoryDevice or IvrsType.MemoryRange => 32,
        _ => AcpiEntry.LongHeader,
    };
}
