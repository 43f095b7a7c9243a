using System;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

[Collection("console")]
public sealed class LogTests : IDisposable
{
    public LogTests()
    {
        Log.Reset();
        MemoryConsole.Reset();
        SerialPort.Clear();
        Cpu.Current = 3;
        Machine.Frequency = 1_000_000_000;
        Tsc.Now = 12_000_345_678;
    }

    public void Dispose() => Log.Reset();

    [Fact]
    public void A_line_tells_time_and_cpu()
    {
        Log.Info("ready"u8);
        Assert.Equal("[  12.000345 #3] ready\r\n", SerialPort.Text);
    }

    [Fact]
    public void Before_the_clock_is_known_the_time_is_0()
    {
        Machine.Frequency = 0;
        Log.Warning("early"u8);
        Assert.Equal("[   0.000000 #3] warning: early\r\n", SerialPort.Text);
    }

    [Theory]
    [InlineData(0ul, "0x0", "0000000000000000", "0")]
    [InlineData(0x10ul, "0x10", "0000000000000010", "16")]
    [InlineData(ulong.MaxValue, "0xffffffffffffffff", "ffffffffffffffff", "18446744073709551615")]
    [InlineData(10_000_000_000_000_000_000ul, "0x8ac7230489e80000", "8ac7230489e80000", "10000000000000000000")]
    public void Numbers_are_written_whole(ulong value, string hex, string hex16, string number)
    {
        Log.Line(LogLevel.Info, "$ @ %"u8, value, value, value);
        Assert.EndsWith($"] {hex} {hex16} {number}\r\n", SerialPort.Text);
    }

    [Fact]
    public void Numbers_take_their_places_in_turn()
    {
        Log.Line(LogLevel.Info, "% of % at $"u8, 1, 2, 0xff);
        Assert.EndsWith("] 1 of 2 at 0xff\r\n", SerialPort.Text);
    }

    [Fact]
    public void Text_without_numbers_is_no_format()
    {
        Log.Info("100 % of $ and @"u8);
        Assert.EndsWith("] 100 % of $ and @\r\n", SerialPort.Text);
    }

    [Fact]
    public void Lines_below_the_level_are_not_printed()
    {
        Log.SetLevel(LogLevel.Warning);
        Log.Info("hidden"u8);
        Log.Error("shown"u8);
        Assert.DoesNotContain("hidden", SerialPort.Text);
        Assert.Contains("ERROR: shown", SerialPort.Text);
    }

    [Fact]
    public void Control_characters_of_foreign_text_are_not_passed_on()
    {
        Log.Info("a\u001b[2Jb\u007f"u8);
        Assert.EndsWith("] a.[2Jb.\r\n", SerialPort.Text);
    }

    [Fact]
    public void A_line_inside_a_line_does_not_wait_for_itself()
    {
        Log.Begin(LogLevel.Info);
        Log.Write("outer "u8);
        Log.Begin(LogLevel.Info);
        Log.Write("inner"u8);
        Log.End();
        Log.End();
        Log.Info("next"u8);
        Assert.Contains("outer inner\r\n", SerialPort.Text);
        Assert.EndsWith("] next\r\n", SerialPort.Text);
    }

    [Fact]
    public void A_panic_does_not_wait_for_whoever_was_writing()
    {
        Log.Begin(LogLevel.Info);
        Log.Write("unfinished"u8);
        Cpu.Current = 1;
        Assert.Throws<HaltedException>(() => Panic.Stop("bad table"u8, ": checksum"u8));
        Assert.Contains("unfinished\r\n[  12.000345 #1] ERROR: bad table: checksum\r\n", SerialPort.Text);
        Assert.EndsWith("the machine is stopped\r\n", SerialPort.Text);
    }

    [Fact]
    public void After_a_panic_other_cpus_halt_instead_of_writing()
    {
        Cpu.Current = 1;
        Assert.Throws<HaltedException>(() => Panic.Fail("first"u8));
        string text = SerialPort.Text;
        Cpu.Current = 2;
        Assert.Throws<HaltedException>(() => Panic.Fail("second"u8));
        Assert.Throws<HaltedException>(() => Log.Info("third"u8));
        Assert.Equal(text, SerialPort.Text);
    }

    [Fact]
    public void An_assertion_that_holds_says_nothing()
    {
        Panic.Assert(true, "never"u8);
        Assert.Equal("", SerialPort.Text);
        Assert.Throws<HaltedException>(() => Panic.Assert(false, "broken"u8));
        Assert.Contains("kernel panic: broken", SerialPort.Text);
    }
}
