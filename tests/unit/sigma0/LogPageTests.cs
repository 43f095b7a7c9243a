using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Kilonova.Abi;
using Kilonova.Runtime;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public sealed unsafe class LogPageTests : IDisposable
{
    private readonly byte* _memory = (byte*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(4096);

    private LogPage Log => new(_memory);

    public void Dispose() => System.Runtime.InteropServices.NativeMemory.Free(_memory);

    [Fact]
    public void A_line_is_read_as_it_was_written()
    {
        Log.Write("one"u8, 1);
        Log.Write("two"u8, 2);

        Assert.Equal(2u, Log.Head);
        Assert.Equal(("one", 1ul, false), Read(0));
        Assert.Equal(("two", 2ul, false), Read(1));
        Assert.Null(Read(2));
    }

    [Fact]
    public void A_long_line_goes_on_in_the_next_slot()
    {
        string text = new('x', LogLayout.MaxText + 5);
        Log.Write(Encoding.UTF8.GetBytes(text), 7);

        Assert.Equal((text[..LogLayout.MaxText], 7ul, true), Read(0));
        Assert.Equal(("xxxxx", 7ul, false), Read(1));
    }

    [Fact]
    public void What_was_overwritten_is_not_read()
    {
        for (int i = 0; i < 40; i++)
            Log.Write(Encoding.UTF8.GetBytes($"{i}"), 0);

        Assert.Null(Read(40 - LogLayout.Slots - 1));
        Assert.Equal("9", Read(40 - LogLayout.Slots)?.Text);
        Assert.Equal("39", Read(39)?.Text);
    }

    [Fact]
    public void Whatever_the_writer_puts_there_a_reader_gets_short_printable_text()
    {
        Random random = new(5);
        byte[] text = new byte[LogLayout.MaxText];
        for (int round = 0; round < 2000; round++)
        {
            random.NextBytes(new Span<byte>(_memory, 4096));
            uint number = (uint)random.Next();
            *(uint*)(_memory + LogLayout.SlotSize * (1 + number % LogLayout.Slots)) = number + 1;
            Assert.True(Log.TryRead(number, text, out int length, out _, out _, out _));
            Assert.InRange(length, 0, LogLayout.MaxText);
            Assert.DoesNotContain(text.Take(length), value => value < 0x20 || value == 0x7f);
        }
    }

    [Fact]
    public void Lines_of_several_writers_stay_whole()
    {
        Parallel.For(0, 4, writer =>
        {
            for (int i = 0; i < 5000; i++)
                new LogPage(_memory).Write(Encoding.UTF8.GetBytes(new string((char)('a' + writer), 1 + i % 100)), 0);
        });

        Assert.Equal(20_000u, Log.Head);
        for (uint i = 20_000 - LogLayout.Slots; i < 20_000; i++)
        {
            if (Read(i) is { } line)
                Assert.Single(line.Text.Distinct());
        }
    }

    private (string Text, ulong Time, bool Continued)? Read(uint number)
    {
        byte[] text = new byte[LogLayout.MaxText];
        return Log.TryRead(number, text, out int length, out ulong time, out bool continued, out _)
            ? (Encoding.UTF8.GetString(text, 0, length), time, continued)
            : null;
    }
}
