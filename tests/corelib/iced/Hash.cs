using System;

namespace Kilonova.IcedComparison;

/// <summary>FNV-1a over everything that is said about instructions.</summary>
internal sealed class Hash
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    private ulong _state = Offset;

    internal ulong Value => _state;

    internal void Reset() => _state = Offset;

    internal void Add(ulong value)
    {
        for (int i = 0; i < sizeof(ulong); i++)
        {
            _state = (_state ^ (byte)value) * Prime;
            value >>= 8;
        }
    }

    internal void Add(bool value) => Add(value ? 1ul : 0ul);

    internal void Add(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
            _state = (_state ^ c) * Prime;
    }
}
