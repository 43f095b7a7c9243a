using System;
using Xunit;

namespace Kilonova.Timer.Tests;

/// <summary>The clock's registers in all their forms, against .NET's calendar.</summary>
public class CmosClockTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Every_form_of_the_registers_shows_the_same_time(bool isBinary, bool isTwentyFour)
    {
        var random = new Random(1);
        for (var round = 0; round < 500; round++)
        {
            var time = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(random.NextInt64(0, 90L * 366 * 86400));
            Assert.True(CmosClock.TryRead(new Cmos(time, isBinary, isTwentyFour), out var seconds));
            Assert.Equal(time, DateTime.UnixEpoch.AddSeconds(seconds));
        }
    }

    [Theory]
    [InlineData("2000-02-29T23:59:59Z")]
    [InlineData("2024-12-31T00:00:00Z")]
    [InlineData("2025-01-01T12:00:00Z")]
    [InlineData("1999-12-31T11:59:59Z")]
    public void Edges_of_the_calendar(string text)
    {
        var time = DateTime.Parse(text, null, System.Globalization.DateTimeStyles.AdjustToUniversal);
        Assert.True(CmosClock.TryRead(new Cmos(time, false, false), out var seconds));
        Assert.Equal(time, DateTime.UnixEpoch.AddSeconds(seconds));
    }

    [Fact]
    public void An_update_in_between_is_not_seen_half()
    {
        var time = new DateTime(2026, 1, 31, 23, 59, 59, DateTimeKind.Utc);
        for (var at = 1; at < 40; at++)
        {
            Assert.True(CmosClock.TryRead(new Cmos(time, false, true) { TicksAt = at }, out var seconds));
            var read = DateTime.UnixEpoch.AddSeconds(seconds);
            Assert.True(read == time || read == time.AddSeconds(1), $"{read:O} after a tick at access {at}");
        }
    }

    [Fact]
    public void Where_no_clock_answers_there_is_no_time()
    {
        Assert.False(CmosClock.TryRead(new Nothing(), out var seconds));
        Assert.Equal(0ul, seconds);
    }

    private struct Nothing : ICmos
    {
        public readonly byte Read(byte register) => 0xff;
    }

    private struct Cmos : ICmos
    {
        private readonly Clock _clock;

        public Cmos(DateTime time, bool isBinary, bool isTwentyFour) => _clock = new Clock(time, isBinary, isTwentyFour);

        public int TicksAt
        {
            init => _clock.TicksAt = value;
        }

        public readonly byte Read(byte register) => _clock.Read(register);
    }

    private sealed class Clock(DateTime time, bool isBinary, bool isTwentyFour)
    {
        private int _accesses;

        public int TicksAt { get; set; }

        public byte Read(byte register)
        {
            if (++_accesses == TicksAt)
                time = time.AddSeconds(1);

            return register switch
            {
                0 => Code(time.Second),
                2 => Code(time.Minute),
                4 when isTwentyFour => Code(time.Hour),
                4 => (byte)(Code(time.Hour % 12 == 0 ? 12 : time.Hour % 12) | (time.Hour >= 12 ? 0x80 : 0)),
                7 => Code(time.Day),
                8 => Code(time.Month),
                9 => Code(time.Year % 100),
                0xb => (byte)((isBinary ? 4 : 0) | (isTwentyFour ? 2 : 0)),
                0x32 => Code(time.Year / 100),
                _ => 0,
            };
        }

        private byte Code(int value) => (byte)(isBinary ? value : value / 10 * 16 + value % 10);
    }
}
