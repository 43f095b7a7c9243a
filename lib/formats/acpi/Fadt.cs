using System;

namespace Kilonova.Formats.Acpi;

/// <summary>Address spaces of an ACPI generic address structure. ACPI 6.5, table 5.1.</summary>
public enum AcpiAddressSpace : byte
{
    /// <summary>Memory.</summary>
    Memory = 0,

    /// <summary>I/O ports.</summary>
    Port = 1,

    /// <summary>PCI configuration space of bus 0.</summary>
    PciConfiguration = 2,
}

/// <summary>
/// The fixed ACPI description table: power management registers. ACPI 6.5, section 5.2.9; ACPI 1.0's form of 116 bytes is accepted, fields
/// that a table is too short for are 0. A port is 0 when the register does not exist or is not an I/O port.
/// </summary>
public static class Fadt
{
    /// <summary>Length of ACPI 1.0's form in bytes.</summary>
    public const uint MinLength = 116;

    private const uint FlagsOffset = 112;
    private const uint ResetOffset = 116;
    private const uint HardwareReduced = 1 << 20;
    private const uint ResetSupported = 1 << 10;

    /// <summary>Checks the length and that the registers named are ports where they must be.</summary>
    public static AcpiStatus Check(ReadOnlySpan<byte> table)
    {
        if ((uint)table.Length < MinLength)
            return AcpiStatus.BadLength;

        if (IsHardwareReduced(table))
            return AcpiStatus.Ok;

        // SMI_CMD, and six blocks of registers one behind the other.
        bool ports = IsPortOrNone(table, 48);
        for (uint offset = 56; offset <= 76; offset += 4)
            ports &= IsPortOrNone(table, offset);

        return ports ? AcpiStatus.Ok : AcpiStatus.BadAddress;
    }

    /// <summary>Whether the machine has none of the fixed registers.</summary>
    public static bool IsHardwareReduced(ReadOnlySpan<byte> table)
        => AcpiTable.Revision(table) >= 5 && (Little.U32(table, FlagsOffset) & HardwareReduced) != 0;

    /// <summary>Global system interrupt, or ISA interrupt, of ACPI events.</summary>
    public static ushort SciInterrupt(ReadOnlySpan<byte> table) => Little.U16(table, 46);

    /// <summary>SMI_CMD: where firmware is asked to hand over to ACPI.</summary>
    public static ushort SmiCommandPort(ReadOnlySpan<byte> table) => (ushort)Little.U32(table, 48);

    /// <summary>ACPI_ENABLE: the value for SMI_CMD that hands over, 0 for none.</summary>
    public static byte AcpiEnable(ReadOnlySpan<byte> table) => Little.U8(table, 52);

    /// <summary>PM1a_EVT_BLK.</summary>
    public static ushort Pm1aEventPort(ReadOnlySpan<byte> table) => Port(table, 56, 148);

    /// <summary>PM1b_EVT_BLK.</summary>
    public static ushort Pm1bEventPort(ReadOnlySpan<byte> table) => Port(table, 60, 160);

    /// <summary>PM1a_CNT_BLK.</summary>
    public static ushort Pm1aControlPort(ReadOnlySpan<byte> table) => Port(table, 64, 172);

    /// <summary>PM1b_CNT_BLK.</summary>
    public static ushort Pm1bControlPort(ReadOnlySpan<byte> table) => Port(table, 68, 184);

    /// <summary>PM2_CNT_BLK.</summary>
    public static ushort Pm2ControlPort(ReadOnlySpan<byte> table) => Port(table, 72, 196);

    /// <summary>PM_TMR_BLK: the timer of 3.579545 MHz.</summary>
    public static ushort PmTimerPort(ReadOnlySpan<byte> table) => Port(table, 76, 208);

    /// <summary>Whether the timer has 32 bits instead of 24.</summary>
    public static bool IsPmTimer32(ReadOnlySpan<byte> table) => (Little.U32(table, FlagsOffset) & 1 << 8) != 0;

    /// <summary>PM1_EVT_LEN: bytes of an event block; the enable registers are its second half.</summary>
    public static byte Pm1EventLength(ReadOnlySpan<byte> table) => Little.U8(table, 88);

    /// <summary>PM1_CNT_LEN: bytes of a control block.</summary>
    public static byte Pm1ControlLength(ReadOnlySpan<byte> table) => Little.U8(table, 89);

    /// <summary>PM2_CNT_LEN: bytes of the second control block.</summary>
    public static byte Pm2ControlLength(ReadOnlySpan<byte> table) => Little.U8(table, 90);

    /// <summary>Physical address of the firmware ACPI control structure, with the waking vector; 0 for none.</summary>
    public static ulong Facs(ReadOnlySpan<byte> table)
    {
        ulong extended = Little.U64(table, 132);
        return extended != 0 ? extended : Little.U32(table, 36);
    }

    /// <summary>Physical address of the DSDT.</summary>
    public static ulong Dsdt(ReadOnlySpan<byte> table)
    {
        ulong extended = Little.U64(table, 140);
        return extended != 0 ? extended : Little.U32(table, 40);
    }

    /// <summary>Whether writing <see cref="ResetValue"/> to RESET_REG resets the machine.</summary>
    public static bool CanReset(ReadOnlySpan<byte> table)
        => (Little.U32(table, FlagsOffset) & ResetSupported) != 0 && ResetAddress(table) != 0;

    /// <summary>RESET_REG: its address space.</summary>
    public static AcpiAddressSpace ResetSpace(ReadOnlySpan<byte> table) => (AcpiAddressSpace)Little.U8(table, ResetOffset);

    /// <summary>RESET_REG: its address.</summary>
    public static ulong ResetAddress(ReadOnlySpan<byte> table) => Little.U64(table, ResetOffset + 4);

    /// <summary>RESET_VALUE.</summary>
    public static byte ResetValue(ReadOnlySpan<byte> table) => Little.U8(table, ResetOffset + 12);

    private static ushort Port(ReadOnlySpan<byte> table, uint legacyOffset, uint extendedOffset)
    {
        ulong extended = Little.U64(table, extendedOffset + 4);
        bool usable = extended is > 0 and <= 0xffff && Little.U8(table, extendedOffset) == (byte)AcpiAddressSpace.Port;
        ulong port = usable ? extended : Little.U32(table, legacyOffset);
        return port <= 0xffff ? (ushort)port : (ushort)0;
    }

    private static bool IsPortOrNone(ReadOnlySpan<byte> table, uint offset) => Little.U32(table, offset) <= 0xffff;
}
