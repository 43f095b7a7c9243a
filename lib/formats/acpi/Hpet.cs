using System;

namespace Kilonova.Formats.Acpi;

/// <summary>The high precision event timer's table. IA-PC HPET specification 1.0a, section 3.2.4.</summary>
public static class Hpet
{
    private const uint MinLength = 56;

    /// <summary>Checks the length, and that the registers lie at an address in memory.</summary>
    public static AcpiStatus Check(ReadOnlySpan<byte> table)
    {
        if ((uint)table.Length < MinLength)
            return AcpiStatus.BadLength;

        bool memory = Little.U8(table, 40) == (byte)AcpiAddressSpace.Memory;
        return memory && Address(table) != 0 && (Address(table) & 7) == 0 ? AcpiStatus.Ok : AcpiStatus.BadAddress;
    }

    /// <summary>Physical address of the registers.</summary>
    public static ulong Address(ReadOnlySpan<byte> table) => Little.U64(table, 44);

    /// <summary>The event timer block's identification: vendor in bits 31-16, number of comparators minus 1 in bits 12-8.</summary>
    public static uint BlockId(ReadOnlySpan<byte> table) => Little.U32(table, 36);

    /// <summary>Smallest count that can be programmed in periodic mode without losing interrupts.</summary>
    public static ushort MinimumTick(ReadOnlySpan<byte> table) => Little.U16(table, 53);
}
