using System.Collections.Generic;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class TimerQueueTests : ITimerOwner
{
    private readonly FakeClock _clock = new();
    private readonly TimerQueue _queue;
    private readonly List<(int Cookie, ulong Time)> _expired = [];
    private VirtualTimer? _again;

    public TimerQueueTests() => _queue = _clock.Queue();

    void ITimerOwner.TimerExpired(int cookie)
    {
        _expired.Add((cookie, _clock.Now));
        if (_expired.Count < 4)
            _again?.Arm(_clock.Now + 10);
    }

    [Fact]
    public void Timers_expire_once_in_the_order_of_their_deadlines()
    {
        VirtualTimer one = _queue.Create(this, 1);
        VirtualTimer two = _queue.Create(this, 2);
        one.Arm(200);
        two.Arm(100);
        _clock.Advance(1000);
        _clock.Advance(1000);
        Assert.Equal([(2, 100ul), (1, 200ul)], _expired);
    }

    [Fact]
    public void Disarmed_and_moved_timers_keep_silent_until_their_new_deadline()
    {
        VirtualTimer one = _queue.Create(this, 1);
        VirtualTimer two = _queue.Create(this, 2);
        one.Arm(100);
        one.Disarm();
        two.Arm(50);
        two.Arm(150);
        _clock.Advance(120);
        Assert.Empty(_expired);
        _clock.Advance(40);
        Assert.Equal([(2, 150ul)], _expired);
    }

    [Fact]
    public void An_owner_may_arm_its_timer_again_while_it_expires()
    {
        _again = _queue.Create(this, 7);
        _again.Arm(10);
        _clock.Advance(100);
        Assert.Equal([(7, 10ul), (7, 20ul), (7, 30ul), (7, 40ul)], _expired);
    }

    [Fact]
    public void A_deadline_in_the_past_means_at_once()
    {
        _clock.Advance(1000);
        _queue.Create(this, 3).Arm(1);
        _clock.Advance(0);
        Assert.Equal([(3, 1000ul)], _expired);
    }

    [Theory]
    [InlineData(3_579_545ul)]
    [InlineData(1_193_182ul)]
    [InlineData(2_500_000_001ul)]
    public void Frequencies_convert_exactly_there_and_back(ulong hertz)
    {
        var frequency = new Frequency(hertz);
        Assert.Equal(hertz, frequency.Ticks(1_000_000_000));
        Assert.Equal(hertz * 1000, frequency.Ticks(1_000_000_000_000));
        for (ulong ticks = 1; ticks < 100_000; ticks += 977)
        {
            ulong time = frequency.NanosecondsUntil(ticks);
            Assert.True(frequency.Ticks(time) >= ticks);
            Assert.True(frequency.Ticks(time - 1) < ticks);
        }
    }

    [Fact]
    public void Shared_lines_stay_asserted_until_the_last_device_lets_go()
    {
        var recorder = new LineRecorder();
        var lines = new SharedLines(recorder, 16, 4, new HostLock());
        InterruptLine first = lines.Connect(2, 0);
        InterruptLine second = lines.Connect(2, 5);
        first.Set(true);
        second.Set(true);
        second.Set(true);
        first.Set(false);
        Assert.True(recorder.Level[18]);
        second.Set(false);
        Assert.False(recorder.Level[18]);
        Assert.Equal(1, recorder.Edges[18]);
        lines.Connect(3, 31).Pulse();
        Assert.Equal(1, recorder.Edges[19]);
    }
}
