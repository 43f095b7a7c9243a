using System;
using System.Collections.Generic;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Formats.Tests;

public class IvrsTests
{
    [Fact]
    public void Units_devices_and_memory_are_read()
    {
        byte[] table = AcpiSamples.IvrsOfEverything();
        List<string> seen = [];
        uint cursor = 0;
        for (ReadOnlySpan<byte> block = Ivrs.Next(table, ref cursor); !block.IsEmpty; block = Ivrs.Next(table, ref cursor))
            seen.Add(Show(block));

        Assert.Equal(AcpiStatus.Ok, Ivrs.Check(table));
        Assert.Equal(
            [
                "HardwareUnit 2 fd200000 segment 0 features 0: RangeStart 8: RangeEnd fffe: 1 0 at a0: 2 1 at a1",
                "HardwareUnitExtended 2 fd200000 segment 0 features 58f77ef22294a5ad: Select 8 80: AliasSelect 100 as a4"
                    + ": AliasRangeStart 200 as a4: RangeEnd 2ff",
                "HardwareUnitNamespace 4002 fd300000 segment 1 features 58f77ef22294a5ad: Namespace a5: All 0: Padding 0",
                "MemoryAll 0 1000 1000",
                "MemoryRange 8-10 2000 1000",
                "119",
            ],
            seen);
        Assert.Equal((uint)table.Length, cursor);
        Assert.Equal(0x0020_3040u, Ivrs.Information(table));
    }

    [Fact]
    public void Units_on_several_segments_are_read()
    {
        byte[][] units = new byte[16][];
        for (int i = 0; i < units.Length; i++)
            units[i] = AcpiSamples.Ivhd(0x11, 2, 0xf000_0000 + 0x8_0000ul * (ulong)i, (ushort)i, AcpiSamples.Device4(1, 0));

        byte[] table = AcpiSamples.Ivrs(units);
        uint cursor = 0;
        int count = 0;
        for (ReadOnlySpan<byte> block = Ivrs.Next(table, ref cursor); !block.IsEmpty; block = Ivrs.Next(table, ref cursor), count++)
            Assert.Equal(count, Ivrs.UnitSegment(block));

        Assert.Equal(AcpiStatus.Ok, Ivrs.Check(table));
        Assert.Equal(16, count);
    }

    public static TheoryData<string, byte[], AcpiStatus> BadTables => new()
    {
        { "no unit", AcpiSamples.Ivrs(), AcpiStatus.Empty },
        { "too short", Bytes.Table("IVRS", new byte[8]), AcpiStatus.BadLength },
        { "block of length 0", AcpiSamples.Ivrs([0x10, 0, 0, 0]), AcpiStatus.EntryTooShort },
        { "half a block header", AcpiSamples.Ivrs([0x10, 0]), AcpiStatus.EntryTooShort },
        { "block too long", AcpiSamples.Ivrs(Bytes.With(AcpiSamples.Ivhd(0x10, 2, 0x1000, 0), 2, 25)), AcpiStatus.EntryTooLong },
        { "unit too short", AcpiSamples.Ivrs(Bytes.With(AcpiSamples.Ivhd(0x10, 2, 0x1000, 0), 0, 0x11)), AcpiStatus.EntryBadLength },
        { "unit at 0", Unit(address: 0), AcpiStatus.BadAddress },
        { "unit misaligned", Unit(address: 0x1004), AcpiStatus.BadAddress },
        { "device cut off", Unit(devices: [66, 0, 0, 0]), AcpiStatus.EntryTooLong },
        { "named device cut off", Unit(devices: AcpiSamples.Named("x").AsSpan(0, 20).ToArray()), AcpiStatus.EntryTooShort },
        { "name cut off", Unit(devices: AcpiSamples.Named("xyz").AsSpan(0, 24).ToArray()), AcpiStatus.EntryTooLong },
        { "range without end", Unit(devices: AcpiSamples.Device4(3, 8)), AcpiStatus.BadRange },
        { "range without start", Unit(devices: AcpiSamples.Device4(4, 8)), AcpiStatus.BadRange },
        { "range backwards", Unit(devices: [.. AcpiSamples.Device4(3, 8), .. AcpiSamples.Device4(4, 7)]), AcpiStatus.BadRange },
        { "range in a range", Unit(devices: [.. AcpiSamples.Device4(3, 8), .. AcpiSamples.Device4(3, 9)]), AcpiStatus.BadRange },
        { "memory wraps around", With(AcpiSamples.Ivmd(0x21, 8, 0, ulong.MaxValue, 2)), AcpiStatus.BadRange },
        { "memory range backwards", With(AcpiSamples.Ivmd(0x22, 8, 7, 0x1000, 2)), AcpiStatus.BadRange },
        { "memory too short", With(Bytes.New.U8(0x20, 0).U16(8).U32(0).Array()), AcpiStatus.EntryBadLength },
        { "same unit twice", With(AcpiSamples.Ivhd(0x10, 3, 0xfd20_0000, 0)), AcpiStatus.Overlap },
        { "too many units", AcpiSamples.Ivrs(Many()), AcpiStatus.TooMany },
    };

