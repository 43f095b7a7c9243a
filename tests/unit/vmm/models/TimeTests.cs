using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class TimeTests : IWallClock
{
    private const ulong Millisecond = 1_000_000;
    private const ulong Second = 1_000_000_000;

    // 2024-02-29 12:34:56, a Thursday.
    private const long Leap = 1_709_210_096;

    private readonly FakeClock _clock = new();
    private readonly LineRecorder _lines = new();
    private readonly PortBus _bus = new(new HostLock());
    private readonly Pit8254 _pit;
    private readonly RealTimeClock _rtc;

    public TimeTests()
    {
        _pit = new Pit8254(_clock.Queue(), new InterruptLine(_lines, 0), new HostLock());
        _rtc = new RealTimeClock(_clock.Queue(), this, new InterruptLine(_lines, 8), new HostLock());
        Assert.True(_pit.Map(_bus));
        Assert.True(_rtc.Map(_bus));
    }

    long IWallClock.SecondsAtStart => Leap;

    private void Program(int channel, int mode, int count)
    {
        _bus.Write(0x43, 1, (uint)((channel << 6) | 0x30 | (mode << 1)));
        _bus.Write((ushort)(0x40 + channel), 1, (uint)count & 0xff);
        _bus.Write((ushort)(0x40 + channel), 1, (uint)count >> 8);
    }

    private int Count(int channel)
    {
        _bus.Write(0x43, 1, (uint)(channel << 6));
        uint low = _bus.Read((ushort)(0x40 + channel), 1);
        return (int)(low | (_bus.Read((ushort)(0x40 + channel), 1) << 8));
    }

    private byte Rtc(int index)
    {
        _bus.Write(0x70, 1, (uint)index);
        return (byte)_bus.Read(0x71, 1);
    }

    private void Rtc(int index, byte value)
    {
        _bus.Write(0x70, 1, (uint)index);
        _bus.Write(0x71, 1, value);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_periodic_counter_interrupts_at_its_rate(int mode)
    {
        Program(0, mode, 1193);
        int before = _lines.Edges[0];
        _clock.Advance(Second);
        Assert.InRange(_lines.Edges[0] - before, 999, 1001);
    }

    [Fact]
    public void A_one_shot_counter_interrupts_once()
    {
        Program(0, 0, 11932);
        _clock.Advance(9 * Millisecond);
        Assert.Equal(0, _lines.Edges[0]);
        _clock.Advance(2 * Millisecond);
        Assert.Equal(1, _lines.Edges[0]);
        _clock.Advance(Second);
        Assert.Equal(1, _lines.Edges[0]);
        Program(0, 0, 11932);
        Assert.False(_lines.Level[0]);
        _clock.Advance(11 * Millisecond);
        Assert.Equal(2, _lines.Edges[0]);
    }

    [Fact]
    public void Counts_go_down_with_the_clock()
    {
        Program(0, 2, 0);
        _clock.Advance(10 * Millisecond);
        Assert.InRange(Count(0), 65536 - 11933, 65536 - 11930);
        Program(0, 0, 1000);
        _clock.Advance(Second);
        Assert.InRange(Count(0), 0, 65535);
        // Latched counts do not move.
        _bus.Write(0x43, 1, 0);
        _clock.Advance(Millisecond);
        uint low = _bus.Read(0x40, 1);
        _clock.Advance(Millisecond);
        uint high = _bus.Read(0x40, 1);
        int then = (int)(low | (high << 8));
        Assert.InRange((then - Count(0)) & 0xffff, 2380, 2392);
    }

    [Fact]
    public void Counter_two_counts_while_its_gate_is_open_and_shows_its_output()
    {
        _bus.Write(0x61, 1, 0);
        Program(2, 0, 59659);
        _clock.Advance(100 * Millisecond);
        Assert.Equal(0u, _bus.Read(0x61, 1) & 0x20);
        _bus.Write(0x61, 1, 1);
        _clock.Advance(49 * Millisecond);
        Assert.Equal(0u, _bus.Read(0x61, 1) & 0x20);
        _clock.Advance(2 * Millisecond);
        Assert.Equal(0x20u, _bus.Read(0x61, 1) & 0x20);
        Assert.Equal(1u, _bus.Read(0x61, 1) & 3);
    }

    [Fact]
    public void A_new_count_of_a_running_counter_waits_for_the_period()
    {
        Program(0, 2, 11932);
        _clock.Advance(5 * Millisecond);
        int before = _lines.Edges[0];
        _bus.Write(0x40, 1, 0xa9);
        _bus.Write(0x40, 1, 0x04);
        _clock.Advance(4 * Millisecond);
        Assert.Equal(before, _lines.Edges[0]);
        _clock.Advance(11 * Millisecond);
        Assert.InRange(_lines.Edges[0] - before, 10, 12);
    }

    [Fact]
    public void Status_tells_mode_output_and_missing_counts()
    {
        _bus.Write(0x43, 1, 0x34);
        _bus.Write(0x43, 1, 0xe2);
        Assert.Equal(0xf4u, _bus.Read(0x40, 1));
        Program(0, 2, 100);
        _bus.Write(0x43, 1, 0xe2);
        Assert.Equal(0xb4u, _bus.Read(0x40, 1));
    }

    [Fact]
    public void Decimal_counters_count_in_decimal()
    {
        _bus.Write(0x43, 1, 0x31);
        _bus.Write(0x40, 1, 0x00);
        _bus.Write(0x40, 1, 0x10);
        _clock.Advance(Millisecond / 2);
        int count = Count(0);
        Assert.InRange(count, 0x400, 0x410);
    }

    [Theory]
    [InlineData(0L, 1970, 1, 1, 4)]
    [InlineData(Leap, 2024, 2, 29, 4)]
    [InlineData(951_868_799L, 2000, 2, 29, 2)]
    [InlineData(4_102_444_800L, 2100, 1, 1, 5)]
    [InlineData(-1L, 1969, 12, 31, 3)]
    public void The_calendar_is_gregorian(long seconds, int year, int month, int day, int weekday)
    {
        CivilTime time = CivilTime.FromSeconds(seconds);
        Assert.Equal((year, month, day, weekday), (time.Year, time.Month, time.Day, time.Weekday));
        long midnight = CivilTime.ToSeconds(year, month, day);
        Assert.Equal(seconds, midnight + (3600 * time.Hour) + (60 * time.Minute) + time.Second);
    }

    [Fact]
    public void The_clock_shows_the_time_in_both_codings()
    {
        _clock.Advance(5 * Second);
        Assert.Equal([0x01, 0x35, 0x12, 0x05, 0x29, 0x02, 0x24, 0x20],
            new[] { Rtc(0), Rtc(2), Rtc(4), Rtc(6), Rtc(7), Rtc(8), Rtc(9), Rtc(0x32) });
        Rtc(11, 0x04);
        Assert.Equal([1, 35, 12 | 0x80, 5, 29, 2, 24, 20], new[] { Rtc(0), Rtc(2), Rtc(4), Rtc(6), Rtc(7), Rtc(8), Rtc(9), Rtc(0x32) });
        Assert.Equal(0x80, Rtc(13));
    }

    [Fact]
    public void A_time_that_is_set_goes_on_from_there()
    {
        Rtc(11, 0x82);
        Rtc(0, 0x58);
        Rtc(2, 0x59);
        Rtc(4, 0x23);
        Rtc(7, 0x31);
        Rtc(8, 0x12);
        Rtc(9, 0x99);
        _clock.Advance(100 * Second);
        Assert.Equal(0x58, Rtc(0));
        Rtc(11, 0x02);
        _clock.Advance(3 * Second);
        Assert.Equal([0x01, 0x00, 0x00, 0x01, 0x01, 0x00, 0x21],
            new[] { Rtc(0), Rtc(2), Rtc(4), Rtc(7), Rtc(8), Rtc(9), Rtc(0x32) });
    }

    [Fact]
    public void Updates_announce_themselves()
    {
        _clock.Advance(Second - (100 * 1000));
        Assert.Equal(0x80, Rtc(10) & 0x80);
        _clock.Advance(200 * 1000);
        Assert.Equal(0, Rtc(10) & 0x80);
    }

    [Fact]
    public void Periodic_and_update_interrupts_come_at_their_rates()
    {
        Rtc(11, 0x42);
        int edges = 0;
        for (int i = 0; i < 1024; i++)
        {
            _clock.Advance(Second / 1024);
            if (_lines.Level[8])
                edges++;
            Rtc(12);
        }

        Assert.InRange(edges, 1020, 1024);
        Rtc(11, 0x12);
        _clock.Advance(Second);
        Assert.Equal(0x90, Rtc(12) & 0xb0);
        Assert.False(_lines.Level[8]);
    }

    [Fact]
    public void The_alarm_rings_at_its_time()
    {
        Rtc(1, 0x00);
        Rtc(3, 0x35);
        Rtc(5, 0xff);
        Rtc(11, 0x22);
        _clock.Advance(3 * Second);
        Assert.False(_lines.Level[8]);
        _clock.Advance(Second);
        Assert.True(_lines.Level[8]);
        Assert.Equal(0xa0, Rtc(12) & 0xa0);
    }

    [Fact]
    public void Memory_keeps_what_firmware_put_there()
    {
        _rtc.SetMemory(0x34, 0x12);
        _rtc.Reset();
        Assert.Equal(0x12, Rtc(0x34));
        Rtc(0x7f, 0x55);
        Assert.Equal(0x55, Rtc(0x7f));
    }
}
