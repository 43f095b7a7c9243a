using System;
using System.Threading;
using Kilonova.Abi;

namespace Kilonova.Runtime;

/// <summary>
/// A component's counters, one page shared with its parent; <see cref="CounterLayout"/>. One thread adds counters, any sets them; the reader
/// copies and trusts nothing of what it finds.
/// </summary>
public readonly unsafe struct CounterPage
{
    private readonly byte* _page;

    /// <summary>Takes a mapped page.</summary>
    public CounterPage(byte* page) => _page = page;

    /// <summary>Counters that there are, as far as the page can hold them.</summary>
    public int Count => (int)Math.Min(Volatile.Read(ref *(uint*)(_page + CounterLayout.Head)), CounterLayout.MaxCounters);

    /// <summary>Adds a counter.</summary>
    /// <param name="name">Its name; what is longer than <see cref="CounterLayout.MaxName"/> is cut.</param>
    /// <returns>Its number; -1 when there are <see cref="CounterLayout.MaxCounters"/>.</returns>
    public int Add(ReadOnlySpan<byte> name)
    {
        var number = Count;
        if (number == CounterLayout.MaxCounters)
            return -1;

        var entry = Entry(number);
        var length = Math.Min(name.Length, CounterLayout.MaxName);
        for (var i = 0; i < length; i++)
            entry[CounterLayout.Name + i] = name[i];

        *(ushort*)(entry + CounterLayout.Length) = (ushort)length;
        *(ulong*)(entry + CounterLayout.Value) = 0;
        Volatile.Write(ref *(uint*)(_page + CounterLayout.Head), (uint)number + 1);
        return number;
    }

    /// <summary>Sets a counter; -1 is none.</summary>
    public void Set(int number, ulong value)
    {
        if ((uint)number < CounterLayout.MaxCounters)
            Volatile.Write(ref *(ulong*)(Entry(number) + CounterLayout.Value), value);
    }

    /// <summary>Reads a counter.</summary>
    /// <param name="number">Its number, from 0 on.</param>
    /// <param name="name">At least <see cref="CounterLayout.MaxName"/> bytes; bytes that are no printable ASCII become '?'.</param>
    /// <param name="length">Bytes of name.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False when there is none.</returns>
    public bool TryRead(uint number, Span<byte> name, out int length, out ulong value)
    {
        length = 0;
        value = 0;
        if (number >= (uint)Count)
            return false;

        var entry = Entry((int)number);
        length = Math.Min(*(ushort*)(entry + CounterLayout.Length), (ushort)CounterLayout.MaxName);
        for (var i = 0; i < length; i++)
        {
            var letter = entry[CounterLayout.Name + i];
            name[i] = letter is < 0x20 or >= 0x7f or (byte)'"' or (byte)'\\' ? (byte)'?' : letter;
        }

        value = Volatile.Read(ref *(ulong*)(entry + CounterLayout.Value));
        return true;
    }

    private byte* Entry(int number) => _page + CounterLayout.EntrySize * (1 + number);
}
