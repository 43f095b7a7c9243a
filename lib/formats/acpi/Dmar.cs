using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Acpi;

/// <summary>Types of remapping structures. Intel VT-d specification 4.1, section 8.2.</summary>
public enum DmarType : ushort
{
    /// <summary>A remapping hardware unit (DRHD).</summary>
    HardwareUnit = 0,

    /// <summary>Memory that devices reach before an operating system runs (RMRR).</summary>
    ReservedMemory = 1,

    /// <summary>Root ports that support address translation services (ATSR).</summary>
    RootPortAts = 2,

    /// <summary>Proximity of a unit (RHSA).</summary>
    HardwareAffinity = 3,

    /// <summary>A device that exists only in the ACPI namespace (ANDD).</summary>
    NamespaceDevice = 4,

    /// <summary>Integrated devices with address translation caches (SATC).</summary>
    IntegratedAtc = 5,

    /// <summary>Properties of integrated devices (SIDP).</summary>
    IntegratedProperties = 6,
}

/// <summary>Types of device scopes. Intel VT-d specification 4.1, section 8.3.1.</summary>
public enum DmarScopeType : byte
{
    /// <summary>A PCI function.</summary>
    PciEndpoint = 1,

    /// <summary>A PCI bridge and everything below it.</summary>
    PciSubHierarchy = 2,

    /// <summary>An I/O APIC.</summary>
    IoApic = 3,

    /// <summary>A timer block that sends message-signaled interrupts.</summary>
    Hpet = 4,

    /// <summary>A device of the ACPI namespace.</summary>
    NamespaceDevice = 5,
}

/// <summary>
/// The DMA remapping table: IOMMU units, the devices behind each, and memory that must stay mapped. Intel VT-d specification 4.1,
/// chapter 8. Functions named after a structure take the bytes that <see cref="Next"/> returned for one of that type.
/// </summary>
public static class Dmar
{
    /// <summary>Most hardware units that are accepted.</summary>
    public const uint MaxUnits = 256;

    private const uint FirstEntry = 48;
    private const ulong PageMask = 0xfff;

    /// <summary>Checks that all structures and their scopes are whole, and that units are distinct.</summary>
    public static AcpiStatus Check(ReadOnlySpan<byte> table)
    {
        if ((uint)table.Length < FirstEntry)
            return AcpiStatus.BadLength;

        uint units = 0;
        uint cursor = FirstEntry;
        while (cursor < (uint)table.Length)
        {
            ReadOnlySpan<byte> entry = Next(table, ref cursor, out AcpiStatus status);
            if (status == AcpiStatus.Ok)
                status = CheckEntry(entry);

            if (status == AcpiStatus.Ok && Type(entry) == DmarType.HardwareUnit)
                status = ++units > MaxUnits ? AcpiStatus.TooMany : CheckDistinct(table, cursor, entry);

            if (status != AcpiStatus.Ok)
                return status;
        }

        return units == 0 ? AcpiStatus.Empty : AcpiStatus.Ok;
    }

    /// <summary>Number of bits of a DMA address.</summary>
    public static uint AddressWidth(ReadOnlySpan<byte> table) => Little.U8(table, 36) + 1u;

    /// <summary>Whether interrupts can be remapped.</summary>
    public static bool CanRemapInterrupts(ReadOnlySpan<byte> table) => (Little.U8(table, 37) & 1) != 0;

    /// <summary>Whether firmware asks not to enable x2APIC.</summary>
    public static bool OptsOutOfX2Apic(ReadOnlySpan<byte> table) => (Little.U8(table, 37) & 2) != 0;

