using System;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Formats.Tests;

/// <summary>FADT, HPET, MCFG and SPCR.</summary>
public class FixedTableTests
{
    [Fact]
    public void The_fadt_of_acpi_1_is_read()
    {
        byte[] table = AcpiSamples.Fadt1();

        Assert.Equal(116, table.Length);
        Assert.Equal(AcpiStatus.Ok, Fadt.Check(table));
        Assert.Equal(9, Fadt.SciInterrupt(table));
        Assert.Equal((0xb2, 0xa1), (Fadt.SmiCommandPort(table), Fadt.AcpiEnable(table)));
        Assert.Equal((0xb000, 0), (Fadt.Pm1aEventPort(table), Fadt.Pm1bEventPort(table)));
        Assert.Equal((0xb004, 0xb104), (Fadt.Pm1aControlPort(table), Fadt.Pm1bControlPort(table)));
        Assert.Equal((0xb00c, 0xb008), (Fadt.Pm2ControlPort(table), Fadt.PmTimerPort(table)));
        Assert.Equal((4, 2, 1), (Fadt.Pm1EventLength(table), Fadt.Pm1ControlLength(table), Fadt.Pm2ControlLength(table)));
        Assert.Equal((0x1000ul, 0x2000ul), (Fadt.Facs(table), Fadt.Dsdt(table)));
        Assert.True(Fadt.IsPmTimer32(table));
        Assert.False(Fadt.CanReset(table));
        Assert.False(Fadt.IsHardwareReduced(table));
    }

    [Fact]
    public void Extended_fields_win_where_the_table_has_them()
    {
        byte[] table = AcpiSamples.Fadt6();

        Assert.Equal(AcpiStatus.Ok, Fadt.Check(table));
        Assert.Equal(0x604, Fadt.Pm1aControlPort(table));
        Assert.Equal(0xb104, Fadt.Pm1bControlPort(table));
        Assert.Equal((0x11_0000_0000ul, 0x12_0000_0000ul), (Fadt.Facs(table), Fadt.Dsdt(table)));
        Assert.True(Fadt.CanReset(table));
        Assert.Equal(
            (AcpiAddressSpace.Port, 0xcf9ul, (byte)6), (Fadt.ResetSpace(table), Fadt.ResetAddress(table), Fadt.ResetValue(table)));
    }

    [Fact]
    public void An_extended_field_that_is_no_port_is_passed_over()
    {
        Assert.Equal(0xb004, Fadt.Pm1aControlPort(AcpiSamples.Fadt6(0x1_0000)));
        Assert.Equal(0xb004, Fadt.Pm1aControlPort(Bytes.With(AcpiSamples.Fadt6(), 172, 0)));
    }

    [Fact]
    public void A_reset_register_outside_of_the_table_does_not_exist()
    {
        byte[] table = Bytes.With(AcpiSamples.Fadt1(), 112, Bytes.Le(1 << 10, 4));

        Assert.False(Fadt.CanReset(table));
    }

    [Theory]
    [InlineData(48)]
    [InlineData(56)]
    [InlineData(64)]
    [InlineData(72)]
    [InlineData(76)]
    public void A_register_that_is_no_port_is_refused(int offset)
        => Assert.Equal(AcpiStatus.BadAddress, Fadt.Check(Bytes.With(AcpiSamples.Fadt1(), offset, Bytes.Le(0x1_0000, 4))));

    [Fact]
    public void A_machine_without_fixed_registers_needs_none()
    {
        byte[] table = Bytes.With(AcpiSamples.Fadt6(), 112, Bytes.Le(1 << 20, 4));
        table = Bytes.With(table, 56, Bytes.Le(0xffff_ffff, 4));

        Assert.True(Fadt.IsHardwareReduced(table));
        Assert.Equal(AcpiStatus.Ok, Fadt.Check(table));
        Assert.Equal(0, Fadt.Pm1aEventPort(table));
    }

    [Fact]
    public void A_fadt_shorter_than_acpi_1_is_refused()
        => Assert.Equal(AcpiStatus.BadLength, Fadt.Check(AcpiSamples.Fadt1().AsSpan(0, 115)));

    [Fact]
    public void The_hpet_is_read()
    {
        byte[] table = AcpiSamples.Hpet();

        Assert.Equal(AcpiStatus.Ok, Hpet.Check(table));
        Assert.Equal((0xfed0_0000ul, 0x8086_a201u, (ushort)100), (Hpet.Address(table), Hpet.BlockId(table), Hpet.MinimumTick(table)));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(0xfed0_0004ul)]
    public void An_hpet_at_a_bad_address_is_refused(ulong address)
        => Assert.Equal(AcpiStatus.BadAddress, Hpet.Check(AcpiSamples.Hpet(address)));

