using System;
using System.Collections.Generic;

namespace Kilonova.Formats.Tests;

/// <summary>Physical memory made of separate pieces; what lies between them cannot be read, nor can a range that leaves a piece.</summary>
public sealed class FakeMemory
{
    private readonly List<(ulong Address, byte[] Bytes)> _pieces = [];

    /// <summary>The view that readers take.</summary>
    public View Reader => new(this);

    /// <summary>Number of times that something was mapped: a bound on the work done.</summary>
    public int Mappings { get; private set; }

    public FakeMemory Put(ulong address, params byte[] bytes)
    {
        _pieces.Add((address, bytes));
        return this;
    }

    private ReadOnlySpan<byte> Map(ulong address, uint length)
    {
        Mappings++;
        foreach ((ulong start, byte[] bytes) in _pieces)
        {
            if (address >= start && address - start <= (ulong)bytes.Length && length <= (ulong)bytes.Length - (address - start))
                return bytes.AsSpan((int)(address - start), (int)length);
        }

        return [];
    }

    public readonly struct View(FakeMemory memory) : IPhysicalMemory
    {
        public ReadOnlySpan<byte> Map(ulong address, uint length) => memory.Map(address, length);
    }
}
