using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Kilonova.Abi;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

/// <summary>The ring of specification section C.1, with a consumer that reads as the specification says.</summary>
[Collection("console")]
public sealed unsafe class MemoryConsoleTests : IDisposable
{
    private const uint Characters = 16;

    private readonly ConsoleBuffer* _ring;

    public MemoryConsoleTests()
    {
        _ring = (ConsoleBuffer*)NativeMemory.AllocZeroed(ConsoleBuffer.Size + Characters);
        MemoryConsole.Reset();
    }

    public void Dispose()
    {
        MemoryConsole.Reset();
        NativeMemory.Free(_ring);
    }

    private static void Write(string text)
    {
        foreach (byte character in Encoding.ASCII.GetBytes(text))
        {
            MemoryConsole.Write(character);
        }
    }

    private void Start() => MemoryConsole.Initialize(_ring, ConsoleBuffer.Size + Characters);

    private string ReadAll()
    {
        var text = new StringBuilder();
        while (_ring->ReadIndex != _ring->WriteIndex)
        {
            text.Append((char)((byte*)_ring)[ConsoleBuffer.Size + _ring->ReadIndex]);
            _ring->ReadIndex = (_ring->ReadIndex + 1) % Characters;
        }

        return text.ToString();
    }

    [Fact]
    public void What_is_written_is_read()
    {
        Start();
        Assert.Equal("", ReadAll());
        Write("hello");
        Assert.Equal("hello", ReadAll());
        Assert.Equal("", ReadAll());
    }

    [Fact]
    public void A_full_ring_drops_its_oldest_character()
    {
        Start();
        Write("0123456789abcde");
        Assert.Equal(0u, _ring->ReadIndex);
        Write("f");
        Assert.Equal(1u, _ring->ReadIndex);
        Write("ghi");
        Assert.Equal("456789abcdefghi", ReadAll());
    }

    [Fact]
    public void Indexes_stay_below_the_number_of_characters()
    {
        Start();
        for (int i = 0; i < 100; i++)
        {
            Write("x");
            Assert.InRange(_ring->ReadIndex, 0u, Characters - 1);
            Assert.InRange(_ring->WriteIndex, 0u, Characters - 1);
        }
    }

    [Fact]
    public void What_was_written_before_the_ring_existed_is_in_it()
    {
        Write("early");
        Start();
        Write(" late");
        Assert.Equal("early late", ReadAll());
    }

    [Fact]
    public void Of_much_early_text_the_end_is_kept()
    {
        Write(string.Concat(Enumerable.Repeat("0123456789", 1000)));
        Start();
        Assert.Equal("567890123456789", ReadAll());
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(Characters)]
    [InlineData(0x0fff_ffffu)]
    public void A_consumer_that_writes_nonsense_harms_only_itself(uint nonsense)
    {
        Start();
        for (int i = 0; i < 40; i++)
        {
            _ring->ReadIndex = nonsense;
            Write("x");
            Assert.InRange(_ring->WriteIndex, 0u, Characters - 1);
        }
    }
}
