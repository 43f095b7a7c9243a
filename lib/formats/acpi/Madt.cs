using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Acpi;

/// <summary>Types of the entries in the MADT that concern an x86 machine. ACPI 6.5, section 5.2.12, table 5.21.</summary>
public enum MadtType : byte
{
    /// <summary>A processor with an 8-bit APIC ID.</summary>
    LocalApic = 0,

    /// <summary>An I/O APIC.</summary>
    IoApic = 1,

    /// <summary>An ISA interrupt that does not go to the pin of its number.</summary>
    InterruptSourceOverride = 2,

    /// <summary>An I/O APIC pin wired to NMI.</summary>
    NmiSource = 3,

    /// <summary>A local APIC pin wired to NMI.</summary>
    LocalApicNmi = 4,

    /// <summary>The 64-bit address of the local APIC.</summary>
    LocalApicAddressOverride = 5,

    /// <summary>A processor with a 32-bit APIC ID.</summary>
    LocalX2Apic = 9,

    /// <summary>A local x2APIC pin wired to NMI.</summary>
    LocalX2ApicNmi = 10,
}

/// <summary>
/// The multiple APIC description table: processors, I/O APICs and interrupt wiring. ACPI 6.5, section 5.2.12. Functions named after an
/// entry take the bytes that <see cref="Next"/> returned for one of that type.
/// </summary>
public static class Madt
{
    private const uint FirstEntry = 44;

    /// <summary>Checks that all entries lie within the table, have their type's length, and include a processor.</summary>
    public static AcpiStatus Check(ReadOnlySpan<byte> table)
    {
        if ((uint)table.Length < FirstEntry)
            return AcpiStatus.BadLength;

        bool processor = false;
        uint cursor = FirstEntry;
        while (cursor < (uint)table.Length)
        {
            ReadOnlySpan<byte> entry = Next(table, ref cursor, out AcpiStatus status);
            if (status != AcpiStatus.Ok)
                return status;

            processor |= IsUsableProcessor(entry);
        }

        return processor ? AcpiStatus.Ok : AcpiStatus.Empty;
    }

