using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class FirmwareTests
{
    private const int Megabyte = 1 << 20;
    private const int DirectoryEntry = 64;

    private readonly GuestMemory _memory = new();
    private readonly CpuState _cpu = new();
    private readonly PortBus _ports = new(new HostLock());

    public FirmwareTests() => Assert.True(_memory.Add(0, new ArrayBacking(new byte[2 * Megabyte])));

    [Fact]
    public void A_processor_begins_sixteen_bytes_before_the_firmwares_end()
    {
        byte[] firmware = new byte[0x2_0000];
        firmware[0] = 0x11;
        firmware[^16] = 0xea;
        Assert.Equal(LoadStatus.Ok, FirmwareLoader.Load(_memory, _cpu, firmware));
        Segment code = _cpu.Segments[(int)SegmentRegister.Cs];
        Assert.True(_memory.TryLoad(code.Base + _cpu.Rip, 1, out ulong first));
        Assert.Equal(0xeaul, first);
        Assert.True(_memory.TryLoad(0xe_0000, 1, out first));
        Assert.Equal(0x11ul, first);
        Assert.Equal(16, _cpu.Bitness);
        Assert.Equal(0xf000, code.Selector);
        Assert.True(_cpu.IsRealOrVirtual8086);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x800)]
    [InlineData(0x2_1000)]
    public void What_is_no_firmware_is_refused(int length) =>
        Assert.Equal(LoadStatus.BadImage, FirmwareLoader.Load(_memory, _cpu, new byte[length]));

    [Fact]
    public void Firmware_is_told_of_memory_and_of_the_tables_behind_it()
    {
        byte[] tables = new byte[100];
        "RSD PTR "u8.CopyTo(tables);
        var device = new FirmwareConfiguration(_memory, 0x20_0000, 1, new HostLock());
        Assert.True(device.Map(_ports));
        Assert.True(FirmwareItems.AddMachine(device, 0x1f_0000, tables, 0x1_0000));
        Dictionary<string, byte[]> items = Items();

        byte[] map = items["etc/e820"];
        Assert.Equal(40, map.Length);
        Assert.Equal((0ul, 0x1f_0000ul, 1u), Range(map, 0));
        Assert.Equal((0x1f_0000ul, 0x1_0000ul, 2u), Range(map, 20));
        Assert.Equal(tables[..36], items["etc/acpi/rsdp"]);

        // One command: allocate, this file, on a boundary of 16 bytes, below 1 MiB.
        byte[] loader = items["etc/table-loader"];
        Assert.Equal(128, loader.Length);
        Assert.Equal(1u, BitConverter.ToUInt32(loader, 0));
        Assert.Equal("etc/acpi/rsdp", Encoding.ASCII.GetString(loader, 4, 56).TrimEnd('\0'));
        Assert.Equal(16u, BitConverter.ToUInt32(loader, 60));
        Assert.Equal(2, loader[64]);
    }

    [Fact]
    public void Firmware_is_told_of_its_console()
    {
        var device = new FirmwareConfiguration(_memory, 0x20_0000, 1, new HostLock());
        Assert.True(device.Map(_ports));
        Assert.True(FirmwareItems.AddConsole(device, 0x3f8));
        Dictionary<string, byte[]> items = Items();
        Assert.Equal([0xf8, 0x03], items["etc/sercon-port"]);
        Assert.Equal([0], items["etc/show-boot-menu"]);
    }

    private static (ulong Address, ulong Length, uint Type) Range(byte[] map, int at) =>
        (BitConverter.ToUInt64(map, at), BitConverter.ToUInt64(map, at + 8), BitConverter.ToUInt32(map, at + 16));

    // All that have names.
    private Dictionary<string, byte[]> Items()
    {
        var items = new Dictionary<string, byte[]>();
        int count = Item(0x19, 4)[3];
        byte[] directory = Item(0x19, 4 + (count * DirectoryEntry));
        for (int i = 0; i < count; i++)
        {
            byte[] entry = directory[(4 + (i * DirectoryEntry))..];
            int length = (entry[2] << 8) | entry[3];
            var key = (ushort)((entry[4] << 8) | entry[5]);
            items[Encoding.ASCII.GetString(entry, 8, 56).TrimEnd('\0')] = Item(key, length);
        }

        return items;
    }

    private byte[] Item(ushort key, int length)
    {
        _ports.Write(FirmwareConfiguration.SelectorPort, 2, key);
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)_ports.Read(FirmwareConfiguration.SelectorPort + 1, 1);
        return bytes;
    }
}
