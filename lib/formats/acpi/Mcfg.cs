using System;

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
            if (FirstBus(table, i) > LastBus(table, i))
                return AcpiStatus.BadRange;

            if (Address(table, i) == 0 || (Address(table, i) & 0xf_ffff) != 0)
                return AcpiStatus.BadAddress;

            for (uint j = 0; j < i; j++)
            {
                bool sameSegment = Segment(table, i) == Segment(table, j);
                if (sameSegment && FirstBus(table, i) <= LastBus(table, j) && FirstBus(table, j) <= LastBus(table, i))
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
    public static ushort Segment(ReadOnlySpan<byte> table, uint index) => Little.U16(table, Offset(index) + 8);

    /// <summary>First bus.</summary>
    public static byte FirstBus(ReadOnlySpan<byte> table, uint index) => Little.U8(table, Offset(index) + 10);

    /// <summary>Last bus.</summary>
    public static byte LastBus(ReadOnlySpan<byte> table, uint index) => Little.U8(table, Offset(index) + 11);

    private static uint Offset(uint index) => index < MaxCount ? FirstEntry + index * EntrySize : uint.MaxValue - EntrySize;
}