    /// <summary>Physical address of the local APIC, the 64-bit one where the table overrides it.</summary>
    public static ulong LocalApicAddress(ReadOnlySpan<byte> table)
    {
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> entry = Next(table, ref cursor);
            if (entry.IsEmpty)
                return Little.U32(table, 36);

            if (Type(entry) == MadtType.LocalApicAddressOverride)
                return Little.U64(entry, 4);
        }
    }

    /// <summary>Whether the machine also has two 8259 interrupt controllers, which must be masked.</summary>
    public static bool HasPic(ReadOnlySpan<byte> table) => (Little.U32(table, 40) & 1) != 0;

    /// <summary>Walks the entries.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cursor">0 for the first entry; moved on by every call.</param>
    /// <returns>The entry; empty at the end, and at an entry that is malformed.</returns>
    public static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> table, scoped ref uint cursor) => Next(table, ref cursor, out _);

    /// <summary>The entry's type; others than those named may occur.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static MadtType Type(ReadOnlySpan<byte> entry) => (MadtType)Little.U8(entry, 0);

    /// <summary>Whether the entry is a processor that is enabled, whichever of the two forms it has.</summary>
    public static bool IsUsableProcessor(ReadOnlySpan<byte> entry) => Type(entry) switch
    {
        MadtType.LocalApic => (Little.U32(entry, 4) & 1) != 0 && Little.U8(entry, 3) != 0xff,
        MadtType.LocalX2Apic => (Little.U32(entry, 8) & 1) != 0 && Little.U32(entry, 4) != 0xffff_ffff,
        _ => false,
    };

    /// <summary>APIC ID of a processor entry of either form.</summary>
    public static uint ProcessorApicId(ReadOnlySpan<byte> entry)
        => Type(entry) == MadtType.LocalApic ? Little.U8(entry, 3) : Little.U32(entry, 4);

    /// <summary>ACPI processor identifier of a processor entry of either form.</summary>
    public static uint ProcessorUid(ReadOnlySpan<byte> entry)
        => Type(entry) == MadtType.LocalApic ? Little.U8(entry, 2) : Little.U32(entry, 12);

    /// <summary>I/O APIC: its APIC ID.</summary>
    public static byte IoApicId(ReadOnlySpan<byte> entry) => Little.U8(entry, 2);

    /// <summary>I/O APIC: physical address of its registers.</summary>
    public static uint IoApicAddress(ReadOnlySpan<byte> entry) => Little.U32(entry, 4);

    /// <summary>I/O APIC: global system interrupt of its first pin.</summary>
    public static uint IoApicBase(ReadOnlySpan<byte> entry) => Little.U32(entry, 8);

    /// <summary>Interrupt source override: the ISA interrupt.</summary>
    public static byte OverrideSource(ReadOnlySpan<byte> entry) => Little.U8(entry, 3);

    /// <summary>Interrupt source override: the global system interrupt it goes to.</summary>
    public static uint OverrideTarget(ReadOnlySpan<byte> entry) => Little.U32(entry, 4);

    /// <summary>Interrupt source override: polarity and trigger mode, see <see cref="MadtInterruptFlags"/>.</summary>
    public static ushort OverrideFlags(ReadOnlySpan<byte> entry) => Little.U16(entry, 8);

    /// <summary>
    /// How an ISA interrupt is wired, which is what assign_int wants to know: to the pin of its number, by edges, active high, unless an
    /// override says otherwise.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="source">The ISA interrupt, 0 to 15.</param>
    /// <param name="pin">The global system interrupt that it goes to.</param>
    /// <param name="level">Whether it is level-triggered.</param>
    /// <param name="activeLow">Whether it is active low.</param>
    public static void Wiring(ReadOnlySpan<byte> table, byte source, out uint pin, out bool level, out bool activeLow)
    {
        pin = source;
        level = false;
        activeLow = false;
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Next(table, ref cursor); !entry.IsEmpty; entry = Next(table, ref cursor))
        {
            if (Type(entry) == MadtType.InterruptSourceOverride && OverrideSource(entry) == source)
            {
                ushort flags = OverrideFlags(entry);
                pin = OverrideTarget(entry);
                level = (flags & MadtInterruptFlags.TriggerMask) == MadtInterruptFlags.Level;
                activeLow = (flags & MadtInterruptFlags.PolarityMask) == MadtInterruptFlags.ActiveLow;
            }
        }
    }

    /// <summary>NMI source: its global system interrupt.</summary>
    public static uint NmiSourceTarget(ReadOnlySpan<byte> entry) => Little.U32(entry, 4);

    /// <summary>NMI source: polarity and trigger mode, see <see cref="MadtInterruptFlags"/>.</summary>
    public static ushort NmiSourceFlags(ReadOnlySpan<byte> entry) => Little.U16(entry, 2);

    /// <summary>NMI pin of either form: the local APIC's pin, 0 or 1.</summary>
    public static byte LocalNmiPin(ReadOnlySpan<byte> entry)
        => Type(entry) == MadtType.LocalApicNmi ? Little.U8(entry, 5) : Little.U8(entry, 8);

    /// <summary>NMI pin of either form: polarity and trigger mode, see <see cref="MadtInterruptFlags"/>.</summary>
    public static ushort LocalNmiFlags(ReadOnlySpan<byte> entry)
        => Type(entry) == MadtType.LocalApicNmi ? Little.U16(entry, 3) : Little.U16(entry, 2);

    /// <summary>NMI pin of either form: whether it is so on every processor.</summary>
    public static bool LocalNmiOnAll(ReadOnlySpan<byte> entry)
        => Type(entry) == MadtType.LocalApicNmi ? Little.U8(entry, 2) == 0xff : Little.U32(entry, 4) == 0xffff_ffff;

    /// <summary>NMI pin of either form: the ACPI processor identifier, unless <see cref="LocalNmiOnAll"/>.</summary>
    public static uint LocalNmiUid(ReadOnlySpan<byte> entry)
        => Type(entry) == MadtType.LocalApicNmi ? Little.U8(entry, 2) : Little.U32(entry, 4);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> table, scoped ref uint cursor, out AcpiStatus status)
    {
        uint offset = cursor == 0 ? FirstEntry : cursor;
        ReadOnlySpan<byte> entry = AcpiEntry.At(table, offset, AcpiEntry.ShortHeader, out status);
        if (status == AcpiStatus.Ok && (uint)entry.Length < MinLength(Type(entry)))
            status = AcpiStatus.EntryBadLength;

        if (status != AcpiStatus.Ok)
            return ReadOnlySpan<byte>.Empty;

        cursor = offset + (uint)entry.Length;
        return entry;
    }

    private static uint MinLength(MadtType type) => type switch
    {
        MadtType.LocalApic => 8,
        MadtType.IoApic => 12,
        MadtType.InterruptSourceOverride => 10,
        MadtType.NmiSource => 8,
        MadtType.LocalApicNmi => 6,
        MadtType.LocalApicAddressOverride => 12,
        MadtType.LocalX2Apic => 16,
        MadtType.LocalX2ApicNmi => 12,
        _ => 2,
    };
}

/// <summary>Polarity and trigger mode of an interrupt, the MPS INTI flags. ACPI 6.5, table 5.26.</summary>
public static class MadtInterruptFlags
{
    /// <summary>Bits 1-0: polarity.</summary>
    public const ushort PolarityMask = 0x3;

    /// <summary>Polarity: active low. 1 is active high, 0 is what the bus has.</summary>
    public const ushort ActiveLow = 0x3;

    /// <summary>Bits 3-2: trigger mode.</summary>
    public const ushort TriggerMask = 0xc;

    /// <summary>Trigger mode: level. 4 is edge, 0 is what the bus has.</summary>
    public const ushort Level = 0xc;
}
