using System;
using System.Runtime.CompilerServices;

namespace Kilonova.Formats.Acpi;

/// <summary>
/// Where PCI Express configuration space lies in memory, one entry per range of buses. PCI Firmware Specification 3.3, section 4.1.2.
/// </summary>
public static class Mcfg
{
    /// <summary>Most entries that are accepted.</summary>
    public const uint MaxCount = 256;

    private const uint FirstEntry = 44;
    private const uint EntrySize = 16;

    /// <summary>Checks that entries are whole, in order and disjoint.</summary>
    public static AcpiStatus Check(ReadOnlySpan<byte> table)
    {
        if ((uint)table.Length < FirstEntry || ((uint)table.Length - FirstEntry) % EntrySize != 0)
            return AcpiStatus.BadLength;

        uint count = Count(table);
        if (count > MaxCount)
            return AcpiStatus.TooMany;

        for (uint i = 0; i < count; i++)
        {
            ushort segment = Segment(table, i);
            byte first = FirstBus(table, i);
            byte last = LastBus(table, i);
            if (first > last)
                return AcpiStatus.BadRange;

            ulong address = Address(table, i);
            if (address == 0 || (address & 0xf_ffff) != 0)
                return AcpiStatus.BadAddress;

            for (uint j = 0; j < i; j++)
            {
                if (segment == Segment(table, j) && first <= LastBus(table, j) && FirstBus(table, j) <= last)
                    return AcpiStatus.Overlap;
            }
        }

        return AcpiStatus.Ok;
    }

    /// <summary>Number of entries.</summary>
    public static uint Count(ReadOnlySpan<byte> table)
        => (uint)table.Length < FirstEntry ? 0 : ((uint)table.Length - FirstEntry) / EntrySize;

    /// <summary>Physical address of bus 0 of the segment (not of the entry's first bus).</summary>
    public static ulong Address(ReadOnlySpan<byte> table, uint index) => Little.U64(table, Offset(index));

    /// <summary>PCI segment.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ushort Segment(ReadOnlySpan<byte> table, uint index) => Little.U16(table, Offset(index) + 8);

    /// <summary>First bus.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte FirstBus(ReadOnlySpan<byte> table, uint index) => Little.U8(table, Offset(index) + 10);

    /// <summary>Last bus.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte LastBus(ReadOnlySpan<byte> table, uint index) => Little.U8(table, Offset(index) + 11);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Offset(uint index) => index < MaxCount ? FirstEntry + index * EntrySize : uint.MaxValue - EntrySize;
}
