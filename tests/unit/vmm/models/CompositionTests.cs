using System.Text;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The machine of docs/vmm/README.md, put together and used from the processor's side.</summary>
public sealed class CompositionTests : IKick, ISerialSink
{
    private readonly StringBuilder _console = new();
    private readonly FakeClock _clock = new();
    private readonly GuestMemory _memory = new();
    private readonly PortBus _ports = new(new HostLock());
    private readonly MmioBus _mmio = new(new HostLock());
    private readonly VirtualCpu _cpu;
    private readonly Emulator _emulator;
    private int _kicks;

    public CompositionTests()
    {
        Assert.True(_memory.Add(0, new ArrayBacking(new byte[0x10_0000])));
        var apics = new ApicBus();
        var ioApic = new IoApic(apics, new HostLock());
        apics.Attach(ioApic);
        var timestamp = new TimestampCounter(_clock, new Frequency(2_000_000_000));
        var boot = new LocalApic(0, apics, _clock.Queue(), timestamp, this, isBootstrap: true);
        var pic = new Pic8259Pair(new InterruptLine(new LocalInterruptSink(boot), 0), new HostLock());
        var router = new InterruptRouter(pic, ioApic, new HostLock());
        var serial = new Uart16550(0x3f8, router.Connect(4), this, new HostLock());
        var pit = new Pit8254(_clock.Queue(), router.Connect(0), new HostLock());
        Assert.True(ioApic.Map(_mmio) && pic.Map(_ports) && serial.Map(_ports) && pit.Map(_ports));
        _cpu = new VirtualCpu(boot, pic);
        _emulator = new Emulator(_memory, _mmio, _ports, new PageWalker(_memory))
        {
            LocalDevice = boot,
            LocalDeviceBase = boot.Address,
        };
        _cpu.State.StartUp(0);
        _cpu.State.Segments[(int)SegmentRegister.Ds].Limit = uint.MaxValue;
    }

    void IKick.Kick() => _kicks++;

    void ISerialSink.Transmit(byte value) => _console.Append((char)value);

    private void Execute(params byte[] instruction)
    {
        Assert.True(_memory.Write(_cpu.State.Rip, instruction));
        Assert.Equal(EmulationStatus.Done, _emulator.Execute(_cpu.State, default));
    }

    [Fact]
    public void A_string_instruction_writes_to_the_console()
    {
        Assert.True(_memory.Write(0x5000, "Linux version"u8));
        _cpu.State.Gpr[6] = 0x5000;
        _cpu.State.Gpr[2] = 0x3f8;
        _cpu.State.Gpr[1] = 13;
        Execute(0xf3, 0x6e);
        Assert.Equal("Linux version", _console.ToString());
    }

    [Fact]
    public void The_timer_wakes_a_halted_processor_through_both_interrupt_controllers()
    {
        // The I/O APIC's input 2 sends vector 0x30 to APIC 0.
        _cpu.State.Gpr[3] = (uint)IoApic.Address;
        Execute(0x67, 0x66, 0xc7, 0x03, 0x14, 0, 0, 0);
        Execute(0x67, 0x66, 0xc7, 0x43, 0x10, 0x30, 0, 0, 0);
        // Its local APIC is switched on: mov dword [0xfee000f0], 0x1ff.
        _cpu.State.Gpr[3] = 0xfee0_00f0;
        Execute(0x67, 0x66, 0xc7, 0x03, 0xff, 0x01, 0, 0);
        _ports.Write(0x43, 1, 0x34);
        _ports.Write(0x40, 1, 0xa9);
        _ports.Write(0x40, 1, 0x04);
        _cpu.State.Rflags |= Rflags.Interrupt;
        while (_cpu.PlanEntry(false, false).Injection != Injection.None)
            _cpu.Apic.WriteMmio(0xb0, 4, 0);
        _cpu.Halt();
        Assert.False(_cpu.PlanEntry(false, false).Enter);
        int kicks = _kicks;
        _clock.Advance(1_100_000);
        Assert.True(_kicks > kicks);
        EntryPlan plan = _cpu.PlanEntry(false, false);
        Assert.True(plan.Enter);
        Assert.Equal((Injection.Interrupt, 0x30), (plan.Injection, plan.Vector));
        // The end of the interrupt, by a store to the local APIC; then the 8259 pair, to which nobody has listened.
        _cpu.State.Gpr[3] = 0xfee0_00b0;
        Execute(0x67, 0x66, 0xc7, 0x03, 0, 0, 0, 0);
        Assert.Equal(Injection.None, _cpu.PlanEntry(false, false).Injection);
        foreach ((ushort port, uint value) in new (ushort, uint)[] { (0x20, 0x11), (0x21, 0x08), (0x21, 4), (0x21, 1), (0x21, 0xfe) })
            _ports.Write(port, 1, value);
        _cpu.Apic.EnableVirtualWire();
        _clock.Advance(1_100_000);
        Assert.Equal(8, _cpu.PlanEntry(false, false).Vector);
    }
}
