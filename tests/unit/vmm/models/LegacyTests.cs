using System.Collections.Generic;
using System.Text;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class LegacyTests : IMachineControl, ISerialSink
{
    private readonly FakeClock _clock = new();
    private readonly LineRecorder _lines = new();
    private readonly PortBus _bus = new(new HostLock());
    private readonly List<MachineRequest> _requests = [];
    private readonly StringBuilder _sent = new();
    private readonly Uart16550 _uart;
    private readonly KeyboardController _keyboard;
    private readonly AcpiPowerManagement _power;

    public LegacyTests()
    {
        _uart = new Uart16550(0x3f8, new InterruptLine(_lines, 4), this, new HostLock());
        _keyboard = new KeyboardController(new InterruptLine(_lines, 1), new InterruptLine(_lines, 12), this, new HostLock());
        _power = new AcpiPowerManagement(_clock.Queue(), new InterruptLine(_lines, 9), this, new HostLock());
        var reset = new ResetControl(this);
        Assert.True(_uart.Map(_bus) && _keyboard.Map(_bus) && _power.Map(_bus) && reset.Map(_bus));
    }

    void IMachineControl.Request(MachineRequest request) => _requests.Add(request);

    void ISerialSink.Transmit(byte value) => _sent.Append((char)value);

    private void Out(int port, uint value) => _bus.Write((ushort)port, 1, value);

    private uint In(int port) => _bus.Read((ushort)port, 1);

    [Fact]
    public void Bytes_are_sent_at_once()
    {
        foreach (char c in "hello")
        {
            Assert.Equal(0x60u, In(0x3fd) & 0x60);
            Out(0x3f8, c);
        }

        Assert.Equal("hello", _sent.ToString());
    }

    [Fact]
    public void The_transmitter_interrupts_until_the_identification_is_read()
    {
        Out(0x3fc, 8);
        Out(0x3f9, 2);
        Assert.True(_lines.Level[4]);
        Assert.Equal(2u, In(0x3fa));
        Assert.False(_lines.Level[4]);
        Assert.Equal(1u, In(0x3fa));
        Out(0x3f8, 'x');
        Assert.True(_lines.Level[4]);
        Out(0x3fc, 0);
        Assert.False(_lines.Level[4]);
    }

    [Fact]
    public void Received_bytes_wait_in_the_fifo_up_to_sixteen()
    {
        Out(0x3fc, 8);
        Out(0x3fa, 0x81);
        Out(0x3f9, 1);
        Assert.Equal(16, _uart.ReceiveRoom);
        Assert.True(_uart.TryReceive((byte)'a'));
        Assert.Equal(0xccu, In(0x3fa));
        for (int i = 0; i < 7; i++)
            Assert.True(_uart.TryReceive((byte)'b'));
        Assert.Equal(0xc4u, In(0x3fa));
        for (int i = 0; i < 8; i++)
            Assert.True(_uart.TryReceive((byte)'c'));
        Assert.False(_uart.TryReceive((byte)'d'));
        Assert.Equal('a', (char)In(0x3f8));
        for (int i = 0; i < 15; i++)
            In(0x3f8);
        Assert.False(_lines.Level[4]);
        Assert.Equal(0u, In(0x3fd) & 1);
    }

    [Fact]
    public void The_divisor_hides_data_and_enables()
    {
        Out(0x3fb, 0x83);
        Out(0x3f8, 1);
        Out(0x3f9, 2);
        Assert.Equal(1u, In(0x3f8));
        Assert.Equal(2u, In(0x3f9));
        Out(0x3fb, 3);
        Assert.Equal(0u, In(0x3f9));
        Assert.Equal("", _sent.ToString());
    }

    [Fact]
    public void Loop_mode_returns_bytes_and_modem_signals()
    {
        Out(0x3fc, 0x1a);
        Assert.Equal(0x90u, In(0x3fe) & 0xf0);
        Out(0x3f8, 'z');
        Assert.Equal('z', (char)In(0x3f8));
        Out(0x3f8, '1');
        Out(0x3f8, '2');
        Assert.Equal(2u, In(0x3fd) & 2);
        Assert.Equal("", _sent.ToString());
        Out(0x3ff, 0xa5);
        Assert.Equal(0xa5u, In(0x3ff));
    }

    [Fact]
    public void The_keyboard_controller_passes_its_self_tests()
    {
        Out(0x64, 0xaa);
        Assert.Equal(0x55u, In(0x60));
        Out(0x64, 0xab);
        Assert.Equal(0u, In(0x60));
        Out(0x64, 0x60);
        Out(0x60, 0x47);
        Out(0x64, 0x20);
        Assert.Equal(0x47u, In(0x60));
        Assert.Equal(0u, In(0x64) & 1);
    }

    [Fact]
    public void Keys_arrive_translated_with_interrupts()
    {
        // Make and break of A: 1c, f0 1c.
        Assert.True(_keyboard.TryType(0x1c));
        Assert.True(_keyboard.TryType(0xf0));
        Assert.True(_keyboard.TryType(0x1c));
        Assert.True(_lines.Level[1]);
        Assert.Equal(0x1eu, In(0x60));
        Assert.Equal(0x9eu, In(0x60));
        Assert.False(_lines.Level[1]);
        Out(0x64, 0x60);
        Out(0x60, 0x01);
        _keyboard.TryType(0x1c);
        Assert.Equal(0x1cu, In(0x60));
    }

    [Fact]
    public void The_keyboard_answers_commands()
    {
        Out(0x60, 0xff);
        Assert.Equal(0xfau, In(0x60));
        Assert.Equal(0xaau, In(0x60));
        Out(0x60, 0xed);
        Assert.Equal(0xfau, In(0x60));
        Out(0x60, 0x07);
        Assert.Equal(0xfau, In(0x60));
        Out(0x60, 0xf5);
        In(0x60);
        Assert.False(_keyboard.TryType(0x1c));
        Out(0x60, 0x01);
        Assert.Equal(0xfeu, In(0x60));
    }

    [Fact]
    public void The_mouse_reports_on_its_own_interrupt()
    {
        Out(0x64, 0x60);
        Out(0x60, 0x03);
        Out(0x64, 0xd4);
        Out(0x60, 0xf4);
        Assert.Equal(0x21u, In(0x64) & 0x21);
        Assert.True(_lines.Level[12]);
        Assert.Equal(0xfau, In(0x60));
        Assert.True(_keyboard.TryMove(5, -3, 1));
        Assert.Equal(0x29u, In(0x60));
        Assert.Equal(5u, In(0x60));
        Assert.Equal(0xfdu, In(0x60));
        Assert.False(_lines.Level[12]);
    }

    [Theory]
    [InlineData(0x64, 0xfeu)]
    [InlineData(0x92, 1u)]
    [InlineData(0xcf9, 6u)]
    public void Every_reset_way_resets(int port, uint value)
    {
        Out(port, value);
        Assert.Equal([MachineRequest.Reset], _requests);
    }

    [Fact]
    public void Soft_off_powers_off()
    {
        _bus.Write(0x604, 2, 3 << 10);
        Assert.Empty(_requests);
        _bus.Write(0x604, 2, (5 << 10) | (1 << 13));
        Assert.Equal([MachineRequest.PowerOff], _requests);
        Assert.Equal((5u << 10) | 1, _bus.Read(0x604, 2));
    }

    [Fact]
    public void The_power_button_interrupts_until_its_status_is_cleared()
    {
        _power.PressPowerButton();
        Assert.False(_lines.Level[9]);
        _bus.Write(0x602, 2, 0x100);
        Assert.True(_lines.Level[9]);
        Assert.Equal(0x100u, _bus.Read(0x600, 2));
        _bus.Write(0x600, 2, 0x100);
        Assert.False(_lines.Level[9]);
        _power.SignalEvent(3);
        _bus.Write(0x622, 2, 8);
        Assert.True(_lines.Level[9]);
        _bus.Write(0x620, 1, 8);
        Assert.False(_lines.Level[9]);
    }

    [Fact]
    public void The_power_management_timer_counts_and_carries()
    {
        _clock.Advance(1_000_000_000);
        Assert.Equal(3_579_545u, _bus.Read(0x608, 4));
        _bus.Write(0x602, 2, 1);
        _clock.Advance(601_000_000_000);
        Assert.True(_lines.Level[9]);
        _bus.Write(0x600, 2, 1);
        Assert.False(_lines.Level[9]);
    }

    [Fact]
    public void Reduced_hardware_switches_off_by_its_sleep_register_alone()
    {
        var bus = new PortBus(new HostLock());
        Assert.True(new SleepControl(this).Map(bus));
        bus.Write(SleepControl.Port, 1, 5 << 2);
        bus.Write(SleepControl.Port, 1, (1 << 5) | (4 << 2));
        bus.Write(SleepControl.Port + 1, 1, (1 << 5) | (5 << 2));
        Assert.Empty(_requests);
        bus.Write(SleepControl.Port, 1, (1 << 5) | (5 << 2));
        Assert.Equal([MachineRequest.PowerOff], _requests);
        Assert.Equal(0u, bus.Read(SleepControl.Port, 2));
    }
}
