using System;

namespace Kilonova.Formats;

/// <summary>The words of a command line: separated by blanks, "name" or "name=value".</summary>
public static class CommandLine
{
    /// <summary>Walks the words.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="cursor">0 for the first word; moved on by every call.</param>
    /// <returns>The word; empty at the end.</returns>
    public static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> line, scoped ref uint cursor)
    {
        uint start = cursor;
        while (start < (uint)line.Length && IsBlank(line[(int)start]))
            start++;

        uint end = start;
        while (end < (uint)line.Length && !IsBlank(line[(int)end]))
            end++;

        cursor = end;
        return Little.Slice(line, start, end - start);
    }

    /// <summary>Whether a word occurs, alone or with a value.</summary>
    public static bool Has(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> word = Next(line, ref cursor);
            if (word.IsEmpty)
                return false;

            if (IsNamed(word, name))
                return true;
        }
    }

    /// <summary>The value of the first word of a name; empty when it does not occur or has none.</summary>
    public static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> word = Next(line, ref cursor);
            if (word.IsEmpty)
                return word;

            if (IsNamed(word, name))
                return word.Length > name.Length ? word.Slice(name.Length + 1) : ReadOnlySpan<byte>.Empty;
        }
    }

    /// <summary>Whether a text is a word.</summary>
    public static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => text.Length == word.Length && IsNamed(text, word);

    /// <summary>A number, decimal or after 0x hexadecimal, of at most 64 bits.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out ulong value)
    {
        bool hexadecimal = text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        uint numberBase = hexadecimal ? 16u : 10u;
        int first = hexadecimal ? 2 : 0;
        value = 0;
        for (int i = first; i < text.Length; i++)
        {
            uint digit = DigitOf(text[i]);
            if (digit >= numberBase || value > (ulong.MaxValue - digit) / numberBase)
                return false;

            value = (value * numberBase) + digit;
        }

        return text.Length > first;
    }

    private static uint DigitOf(byte character)
    {
        uint letter = (uint)(character | 0x20) - 'a';
        return character is >= (byte)'0' and <= (byte)'9' ? character - (uint)'0' : letter < 26 ? letter + 10 : uint.MaxValue;
    }

    private static bool IsNamed(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name)
    {
        if (word.Length < name.Length)
            return false;

        for (int i = 0; i < name.Length; i++)
        {
            if (word[i] != name[i])
                return false;
        }

        return word.Length == name.Length || word[name.Length] == (byte)'=';
    }

    private static bool IsBlank(byte character) => character is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
