using System.Collections.Generic;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class PciTests : IMessageSink
{
    private readonly PortBus _ports = new(new HostLock());
    private readonly MmioBus _mmio = new(new HostLock());
    private readonly LineRecorder _lines = new();
    private readonly List<(ulong Address, uint Data)> _messages = [];
    private readonly PciHost _host;
    private readonly Function _function = new();

    public PciTests()
    {
        _host = new PciHost(_ports, _mmio, this, _lines, new HostLock());
        Assert.True(_host.Map(_ports, _mmio));
        Assert.True(_host.Plug(new PciAddress(0, 0), new HostBridgeFunction(PciHost.DefaultConfigurationAddress, new HostLock())));
        Assert.True(_host.Plug(new PciAddress(3, 0), _function));
    }

    void IMessageSink.Send(ulong address, uint data) => _messages.Add((address, data));

    private sealed class Function : PciFunction
    {
        public Function()
            : base(0x1234, 0x5678, 0x02_0000, 1, new HostLock())
        {
            DeclareMemory(0, 0x1000, Registers);
            DeclarePorts(1, 0x20, Registers);
            DeclareMemory(2, 0x10_0000, Registers, is64Bit: true, prefetchable: true);
            UseInterruptPin(11);
            Capability = AddCapability(PciRegister.MessageSignalledInterrupts, 10);
            Define(Capability + 2, 0, 1);
        }

        public RecordingDevice Registers { get; } = new();

        public int Capability { get; }

        public void Interrupt(bool asserted) => SetInterrupt(asserted);
    }

    private uint Read(int device, int offset, int size = 4)
    {
        _ports.Write(0xcf8, 4, 0x8000_0000u | (uint)(device << 11) | (uint)(offset & ~3));
        return _ports.Read((ushort)(0xcfc + (offset & 3)), size);
    }

    private void Write(int device, int offset, uint value, int size = 4)
    {
        _ports.Write(0xcf8, 4, 0x8000_0000u | (uint)(device << 11) | (uint)(offset & ~3));
        _ports.Write((ushort)(0xcfc + (offset & 3)), size, value);
    }

    [Fact]
    public void The_host_bridge_says_that_memory_lies_below_a_megabyte_and_tells_firmware_where_it_is()
    {
        // SeaBIOS copies nothing where bit 4 of PAM0 is set, and looks for fw_cfg where this subsystem is.
        Assert.Equal(0x30u, Read(0, 0x90, 1) & 0x30);
        Write(0, 0x94, 0x11, 1);
        Assert.Equal(0x11u, Read(0, 0x94, 1));
        Assert.Equal(0u, Read(0, PciRegister.SubsystemVendorId));

        var host = new PciHost(new PortBus(new HostLock()), new MmioBus(new HostLock()), this, new LineRecorder(), new HostLock());
        Assert.True(host.Plug(new PciAddress(0, 0), new HostBridgeFunction(0xb000_0000, new HostLock(), hasFirmware: true)));
        Assert.Equal(0x1100_1af4ul, host.ReadMmio(PciRegister.SubsystemVendorId, 4));
        Assert.Equal(0xb000_0005ul, host.ReadMmio(0x60, 4));
    }

    [Fact]
    public void Functions_are_found_by_ports_and_by_memory()
    {
        Assert.Equal(0x29c0_8086u, Read(0, 0));
        Assert.Equal(0x5678_1234u, Read(3, 0));
        Assert.Equal(0x5678u, Read(3, 2, 2));
        Assert.Equal(uint.MaxValue, Read(4, 0));
        Assert.Equal(0x5678_1234ul, _mmio.Read(PciHost.DefaultConfigurationAddress + 0x1_8000, 4));
        Assert.Equal(0xffff_fffful, _mmio.Read(PciHost.DefaultConfigurationAddress + 0x2_0000, 4));
        _ports.Write(0xcf8, 4, 0);
        Assert.Equal(uint.MaxValue, _ports.Read(0xcfc, 4));
        _ports.Write(0xcf8, 4, 0x8001_1800);
        Assert.Equal(uint.MaxValue, _ports.Read(0xcfc, 4));
    }

    [Fact]
    public void Identity_is_read_only_and_command_keeps_its_bits()
    {
        Write(3, 0, 0);
        Assert.Equal(0x5678_1234u, Read(3, 0));
        Write(3, 4, 0xffff, 2);
        Assert.Equal(0x0407u, Read(3, 4, 2));
        Assert.True(_function.IsBusMaster);
        Assert.Equal(0x02u, Read(3, 0xb, 1));
    }

    [Fact]
    public void Base_addresses_tell_their_size_and_move_the_device()
    {
        Write(3, 0x10, 0xffff_ffff);
        Assert.Equal(0xffff_f000u, Read(3, 0x10));
        Write(3, 0x14, 0xffff_ffff);
        Assert.Equal(0xffff_ffe1u, Read(3, 0x14));
        Write(3, 0x18, 0xffff_ffff);
        Write(3, 0x1c, 0xffff_ffff);
        Assert.Equal(0xfff0_000cu, Read(3, 0x18));
        Assert.Equal(0xffff_ffffu, Read(3, 0x1c));
        Write(3, 0x10, 0xd000_0000);
        Write(3, 0x14, 0xc000);
        Write(3, 0x18, 0);
        Write(3, 0x1c, 1);
        Assert.False(_mmio.IsMapped(0xd000_0000));
        Write(3, 4, 3, 2);
        Assert.True(_mmio.IsMapped(0xd000_0fff));
        Assert.True(_mmio.IsMapped(0x1_0000_0000));
        _ports.Write(0xc010, 1, 5);
        Assert.Equal(["w1 c010 5"], _function.Registers.Log);
        Write(3, 0x10, 0xd010_0000);
        Assert.False(_mmio.IsMapped(0xd000_0000));
        Assert.True(_mmio.IsMapped(0xd010_0000));
        Write(3, 4, 0, 2);
        Assert.False(_mmio.IsMapped(0xd010_0000));
        Assert.Equal(0xffu, _ports.Read(0xc010, 1));
    }

    [Fact]
    public void The_reset_register_lies_inside_the_address_register()
    {
        var reset = new RecordingDevice();
        _host.ResetPort = reset;
        _ports.Write(0xcf9, 1, 6);
        Assert.Equal(["w1 cf9 6"], reset.Log);
        Assert.Equal(6u, _ports.Read(0xcf9, 1));
        Assert.Equal(0x5678_1234u, Read(3, 0));
        Assert.Equal(0x8000_1800u, _ports.Read(0xcf8, 4));
    }

    [Fact]
    public void Pins_turn_with_the_device_and_can_be_switched_off()
    {
        _function.Interrupt(true);
        Assert.True(_lines.Level[InterruptRouter.FirstPci + 3]);
        Assert.Equal(8u, Read(3, 6, 1) & 8);
        Write(3, 4, 0x400, 2);
        Assert.False(_lines.Level[InterruptRouter.FirstPci + 3]);
        Write(3, 4, 0, 2);
        Assert.True(_lines.Level[InterruptRouter.FirstPci + 3]);
        _host.Reset();
        Assert.False(_lines.Level[InterruptRouter.FirstPci + 3]);
    }

    [Fact]
    public void Capabilities_are_linked()
    {
        Assert.Equal(0x10u, Read(3, 6, 1) & 0x10);
        Assert.Equal((uint)_function.Capability, Read(3, 0x34, 1));
        Assert.Equal(5u, Read(3, _function.Capability, 2));
        Write(3, _function.Capability + 2, 0xffff, 2);
        Assert.Equal(1u, Read(3, _function.Capability + 2, 2));
    }

    [Fact]
    public void Slots_are_taken_once_and_function_zero_comes_first()
    {
        Assert.False(_host.Plug(new PciAddress(3, 0), new Function()));
        Assert.False(_host.Plug(new PciAddress(5, 1), new Function()));
        Assert.True(_host.Plug(new PciAddress(3, 1), new Function()));
        Assert.Equal(0x80u, Read(3, 0xe, 1));
    }

    [Fact]
    public void Masked_messages_wait_and_are_sent_once()
    {
        var table = new MessageTable(4, 0x800, this, new HostLock());
        table.SetControl(1 << 15);
        table.WriteMmio(0x10, 4, 0xfee0_1003);
        table.WriteMmio(0x18, 4, 0x41);
        table.Signal(1);
        Assert.Empty(_messages);
        Assert.Equal(2ul, table.ReadMmio(0x800, 4));
        table.WriteMmio(0x1c, 4, 0);
        Assert.Equal([(0xfee0_1000ul, 0x41u)], _messages);
        Assert.Equal(0ul, table.ReadMmio(0x800, 8));
        table.SetControl((1 << 15) | (1 << 14));
        table.Signal(1);
        table.Signal(1);
        Assert.Single(_messages);
        table.SetControl(1 << 15);
        Assert.Equal(2, _messages.Count);
        table.SetControl(0);
        table.Signal(1);
        table.Signal(4);
        Assert.Equal(2, _messages.Count);
        Assert.Equal(0ul, table.ReadMmio(0xff8, 8));
    }

    [Fact]
    public void The_router_shows_pci_pins_to_both_controllers()
    {
        var pic = new LineRecorder();
        var ioApic = new LineRecorder();
        var router = new InterruptRouter(pic, ioApic, new HostLock());
        router.SetLine(0, true);
        Assert.True(pic.Level[0] && ioApic.Level[2]);
        router.SetLine(16, true);
        router.SetLine(18, true);
        router.SetLine(16, false);
        Assert.True(pic.Level[10] && ioApic.Level[18] && !ioApic.Level[16]);
        router.SetLine(18, false);
        Assert.False(pic.Level[10]);
        router.SetLine(17, true);
        Assert.True(pic.Level[InterruptRouter.IsaInterrupt(1)]);
    }
}