    [Fact]
    public void An_hpet_in_port_space_or_cut_off_is_refused()
    {
        Assert.Equal(AcpiStatus.BadAddress, Hpet.Check(Bytes.With(AcpiSamples.Hpet(), 40, 1)));
        Assert.Equal(AcpiStatus.BadLength, Hpet.Check(AcpiSamples.Hpet().AsSpan(0, 55)));
    }

    [Fact]
    public void Several_pci_segments_are_read()
    {
        byte[] table = AcpiSamples.Mcfg(
            AcpiSamples.McfgEntry(0xb000_0000, 0, 0, 0x7f),
            AcpiSamples.McfgEntry(0xb000_0000, 0, 0x80, 0xff),
            AcpiSamples.McfgEntry(0x10_0000_0000, 3, 0, 0xff));

        Assert.Equal(AcpiStatus.Ok, Mcfg.Check(table));
        Assert.Equal(3u, Mcfg.Count(table));
        Assert.Equal((0x10_0000_0000ul, (ushort)3), (Mcfg.Address(table, 2), Mcfg.Segment(table, 2)));
        Assert.Equal((0x80, 0xff), (Mcfg.FirstBus(table, 1), Mcfg.LastBus(table, 1)));
        Assert.Equal(0ul, Mcfg.Address(table, 3));
        Assert.Equal(0ul, Mcfg.Address(table, uint.MaxValue));
    }

    [Theory]
    [InlineData(0xb000_0000ul, 0, 0x40, 0x90, AcpiStatus.Overlap)]
    [InlineData(0xb000_0000ul, 0, 0x90, 0x80, AcpiStatus.BadRange)]
    [InlineData(0ul, 0, 0x80, 0xff, AcpiStatus.BadAddress)]
    [InlineData(0xb000_1000ul, 0, 0x80, 0xff, AcpiStatus.BadAddress)]
    [InlineData(0xb000_0000ul, 1, 0x40, 0x90, AcpiStatus.Ok)]
    public void Bus_ranges_are_checked(ulong address, ushort segment, byte first, byte last, AcpiStatus expected)
        => Assert.Equal(expected, Mcfg.Check(AcpiSamples.Mcfg(
            AcpiSamples.McfgEntry(0xb000_0000, 0, 0, 0x7f), AcpiSamples.McfgEntry(address, segment, first, last))));

    [Theory]
    [InlineData(0, 1, 0x3f8ul, 0x3f8)]
    [InlineData(1, 1, 0x2f8ul, 0x2f8)]
    [InlineData(3, 1, 0x3f8ul, 0)]
    [InlineData(0, 0, 0x3f8ul, 0)]
    [InlineData(0, 1, 0ul, 0)]
    [InlineData(0, 1, 0xfff9ul, 0)]
    [InlineData(0, 1, 0x1_0000_03f8ul, 0)]
    public void A_serial_console_is_taken_when_it_is_a_16550_at_a_port(byte type, byte space, ulong address, ushort expected)
    {
        byte[] table = Bytes.Table("SPCR", Bytes.New.U8(type, 0, 0, 0).U8(space, 8, 0, 1).U64(address).To(44).Array(), 2);

        Assert.Equal(Spcr.Signature, AcpiTable.Signature(table));
        Assert.Equal(expected, Spcr.SerialPort(table));
        Assert.Equal(0, Spcr.SerialPort(table.AsSpan(0, 51)));
    }

    [Fact]
    public void Half_an_entry_and_thousands_of_entries_are_refused()
    {
        byte[][] many = new byte[Mcfg.MaxCount + 1][];
        for (int i = 0; i < many.Length; i++)
            many[i] = AcpiSamples.McfgEntry(0xb000_0000, (ushort)i, 0, 0xff);

        Assert.Equal(AcpiStatus.TooMany, Mcfg.Check(AcpiSamples.Mcfg(many)));
        Assert.Equal(AcpiStatus.Ok, Mcfg.Check(AcpiSamples.Mcfg(many[..(int)Mcfg.MaxCount])));
        Assert.Equal(AcpiStatus.BadLength, Mcfg.Check(AcpiSamples.Mcfg(new byte[8])));
    }
}
