using System;
using System.Linq;
using System.Text;
using Kilonova.Platform;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Drivers.Tests.Platform;

/// <summary>What is found on PCI, who gets it, and in which state.</summary>
public class PlatformTests
{
    private readonly FakePci _pci = new();

    [Fact]
    public void Functions_behind_bridges_are_found_with_their_registers()
    {
        _ = _pci.Add(0, 0, 0, 0x8086, 0x29c0, 0x06_0000);
        FakeFunction bridge = _pci.Add(0, 3, 0, 0x1b36, 0x000c, 0x06_0400).Bridge(2, 3);
        FakeFunction nic = _pci.Add(2, 0, 0, 0x8086, 0x10c9, 0x02_0000).Multifunction().Bar(0, 0xfeb0_0000, 0xfffe_0000).Bar(2, 0xc001, 0xffe1);
        FakeFunction second = _pci.Add(2, 0, 1, 0x8086, 0x10c9, 0x02_0000).Bar(0, 0x0000_000c, 0xfff0_000c).Bar(1, 0x38, 0xffff_ffff);
        _ = _pci.Add(2, 0, 3, 0x1234, 0x0001, 0x00_ff00);

        PciDevice[] devices = Scan();

        Assert.Equal([0x0000, 0x0018, 0x0200, 0x0201, 0x0203], devices.Select(device => (int)device.Address.Value));
        Assert.True(devices[1].IsBridge);
        Assert.Equal((0xfeb0_0000ul, 0x2_0000ul), (devices[2].Bar(0).Address, devices[2].Bar(0).Size));
        Assert.Equal((0xc000ul, 0x20ul, true), (devices[2].Bar(2).Address, devices[2].Bar(2).Size, devices[2].Bar(2).IsIo));
        Assert.Equal((0x38_0000_0000ul, 0x10_0000ul), (devices[3].Bar(0).Address, devices[3].Bar(0).Size));
        Assert.Equal(0ul, devices[3].Bar(1).Size);
        Assert.Equal(0xfeb0_0000u, nic[0x10]);
        Assert.False(nic.DecodedWhileSized || second.DecodedWhileSized || bridge.DecodedWhileSized);
    }

    [Fact]
    public void Bridges_that_lie_about_buses_do_not_make_the_scan_endless()
    {
        _ = _pci.Add(0, 1, 0, 1, 1, 0x06_0400).Bridge(0, 0);
        _ = _pci.Add(0, 2, 0, 1, 1, 0x06_0400).Bridge(1, 255);
        _ = _pci.Add(1, 0, 0, 1, 1, 0x06_0400).Bridge(0, 255);
        _ = _pci.Add(1, 1, 0, 1, 1, 0x06_0400).Bridge(1, 255);
        for (int bus = 1; bus < 256; bus++)
        {
            _ = _pci.Add(bus, 5, 0, 1, 1, 0x06_0400).Bridge((byte)(bus + 1), 255);
            _ = _pci.Add(bus, 6, 0, 1, 2, 0x02_0000);
        }

        PciDevice[] devices = Scan();

        Assert.Equal(PciScan.MaxDevices, devices.Length);
        Assert.Equal(devices.Length, devices.Select(device => device.Address).Distinct().Count());
    }

    [Fact]
    public void Devices_beside_an_absent_function_0_do_not_exist()
    {
        _ = _pci.Add(0, 4, 1, 0x8086, 0x100e, 0x02_0000);

        Assert.Empty(Scan());
    }

    [Theory]
    [InlineData("ahci=class:0106", "ahci", true)]
    [InlineData("ahci=class:01", "ahci", true)]
    [InlineData("ahci=class:010601", "ahci", true)]
    [InlineData("ahci=class:010602", "ahci", false)]
    [InlineData("ahci=class:0107", "ahci", false)]
    [InlineData("ahci=class:0106", "nic", false)]
    [InlineData("x=class:02  ahci=class:0106 y=id:0:0", "ahci", true)]
    [InlineData("ahci=id:8086:2922", "ahci", true)]
    [InlineData("ahci=id:8086:2923", "ahci", false)]
    [InlineData("ahci=id:8086:2923,slot:00:1f.2", "ahci", true)]
    [InlineData("ahci=slot:00:1f.3", "ahci", false)]
    [InlineData("ahci=slot:001f.2", "ahci", false)]
    [InlineData("ahci=", "ahci", false)]
    [InlineData("=class:0106", "", true)]
    [InlineData("", "ahci", false)]
    public void The_manifest_says_who_gets_what(string policy, string component, bool allowed)
    {
        PciDevice device = new() { Address = new PciAddress(0, 0x1f, 2), Vendor = 0x8086, Device = 0x2922, Class = 0x01_0601 };

        Assert.Equal(allowed, DevicePolicy.Allows(Encoding.ASCII.GetBytes(policy), Encoding.ASCII.GetBytes(component), device));
    }

