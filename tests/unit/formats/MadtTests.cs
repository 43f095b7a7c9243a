using System;
using System.Collections.Generic;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Formats.Tests;

public class MadtTests
{
    [Fact]
    public void Every_kind_of_entry_is_read()
    {
        byte[] table = AcpiSamples.MadtOfEverything();
        List<string> seen = [];
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Madt.Next(table, ref cursor); !entry.IsEmpty; entry = Madt.Next(table, ref cursor))
            seen.Add(Show(entry));

        Assert.Equal(AcpiStatus.Ok, Madt.Check(table));
        Assert.Equal(
            [
                "cpu 0 uid 0 True",
                "cpu 2 uid 1 False",
                "cpu 4660 uid 7 True",
                "ioapic 5 fec00000 24",
                "override 0 to 2 flags d",
                "nmi 9 flags f",
                "local nmi pin 1 flags 5 all True",
                "address",
                "local nmi pin 1 flags 7 all True",
                "127",
            ],
            seen);
        Assert.Equal((uint)table.Length, cursor);
    }

    [Fact]
    public void The_address_override_wins_over_the_header()
    {
        Assert.Equal(0x1_0000_0000ul, Madt.LocalApicAddress(AcpiSamples.MadtOfEverything()));
        Assert.Equal(0xfee0_0000ul, Madt.LocalApicAddress(AcpiSamples.Madt(AcpiSamples.LocalApic(0, 0))));
    }

    [Fact]
    public void The_flag_for_the_8259_is_read()
    {
        byte[] table = AcpiSamples.Madt(AcpiSamples.LocalApic(0, 0));

        Assert.True(Madt.HasPic(table));
        Assert.False(Madt.HasPic(Bytes.With(table, 40, 0)));
    }

    [Fact]
    public void An_nmi_pin_of_one_processor_names_it()
    {
        byte[] one = Bytes.New.U8(4, 6, 3).U16(0).U8(0).Array();

        Assert.False(Madt.LocalNmiOnAll(one));
        Assert.Equal(3u, Madt.LocalNmiUid(one));
    }

    [Fact]
    public void A_processor_with_the_broadcast_id_is_not_usable()
    {
        Assert.False(Madt.IsUsableProcessor(AcpiSamples.LocalApic(0, 0xff)));
        Assert.False(Madt.IsUsableProcessor(AcpiSamples.LocalX2Apic(0, 0xffff_ffff)));
        Assert.True(Madt.IsUsableProcessor(AcpiSamples.LocalX2Apic(0, 0xff)));
    }

    [Fact]
    public void A_table_without_a_usable_processor_is_refused()
        => Assert.Equal(AcpiStatus.Empty, Madt.Check(AcpiSamples.Madt(AcpiSamples.LocalApic(0, 0, 0), AcpiSamples.LocalApic(1, 0xff))));

    [Theory]
    [InlineData(0, AcpiStatus.EntryTooShort)]
    [InlineData(1, AcpiStatus.EntryTooShort)]
    [InlineData(7, AcpiStatus.EntryBadLength)]
    [InlineData(9, AcpiStatus.EntryTooLong)]
    [InlineData(255, AcpiStatus.EntryTooLong)]
    public void A_lying_entry_length_is_refused_and_ends_the_walk(byte length, AcpiStatus expected)
    {
        byte[] table = AcpiSamples.Madt(AcpiSamples.LocalApic(0, 0), AcpiSamples.LocalApic(1, 1));
        table = Bytes.With(table, 44 + 8 + 1, length);
        uint cursor = 0;

        Assert.Equal(expected, Madt.Check(table));
        Assert.Equal(8, Madt.Next(table, ref cursor).Length);
        Assert.True(Madt.Next(table, ref cursor).IsEmpty);
    }

    [Theory]
    [InlineData(1, 11)]
    [InlineData(2, 9)]
    [InlineData(3, 7)]
    [InlineData(4, 5)]
    [InlineData(5, 11)]
    [InlineData(9, 15)]
    [InlineData(10, 11)]
    public void An_entry_too_short_for_its_type_is_refused(byte type, byte length)
    {
        byte[] entry = new byte[length];
        entry[0] = type;
        entry[1] = length;

        Assert.Equal(AcpiStatus.EntryBadLength, Madt.Check(AcpiSamples.Madt(AcpiSamples.LocalApic(0, 0), entry)));
    }

    [Fact]
    public void A_single_byte_at_the_end_is_refused()
        => Assert.Equal(AcpiStatus.EntryTooShort, Madt.Check(AcpiSamples.Madt(AcpiSamples.LocalApic(0, 0), [0])));

    [Fact]
    public void A_table_shorter_than_its_fields_is_refused()
        => Assert.Equal(AcpiStatus.BadLength, Madt.Check(Bytes.Table("APIC", new byte[4])));

    [Fact]
    public void Hundreds_of_processors_are_walked()
    {
        byte[][] entries = new byte[600][];
        for (uint i = 0; i < entries.Length; i++)
            entries[i] = AcpiSamples.LocalX2Apic(i, i * 2);

        byte[] table = AcpiSamples.Madt(entries);
        uint cursor = 0;
        uint count = 0;
        for (ReadOnlySpan<byte> entry = Madt.Next(table, ref cursor); !entry.IsEmpty; entry = Madt.Next(table, ref cursor))
            Assert.Equal(2 * count++, Madt.ProcessorApicId(entry));

        Assert.Equal(600u, count);
    }

    private static string Show(ReadOnlySpan<byte> entry) => Madt.Type(entry) switch
    {
        MadtType.LocalApic or MadtType.LocalX2Apic
            => $"cpu {Madt.ProcessorApicId(entry)} uid {Madt.ProcessorUid(entry)} {Madt.IsUsableProcessor(entry)}",
        MadtType.IoApic => $"ioapic {Madt.IoApicId(entry)} {Madt.IoApicAddress(entry):x} {Madt.IoApicBase(entry)}",
        MadtType.InterruptSourceOverride
            => $"override {Madt.OverrideSource(entry)} to {Madt.OverrideTarget(entry)} flags {Madt.OverrideFlags(entry):x}",
        MadtType.NmiSource => $"nmi {Madt.NmiSourceTarget(entry)} flags {Madt.NmiSourceFlags(entry):x}",
        MadtType.LocalApicNmi or MadtType.LocalX2ApicNmi
            => $"local nmi pin {Madt.LocalNmiPin(entry)} flags {Madt.LocalNmiFlags(entry):x} all {Madt.LocalNmiOnAll(entry)}",
        MadtType.LocalApicAddressOverride => "address",
        MadtType other => $"{(byte)other}",
    };
}
