using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed partial class ApicTests
{
    [Fact]
    public void The_one_shot_timer_fires_once_and_shows_its_count()
    {
        LocalApic apic = _apics[0];
        Write(apic, Divide, 0);
        Write(apic, LvtTimer, 0x30);
        Write(apic, InitialCount, 1000);
        _clock.Advance(500);
        Assert.Equal(750u, Read(apic, CurrentCount));
        Assert.Equal(-1, Take(apic));
        _clock.Advance(1500);
        Assert.Equal(0x30, Take(apic));
        Assert.Equal(0u, Read(apic, CurrentCount));
        Write(apic, Eoi, 0);
        _clock.Advance(10_000);
        Assert.Equal(-1, Take(apic));
    }

    [Fact]
    public void The_periodic_timer_keeps_its_phase_when_periods_are_missed()
    {
        LocalApic apic = _apics[0];
        Write(apic, Divide, 0xb);
        Write(apic, LvtTimer, 0x2_0030);
        Write(apic, InitialCount, 1000);
        _clock.Advance(3500);
        Assert.Equal(0x30, Take(apic));
        Write(apic, Eoi, 0);
        Assert.Equal(-1, Take(apic));
        Assert.Equal(500u, Read(apic, CurrentCount));
        _clock.Advance(500);
        Assert.Equal(0x30, Take(apic));
        Write(apic, Eoi, 0);
        Write(apic, InitialCount, 0);
        _clock.Advance(5000);
        Assert.Equal(-1, Take(apic));
    }

    [Fact]
    public void The_deadline_timer_fires_when_the_counter_gets_there()
    {
        LocalApic apic = _apics[0];
        apic.SetDeadline(5000);
        Assert.Equal(0ul, apic.DeadlineRegister);
        Write(apic, LvtTimer, 0x4_0031);
        Write(apic, InitialCount, 77);
        apic.SetDeadline(5000);
        Assert.Equal(5000ul, apic.DeadlineRegister);
        _clock.Advance(2499);
        Assert.Equal(-1, Take(apic));
        _clock.Advance(1);
        Assert.Equal(0x31, Take(apic));
        Assert.Equal(0ul, apic.DeadlineRegister);
        Write(apic, Eoi, 0);
        // A deadline in the past is due at once.
        apic.SetDeadline(1);
        Assert.Equal(0x31, Take(apic));
        Write(apic, Eoi, 0);
        apic.SetDeadline(9000);
        Write(apic, LvtTimer, 0x31);
        _clock.Advance(100_000);
        Assert.Equal(-1, Take(apic));
    }

    [Fact]
    public void A_masked_timer_counts_in_silence()
    {
        LocalApic apic = _apics[0];
        Write(apic, LvtTimer, 0x1_0030);
        Write(apic, InitialCount, 10);
        _clock.Advance(100);
        Assert.Equal(-1, Take(apic));
    }
}
