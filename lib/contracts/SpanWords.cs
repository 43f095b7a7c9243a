// Spans in messages: their words follow the fixed words in the order of the parameters; their lengths are fixed words.
using System;
using System.Runtime.InteropServices;

namespace Kilonova.Contracts;

/// <summary>For generated code: copies spans into messages and out of them.</summary>
public static class SpanWords
{
    /// <summary>Words that so many bytes take.</summary>
    public static int OfBytes(int length) => (length + sizeof(ulong) - 1) / sizeof(ulong);

    /// <summary>
    /// Appends bytes and moves behind them. What they leave of the last word is zeroed: old messages are nobody's business.
    /// </summary>
    public static void Write(Span<ulong> message, ref int at, ReadOnlySpan<byte> bytes)
    {
        int words = OfBytes(bytes.Length);
        if (words == 0)
            return;
        Span<ulong> target = message.Slice(at, words);
        target[words - 1] = 0;
        bytes.CopyTo(MemoryMarshal.AsBytes(target));
        at += words;
    }

    /// <summary>Appends words and moves behind them.</summary>
    public static void Write(Span<ulong> message, ref int at, ReadOnlySpan<ulong> words)
    {
        words.CopyTo(message.Slice(at, words.Length));
        at += words.Length;
    }

    /// <summary>
    /// Copies bytes that arrived and moves behind them. They are copied because calls that the receiver makes meanwhile overwrite the
    /// message.
    /// </summary>
    /// <returns>False where the length is over the bound or the message too short.</returns>
    public static bool TryRead(ReadOnlySpan<ulong> message, int words, ref int at, ulong length, int maximum,
        Span<ulong> copy, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (length > (ulong)maximum)
            return false;
        int needed = OfBytes((int)length);
        if (needed > words - at)
            return false;
        message.Slice(at, needed).CopyTo(copy);
        bytes = MemoryMarshal.AsBytes(copy).Slice(0, (int)length);
        at += needed;
        return true;
    }

    /// <summary>Like the other, for words.</summary>
    public static bool TryRead(ReadOnlySpan<ulong> message, int words, ref int at, ulong length, int maximum,
        Span<ulong> copy, out ReadOnlySpan<ulong> data)
    {
        data = default;
        if (length > (ulong)maximum || (int)length > words - at)
            return false;
        message.Slice(at, (int)length).CopyTo(copy);
        data = copy.Slice(0, (int)length);
        at += (int)length;
        return true;
    }

    /// <summary>Copies bytes of a reply into the caller's span and moves behind them.</summary>
    /// <returns>False where there are more than the caller asked for, or the reply is too short.</returns>
    public static bool TryCopy(ReadOnlySpan<ulong> message, int words, ref int at, ulong length, int capacity, Span<byte> target)
    {
        if (length > (ulong)capacity)
            return false;
        int needed = OfBytes((int)length);
        if (needed > words - at)
            return false;
        MemoryMarshal.AsBytes(message.Slice(at, needed)).Slice(0, (int)length).CopyTo(target);
        at += needed;
        return true;
    }

    /// <summary>Like the other, for words.</summary>
    public static bool TryCopy(ReadOnlySpan<ulong> message, int words, ref int at, ulong length, int capacity, Span<ulong> target)
    {
        if (length > (ulong)capacity || (int)length > words - at)
            return false;
        message.Slice(at, (int)length).CopyTo(target);
        at += (int)length;
        return true;
    }

    /// <summary>The first <paramref name="length"/> bytes of words.</summary>
    public static Span<byte> Bytes(Span<ulong> words, int length) => MemoryMarshal.AsBytes(words).Slice(0, length);
}