    /// <summary>Walks the remapping structures.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cursor">0 for the first structure; moved on by every call.</param>
    /// <returns>The structure; empty at the end, and at one that is malformed.</returns>
    public static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> table, scoped ref uint cursor) => Next(table, ref cursor, out _);

    /// <summary>The structure's type; others than those named may occur.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static DmarType Type(ReadOnlySpan<byte> entry) => (DmarType)Little.U16(entry, 0);

    /// <summary>PCI segment of a hardware unit, reserved memory, root port or integrated device structure.</summary>
    public static ushort Segment(ReadOnlySpan<byte> entry) => Little.U16(entry, 6);

    /// <summary>Hardware unit: physical address of its registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong UnitAddress(ReadOnlySpan<byte> entry) => Little.U64(entry, 8);

    /// <summary>Hardware unit: bytes of its register set, a power of two.</summary>
    public static ulong UnitSize(ReadOnlySpan<byte> entry) => 4096ul << (Little.U8(entry, 5) & 0xf);

    /// <summary>Hardware unit: whether it covers all PCI devices of its segment that are in no other unit's scope.</summary>
    public static bool UnitIncludesAll(ReadOnlySpan<byte> entry) => (Little.U8(entry, 4) & 1) != 0;

    /// <summary>Reserved memory: physical address of its first byte.</summary>
    public static ulong ReservedBase(ReadOnlySpan<byte> entry) => Little.U64(entry, 8);

    /// <summary>Reserved memory: physical address of its last byte.</summary>
    public static ulong ReservedLimit(ReadOnlySpan<byte> entry) => Little.U64(entry, 16);

    /// <summary>Walks the device scopes of a structure.</summary>
    /// <param name="entry">The structure.</param>
    /// <param name="cursor">0 for the first scope; moved on by every call.</param>
    /// <returns>The scope; empty at the end, at one that is malformed, and where the type has none.</returns>
    public static ReadOnlySpan<byte> NextScope(ReadOnlySpan<byte> entry, scoped ref uint cursor)
    {
        uint first = HasScopes(Type(entry)) ? FixedLength(Type(entry)) : (uint)entry.Length;
        uint offset = cursor == 0 ? first : cursor;
        uint length = Little.U8(entry, offset + 1);
        if (!IsScopeLength(length))
            return ReadOnlySpan<byte>.Empty;

        ReadOnlySpan<byte> scope = Little.Slice(entry, offset, length);
        cursor = offset + length;
        return scope;
    }

    /// <summary>Scope: its type.</summary>
    public static DmarScopeType ScopeType(ReadOnlySpan<byte> scope) => (DmarScopeType)Little.U8(scope, 0);

    /// <summary>Scope: the I/O APIC's APIC ID, the HPET's block number, or the namespace device's number.</summary>
    public static byte ScopeId(ReadOnlySpan<byte> scope) => Little.U8(scope, 4);

    /// <summary>Scope: the bus on which its path starts.</summary>
    public static byte ScopeBus(ReadOnlySpan<byte> scope) => Little.U8(scope, 5);

    /// <summary>Scope: number of steps in its path; all but the last are bridges.</summary>
    public static uint ScopeSteps(ReadOnlySpan<byte> scope) => scope.Length < 8 ? 0 : ((uint)scope.Length - 6) / 2;

    /// <summary>Scope: device number of a step.</summary>
    public static byte ScopeDevice(ReadOnlySpan<byte> scope, uint step)
        => step < ScopeSteps(scope) ? Little.U8(scope, 6 + 2 * step) : (byte)0;

    /// <summary>Scope: function number of a step.</summary>
    public static byte ScopeFunction(ReadOnlySpan<byte> scope, uint step)
        => step < ScopeSteps(scope) ? Little.U8(scope, 7 + 2 * step) : (byte)0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> table, scoped ref uint cursor, out AcpiStatus status)
    {
        uint offset = cursor == 0 ? FirstEntry : cursor;
        ReadOnlySpan<byte> entry = AcpiEntry.At(table, offset, AcpiEntry.LongHeader, out status);
        if (status == AcpiStatus.Ok && (uint)entry.Length < FixedLength(Type(entry)))
            status = AcpiStatus.EntryBadLength;

        if (status != AcpiStatus.Ok)
            return ReadOnlySpan<byte>.Empty;

        cursor = offset + (uint)entry.Length;
        return entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AcpiStatus CheckEntry(ReadOnlySpan<byte> entry)
    {
        DmarType type = Type(entry);
        if (type == DmarType.HardwareUnit && (UnitAddress(entry) == 0 || (UnitAddress(entry) & PageMask) != 0))
            return AcpiStatus.BadAddress;

        if (type == DmarType.ReservedMemory)
        {
            if (ReservedLimit(entry) <= ReservedBase(entry))
                return AcpiStatus.BadRange;

            if ((ReservedBase(entry) & PageMask) != 0 || (ReservedLimit(entry) & PageMask) != PageMask)
                return AcpiStatus.BadAddress;
        }

        return HasScopes(type) ? CheckScopes(entry, FixedLength(type)) : AcpiStatus.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AcpiStatus CheckScopes(ReadOnlySpan<byte> entry, uint offset)
    {
        while (offset < (uint)entry.Length)
        {
            uint left = (uint)entry.Length - offset;
            uint length = Little.U8(entry, offset + 1);
            if (left < 2 || length < 2)
                return AcpiStatus.EntryTooShort;

            if (!IsScopeLength(length))
                return AcpiStatus.EntryBadLength;

            if (length > left)
                return AcpiStatus.EntryTooLong;

            offset += length;
        }

        return AcpiStatus.Ok;
    }

    /// <summary>Compares a unit, which ends at an offset, to those before it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static AcpiStatus CheckDistinct(ReadOnlySpan<byte> table, uint end, ReadOnlySpan<byte> unit)
    {
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> other = Next(table, ref cursor);
            if (cursor == end)
                return AcpiStatus.Ok;

            if (Type(other) != DmarType.HardwareUnit)
                continue;

            bool bothIncludeAll = UnitIncludesAll(unit) && UnitIncludesAll(other) && Segment(unit) == Segment(other);
            if (UnitAddress(unit) == UnitAddress(other) || bothIncludeAll)
                return AcpiStatus.Overlap;
        }
    }

    private static bool IsScopeLength(uint length) => length >= 8 && length % 2 == 0;

    private static bool HasScopes(DmarType type)
        => type is DmarType.HardwareUnit or DmarType.ReservedMemory or DmarType.RootPortAts or DmarType.IntegratedAtc
            or DmarType.IntegratedProperties;

    private static uint FixedLength(DmarType type) => type switch
    {
        DmarType.HardwareUnit => 16,
        DmarType.ReservedMemory => 24,
        DmarType.RootPortAts => 8,
        DmarType.HardwareAffinity => 20,
        DmarType.NamespaceDevice => 8,
        DmarType.IntegratedAtc => 8,
        DmarType.IntegratedProperties => 8,
        _ => AcpiEntry.LongHeader,
    };
}
