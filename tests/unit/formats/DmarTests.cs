using System;
using System.Collections.Generic;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Formats.Tests;

public class DmarTests
{
    private static readonly byte[] s_unit = AcpiSamples.Drhd(0xfed9_0000, 0, true);

    [Fact]
    public void Units_segments_and_scopes_are_read()
    {
        byte[] table = AcpiSamples.DmarOfEverything();
        List<string> seen = [];
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Dmar.Next(table, ref cursor); !entry.IsEmpty; entry = Dmar.Next(table, ref cursor))
            seen.Add(Show(entry));

        Assert.Equal(AcpiStatus.Ok, Dmar.Check(table));
        Assert.Equal(
            [
                "unit fed90000 segment 0 all False: PciEndpoint 0 bus 0 2.0",
                "unit fed91000 segment 0 all True: IoApic 2 bus 240 31.0: Hpet 0 bus 0 31.0",
                "unit fed92000 segment 1 all True: PciSubHierarchy 0 bus 3 1.0 0.5",
                "reserved 7c000000-7c0fffff segment 0: PciEndpoint 0 bus 0 20.0",
                "RootPortAts: PciSubHierarchy 0 bus 0 1.0",
                "HardwareAffinity",
                "NamespaceDevice",
                "IntegratedAtc: PciEndpoint 0 bus 0 3.0",
                "9",
            ],
            seen);
        Assert.Equal((uint)table.Length, cursor);
    }

    [Fact]
    public void Fields_of_the_header_are_read()
    {
        byte[] table = AcpiSamples.DmarOfEverything();

        Assert.Equal(39u, Dmar.AddressWidth(table));
        Assert.True(Dmar.CanRemapInterrupts(table));
        Assert.True(Dmar.OptsOutOfX2Apic(table));
        Assert.False(Dmar.CanRemapInterrupts(Bytes.With(table, 37, 2)));
    }

    [Fact]
    public void The_size_of_a_register_set_is_a_power_of_two_of_pages()
    {
        Assert.Equal(4096ul, Dmar.UnitSize(s_unit));
        Assert.Equal(32768ul, Dmar.UnitSize(Bytes.With(s_unit, 5, 3)));
    }

    [Fact]
    public void Sixty_units_on_four_segments_are_read()
    {
        byte[][] units = new byte[60][];
        for (int i = 0; i < units.Length; i++)
            units[i] = AcpiSamples.Drhd(0xc000_0000 + 0x1000ul * (ulong)i, (ushort)(i % 4), i >= 56, Scope((byte)i));

        byte[] table = AcpiSamples.Dmar(units);
        uint cursor = 0;
        int count = 0;
        for (ReadOnlySpan<byte> entry = Dmar.Next(table, ref cursor); !entry.IsEmpty; entry = Dmar.Next(table, ref cursor), count++)
            Assert.Equal(count % 4, Dmar.Segment(entry));

        Assert.Equal(AcpiStatus.Ok, Dmar.Check(table));
        Assert.Equal(60, count);
    }

    public static TheoryData<string, byte[], AcpiStatus> BadTables => new()
    {
        { "no unit", AcpiSamples.Dmar(AcpiSamples.Rmrr(0x1000, 0x1fff, 0)), AcpiStatus.Empty },
        { "too short", Bytes.Table("DMAR", new byte[8]), AcpiStatus.BadLength },
        { "entry of length 0", AcpiSamples.Dmar(s_unit, [0, 0, 0, 0]), AcpiStatus.EntryTooShort },
        { "entry of length 3", AcpiSamples.Dmar(s_unit, [0, 0, 3, 0]), AcpiStatus.EntryTooShort },
        { "half a header", AcpiSamples.Dmar(s_unit, [0, 0]), AcpiStatus.EntryTooShort },
        { "entry too long", AcpiSamples.Dmar(Bytes.With(s_unit, 2, 17)), AcpiStatus.EntryTooLong },
        { "unit too short", AcpiSamples.Dmar(Bytes.With(s_unit.AsSpan(0, 12).ToArray(), 2, 12)), AcpiStatus.EntryBadLength },
        { "unit at 0", AcpiSamples.Dmar(AcpiSamples.Drhd(0, 0, true)), AcpiStatus.BadAddress },
        { "unit misaligned", AcpiSamples.Dmar(AcpiSamples.Drhd(0xfed9_0010, 0, true)), AcpiStatus.BadAddress },
        { "same unit twice", AcpiSamples.Dmar(s_unit, AcpiSamples.Drhd(0xfed9_0000, 1, true)), AcpiStatus.Overlap },
        { "two units for the rest", AcpiSamples.Dmar(s_unit, AcpiSamples.Drhd(0xfed9_1000, 0, true)), AcpiStatus.Overlap },
        { "reserved memory backwards", AcpiSamples.Dmar(s_unit, AcpiSamples.Rmrr(0x3000, 0x2fff, 0)), AcpiStatus.BadRange },
        { "reserved memory misaligned", AcpiSamples.Dmar(s_unit, AcpiSamples.Rmrr(0x3001, 0x4fff, 0)), AcpiStatus.BadAddress },
        { "reserved memory of half a page", AcpiSamples.Dmar(s_unit, AcpiSamples.Rmrr(0x3000, 0x37ff, 0)), AcpiStatus.BadAddress },
        { "scope of length 0", AcpiSamples.Dmar(AcpiSamples.Drhd(0x1000, 0, true, [1, 0])), AcpiStatus.EntryTooShort },
        { "scope without path", AcpiSamples.Dmar(AcpiSamples.Drhd(0x1000, 0, true, [1, 6, 0, 0, 0, 0])), AcpiStatus.EntryBadLength },
        { "odd scope", AcpiSamples.Dmar(AcpiSamples.Drhd(0x1000, 0, true, [1, 9, 0, 0, 0, 0, 0, 0, 0])), AcpiStatus.EntryBadLength },
        { "scope too long", AcpiSamples.Dmar(AcpiSamples.Drhd(0x1000, 0, true, [1, 10, 0, 0, 0, 0, 0, 0])), AcpiStatus.EntryTooLong },
        { "half a scope header", AcpiSamples.Dmar(AcpiSamples.Drhd(0x1000, 0, true, [1])), AcpiStatus.EntryTooShort },
        { "too many units", AcpiSamples.Dmar(Many()), AcpiStatus.TooMany },
    };

    [Theory]
    [MemberData(nameof(BadTables))]
    public void A_bad_table_is_refused(string what, byte[] table, AcpiStatus expected)
        => Assert.Equal((what, expected), (what, Dmar.Check(table)));

    [Fact]
    public void Structures_without_scopes_have_none()
    {
        uint cursor = 0;

        Assert.True(Dmar.NextScope(AcpiSamples.DmarEntry(3, Bytes.New.U32(0).U64(0x1000).U32(0)), ref cursor).IsEmpty);
    }

    [Fact]
    public void A_step_behind_the_path_reads_as_0()
    {
        byte[] scope = AcpiSamples.Scope(1, 0, 0, 5, 6);

        Assert.Equal((5, 6), (Dmar.ScopeDevice(scope, 0), Dmar.ScopeFunction(scope, 0)));
        Assert.Equal((0, 0), (Dmar.ScopeDevice(scope, 1), Dmar.ScopeFunction(scope, 1)));
    }

    private static byte[] Scope(byte bus) => AcpiSamples.Scope(1, 0, bus, 0, 0);

    private static byte[][] Many()
    {
        byte[][] units = new byte[Dmar.MaxUnits + 1][];
        for (int i = 0; i < units.Length; i++)
            units[i] = AcpiSamples.Drhd(0x1000ul * (ulong)(i + 1), 0, false);

        return units;
    }

    private static string Show(ReadOnlySpan<byte> entry)
    {
        string text = Dmar.Type(entry) switch
        {
            DmarType.HardwareUnit => $"unit {Dmar.UnitAddress(entry):x} segment {Dmar.Segment(entry)} all {Dmar.UnitIncludesAll(entry)}",
            DmarType.ReservedMemory => $"reserved {Dmar.ReservedBase(entry):x}-{Dmar.ReservedLimit(entry):x} segment {Dmar.Segment(entry)}",
            DmarType other => $"{other}",
        };
        uint cursor = 0;
        for (ReadOnlySpan<byte> scope = Dmar.NextScope(entry, ref cursor); !scope.IsEmpty; scope = Dmar.NextScope(entry, ref cursor))
        {
            text += $": {Dmar.ScopeType(scope)} {Dmar.ScopeId(scope)} bus {Dmar.ScopeBus(scope)}";
            for (uint i = 0; i < Dmar.ScopeSteps(scope); i++)
                text += $" {Dmar.ScopeDevice(scope, i)}.{Dmar.ScopeFunction(scope, i)}";
        }

        return text;
    }
}