    [Theory]
    [MemberData(nameof(BadTables))]
    public void A_bad_table_is_refused(string what, byte[] table, AcpiStatus expected)
        => Assert.Equal((what, expected), (what, Ivrs.Check(table)));

    [Fact]
    public void Blocks_that_are_no_unit_have_no_devices()
    {
        uint cursor = 0;

        Assert.True(Ivrs.NextDevice(AcpiSamples.Ivmd(0x20, 0, 0, 0, 0), ref cursor).IsEmpty);
    }

    private static byte[] Unit(ulong address = 0x1000, params byte[] devices)
        => AcpiSamples.Ivrs(AcpiSamples.Ivhd(0x10, 2, address, 0, devices));

    private static byte[] With(byte[] block) => AcpiSamples.Ivrs(AcpiSamples.Ivhd(0x10, 2, 0xfd20_0000, 0), block);

    private static byte[][] Many()
    {
        byte[][] units = new byte[Ivrs.MaxUnits + 1][];
        for (int i = 0; i < units.Length; i++)
            units[i] = AcpiSamples.Ivhd(0x10, 2, 0x1000ul * (ulong)(i + 1), 0);

        return units;
    }

    private static string Show(ReadOnlySpan<byte> block)
    {
        if (Ivrs.IsMemory(block))
        {
            string last = Ivrs.Type(block) == IvrsType.MemoryRange ? $"-{Ivrs.MemoryLastDevice(block):x}" : "";
            return $"{Ivrs.Type(block)} {Ivrs.DeviceId(block):x}{last} {Ivrs.MemoryStart(block):x} {Ivrs.MemoryLength(block):x}";
        }

        if (!Ivrs.IsUnit(block))
            return $"{Ivrs.Type(block)}";

        string text = $"{Ivrs.Type(block)} {Ivrs.DeviceId(block):x} {Ivrs.UnitAddress(block):x} segment {Ivrs.UnitSegment(block)}"
            + $" features {Ivrs.UnitExtendedFeatures(block):x}";
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Ivrs.NextDevice(block, ref cursor); !entry.IsEmpty; entry = Ivrs.NextDevice(block, ref cursor))
            text += ": " + ShowDevice(entry);

        return text;
    }

    private static string ShowDevice(ReadOnlySpan<byte> entry) => Ivrs.DeviceType(entry) switch
    {
        IvrsDeviceType.Special => $"{Ivrs.SpecialVariety(entry)} {Ivrs.SpecialHandle(entry)} at {Ivrs.DeviceOf(entry):x}",
        IvrsDeviceType.AliasSelect or IvrsDeviceType.AliasRangeStart
            => $"{Ivrs.DeviceType(entry)} {Ivrs.DeviceOf(entry):x} as {Ivrs.DeviceAlias(entry):x}",
        IvrsDeviceType.Select => $"Select {Ivrs.DeviceOf(entry):x} {Ivrs.DeviceSettings(entry):x}",
        IvrsDeviceType other => $"{other} {Ivrs.DeviceOf(entry):x}",
    };
}
