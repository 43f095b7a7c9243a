using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class PicTests
{
    private readonly LineRecorder _output = new();
    private readonly PortBus _bus = new(new HostLock());
    private readonly Pic8259Pair _pic;

    public PicTests()
    {
        _pic = new Pic8259Pair(new InterruptLine(_output, 0), new HostLock());
        Assert.True(_pic.Map(_bus));
        Initialize(0x20, 0x30, autoEoi: false);
    }

    private bool Interrupting => _output.Level[0];

    private void Initialize(byte master, byte slave, bool autoEoi)
    {
        _bus.Write(0x20, 1, 0x11);
        _bus.Write(0xa0, 1, 0x11);
        _bus.Write(0x21, 1, master);
        _bus.Write(0xa1, 1, slave);
        _bus.Write(0x21, 1, 4);
        _bus.Write(0xa1, 1, 2);
        _bus.Write(0x21, 1, autoEoi ? 3u : 1u);
        _bus.Write(0xa1, 1, 1);
        _bus.Write(0x21, 1, 0);
        _bus.Write(0xa1, 1, 0);
    }

    private void Pulse(int line)
    {
        _pic.SetLine(line, true);
        _pic.SetLine(line, false);
    }

    [Fact]
    public void Power_on_masks_everything()
    {
        _pic.Reset();
        Pulse(3);
        Assert.False(Interrupting);
        Assert.Equal(0xffu, _bus.Read(0x21, 1));
    }

    [Fact]
    public void An_edge_is_acknowledged_with_its_vector_once()
    {
        Pulse(3);
        Assert.True(Interrupting);
        Assert.Equal(0x23, _pic.Acknowledge());
        Assert.False(Interrupting);
        _bus.Write(0x20, 1, 0x0b);
        Assert.Equal(8u, _bus.Read(0x20, 1));
        Pulse(3);
        Assert.False(Interrupting);
        _bus.Write(0x20, 1, 0x20);
        Assert.True(Interrupting);
    }

    [Fact]
    public void The_second_controller_answers_through_the_cascade()
    {
        Pulse(12);
        Assert.Equal(0x34, _pic.Acknowledge());
        Pulse(3);
        Assert.False(Interrupting);
        Pulse(1);
        Assert.True(Interrupting);
        Assert.Equal(0x21, _pic.Acknowledge());
        _bus.Write(0x20, 1, 0x61);
        _bus.Write(0xa0, 1, 0x20);
        _bus.Write(0x20, 1, 0x62);
        Assert.Equal(0x23, _pic.Acknowledge());
    }

    [Fact]
    public void A_request_that_has_gone_is_spurious()
    {
        _bus.Write(0x4d0, 2, 0x0820);
        Assert.Equal(0x0820u, _bus.Read(0x4d0, 2));
        _pic.SetLine(5, true);
        Assert.True(Interrupting);
        _pic.SetLine(5, false);
        Assert.False(Interrupting);
        Assert.Equal(0x27, _pic.Acknowledge());
        _bus.Write(0x20, 1, 0x0b);
        Assert.Equal(0u, _bus.Read(0x20, 1));
        _pic.SetLine(11, true);
        Assert.Equal(0x33, _pic.Acknowledge());
    }

    [Fact]
    public void Level_inputs_ask_again_until_they_are_quiet()
    {
        _bus.Write(0x4d0, 1, 0x20);
        _pic.SetLine(5, true);
        Assert.Equal(0x25, _pic.Acknowledge());
        _bus.Write(0x20, 1, 0x20);
        Assert.True(Interrupting);
        _pic.SetLine(5, false);
        Assert.False(Interrupting);
    }

    [Fact]
    public void Timer_keyboard_and_clock_stay_edge_triggered()
    {
        _bus.Write(0x4d0, 2, 0xffff);
        Assert.Equal(0xdef8u, _bus.Read(0x4d0, 2));
    }

    [Fact]
    public void Masks_hide_requests_and_special_mask_mode_lets_lower_ones_in()
    {
        Pulse(1);
        _bus.Write(0x21, 1, 2);
        Assert.False(Interrupting);
        _bus.Write(0x21, 1, 0);
        Assert.Equal(0x21, _pic.Acknowledge());
        Pulse(6);
        Assert.False(Interrupting);
        _bus.Write(0x21, 1, 2);
        _bus.Write(0x20, 1, 0x68);
        Assert.True(Interrupting);
    }

    [Fact]
    public void Rotation_makes_the_served_input_the_last()
    {
        Pulse(0);
        Assert.Equal(0x20, _pic.Acknowledge());
        _bus.Write(0x20, 1, 0xa0);
        Pulse(0);
        Pulse(4);
        Assert.Equal(0x24, _pic.Acknowledge());
    }

    [Fact]
    public void Automatic_end_of_interrupt_leaves_nothing_in_service()
    {
        Initialize(0x20, 0x30, autoEoi: true);
        Pulse(4);
        Pulse(4);
        Assert.Equal(0x24, _pic.Acknowledge());
        Pulse(4);
        Assert.Equal(0x24, _pic.Acknowledge());
    }

    [Fact]
    public void A_poll_acknowledges()
    {
        Pulse(3);
        _bus.Write(0x20, 1, 0x0c);
        Assert.Equal(0x83u, _bus.Read(0x20, 1));
        Assert.False(Interrupting);
        _bus.Write(0x20, 1, 0x0c);
        Assert.Equal(0u, _bus.Read(0x20, 1));
    }
}
