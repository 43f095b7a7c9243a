using System;
using System.Runtime.InteropServices;
using System.Text;
using Kilonova.Abi;
using Kilonova.Runtime;
using Xunit;

namespace Kilonova.Sigma0.Tests;

/// <summary>Counters as a component writes them, and as a reader finds them that trusts nothing.</summary>
public sealed unsafe class CounterPageTests : IDisposable
{
    private const int PageSize = 4096;

    private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed(PageSize);

    private CounterPage Page => new(_memory);

    public void Dispose() => NativeMemory.Free(_memory);

    [Fact]
    public void Counters_are_read_as_they_were_set()
    {
        var reads = Page.Add("reads"u8);
        var writes = Page.Add("writes"u8);
        Page.Set(reads, 5);
        Page.Set(writes, ulong.MaxValue);
        Assert.Equal(("reads", 5ul), Read(0));
        Assert.Equal(("writes", ulong.MaxValue), Read(1));
        Assert.False(Page.TryRead(2, new byte[CounterLayout.MaxName], out _, out _));
    }

    [Fact]
    public void A_full_page_takes_no_more_and_a_long_name_is_cut()
    {
        for (var i = 0; i < CounterLayout.MaxCounters; i++)
            Assert.Equal(i, Page.Add(Encoding.ASCII.GetBytes(new string('n', 100))));

        Assert.Equal(-1, Page.Add("more"u8));
        Page.Set(-1, 3);
        Page.Set(CounterLayout.MaxCounters, 3);
        Page.Set(CounterLayout.MaxCounters - 1, 3);
        Assert.Equal((new string('n', CounterLayout.MaxName), 3ul), Read(CounterLayout.MaxCounters - 1));
        Assert.Equal(CounterLayout.EntrySize * (CounterLayout.MaxCounters + 1), PageSize);
    }

    [Fact]
    public void Whatever_a_component_writes_is_read_within_its_page()
    {
        var random = new Random(3);
        for (var round = 0; round < 1000; round++)
        {
            random.NextBytes(new Span<byte>(_memory, PageSize));
            Assert.InRange(Page.Count, 0, CounterLayout.MaxCounters);
            for (var i = 0u; i < 70; i++)
            {
                var name = new byte[CounterLayout.MaxName];
                if (!Page.TryRead(i, name, out var length, out _))
                    continue;

                Assert.InRange(length, 0, CounterLayout.MaxName);
                Assert.All(name[..length], letter => Assert.True(letter is >= 0x20 and < 0x7f and not (byte)'"'));
            }
        }
    }

    private (string Name, ulong Value) Read(int number)
    {
        var name = new byte[CounterLayout.MaxName];
        Assert.True(Page.TryRead((uint)number, name, out var length, out var value));
        return (Encoding.ASCII.GetString(name, 0, length), value);
    }
}