    [Theory]
    [InlineData("a=class:0106 b=id:8086:10d3,slot:01:02.3", "")]
    [InlineData("", "")]
    [InlineData("a=class:0106 b", "b")]
    [InlineData("a=class:010", "a=class:010")]
    [InlineData("a=class:0106,,slot:00:20.0", "a=class:0106,,slot:00:20.0")]
    [InlineData("a=id:8086:10dg", "a=id:8086:10dg")]
    [InlineData("a=slot:00:1f.8", "a=slot:00:1f.8")]
    [InlineData("=class:01", "=class:01")]
    public void A_policy_that_makes_no_sense_is_told(string policy, string wrong)
    {
        bool sound = DevicePolicy.IsWellFormed(Encoding.ASCII.GetBytes(policy), out ReadOnlySpan<byte> word);

        Assert.Equal(wrong.Length == 0, sound);
        Assert.Equal(wrong, Encoding.ASCII.GetString(word));
    }

    [Fact]
    public void No_bridge_is_given_to_anybody()
        => Assert.False(DevicePolicy.Allows("a=class:06"u8, "a"u8, new PciDevice { Class = 0x06_0400, IsBridge = true }));

    [Fact]
    public void A_reset_keeps_the_addresses_and_leaves_the_function_silent()
    {
        FakeFunction nic = _pci.Add(0, 2, 0, 0x8086, 0x10d3, 0x02_0000).Bar(0, 0xfeb0_0000, 0xfffe_0000);
        int msi = nic.Capability(0x05, 0x0080_0000, 0, 0, 0);
        _ = nic.Capability(0x10, 2u << 16, 1u << 28, 0);
        PciDevice device = Scan().Single();
        FakePci.Access access = _pci.Reader;
        PciControl.Enable(ref access, device);
        Assert.True(PciControl.TrySetMessage(ref access, device, 0xfee0_1000, 0x41));
        Assert.Equal(0x0406u, nic[4] & 0xffff);
        Assert.Equal((0xfee0_1000u, 0u, 0x41u), (nic[msi + 4], nic[msi + 8], nic[msi + 12]));
        Assert.Equal(1u, nic[msi] >> 16 & 1);

        Assert.True(PciControl.Reset(ref access, new FakeClock(new FakeTime()), device));

        Assert.Equal(1, nic.Resets);
        Assert.Equal(0xfeb0_0000u, nic[0x10]);
        Assert.Equal(0u, nic[4] & 7);
        Assert.Equal(0u, nic[msi] >> 16 & 1);
    }

    [Fact]
    public void A_function_without_own_reset_goes_through_its_power_states_or_is_only_stopped()
    {
        FakeFunction old = _pci.Add(0, 2, 0, 0x8086, 0x100e, 0x02_0000);
        _ = old.Capability(0x01, 0, 0);
        FakeFunction keeping = _pci.Add(0, 3, 0, 0x8086, 0x100e, 0x02_0000);
        _ = keeping.Capability(0x01, 0, 1 << 3);
        FakePci.Access access = _pci.Reader;
        PciDevice[] devices = Scan();
        foreach (PciDevice device in devices)
            PciControl.Enable(ref access, device);

        Assert.True(PciControl.Reset(ref access, new FakeClock(new FakeTime()), devices[0]));
        Assert.False(PciControl.Reset(ref access, new FakeClock(new FakeTime()), devices[1]));
        Assert.Equal((1, 0), (old.Resets, keeping.Resets));
        Assert.Equal(0u, (old[4] | keeping[4]) & 7);
    }

    [Fact]
    public void A_message_table_is_used_only_where_it_lies_in_the_registers()
    {
        FakeFunction nic = _pci.Add(0, 2, 0, 0x8086, 0x10c9, 0x02_0000).Bar(3, 0xfeb0_0000, 0xffff_c000);
        int capability = nic.Capability(0x11, 9u << 16, 0x3, 0x2003);
        FakeFunction wrong = _pci.Add(0, 3, 0, 0x8086, 0x10c9, 0x02_0000).Bar(3, 0xfec0_0000, 0xffff_c000);
        _ = wrong.Capability(0x11, 9u << 16, 0x3f83, 0x2003);
        FakePci.Access access = _pci.Reader;
        PciDevice[] devices = Scan();

        Assert.True(PciControl.TryFindTable(ref access, devices[0], out int bar, out uint offset, out uint entries));
        Assert.Equal((3, 0u, 10u), (bar, offset, entries));
        Assert.False(PciControl.TryFindTable(ref access, devices[1], out _, out _, out _));

        FakeRam ram = new(0, 4096);
        PciControl.SetMessage(ref access, devices[0], new FakeRegisters(new RamDevice(ram), 160), 4, 0xfee0_2000, 0x55);
        Assert.Equal((0xfee0_2000ul, 0x55u, 0u), (ram.U64(64), ram.U32(72), ram.U32(76)));
        Assert.Equal(0x8000u, nic[capability] >> 16 & 0xc000);
    }

    private PciDevice[] Scan()
    {
        FakePci.Access access = _pci.Reader;
        PciDevice?[] devices = new PciDevice?[PciScan.MaxDevices];
        int count = PciScan.Scan(ref access, devices);
        return [.. devices[..count].Select(device => device!)];
    }

    private sealed class RamDevice(FakeRam ram) : IFakeDevice
    {
        public uint Read(int offset) => ram.U32((ulong)offset);

        public void Write(int offset, uint value) => BitConverter.TryWriteBytes(ram.At((ulong)offset, 4), value);
    }
}
