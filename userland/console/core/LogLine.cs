using System;

namespace Kilonova.Console;

/// <summary>Lines of the log's view: "[seconds] L name| text", where L is the level.</summary>
public static class LogLine
{
    private const int MostDigits = 24;
    private const int MaxLength = 256;
    private const int Decimals = 3;
    private const int Width = 9;

    /// <summary>The letters of the levels, in their order: information, warning, error, debug.</summary>
    public static ReadOnlySpan<byte> Letters => "IWED"u8;

    /// <summary>Adds a line to the log's view.</summary>
    /// <param name="views">The views.</param>
    /// <param name="milliseconds">When it was logged.</param>
    /// <param name="level">Number of its level.</param>
    /// <param name="name">Who logged it.</param>
    /// <param name="text">What.</param>
    public static void Write(Multiplexer views, ulong milliseconds, int level, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        Span<byte> line = stackalloc byte[MaxLength];
        line[0] = (byte)'[';
        var length = 1 + WriteSeconds(milliseconds, line.Slice(1));
        Append(line, ref length, "] "u8);
        Append(line, ref length, Letters.Slice((uint)level < (uint)Letters.Length ? level : 0, 1));
        Append(line, ref length, " "u8);
        Append(line, ref length, name);
        Append(line, ref length, "| "u8);
        Append(line, ref length, text);
        line[length++] = (byte)'\n';
        views.Write(Multiplexer.LogView, line.Slice(0, length));
    }

    /// <summary>How a line is shown.</summary>
    /// <param name="view">The log's view.</param>
    /// <param name="start">Offset of the line's first byte in what is kept.</param>
    internal static CellStyle Style(View view, int start)
    {
        for (var i = start; i < Math.Min(start + MostDigits, view.Kept - 2); i++)
        {
            if (view[i] != ']')
                continue;

            return view[i + 2] switch
            {
                (byte)'W' => CellStyle.Warning,
                (byte)'E' => CellStyle.Error,
                (byte)'D' => CellStyle.Dim,
                _ => CellStyle.Normal,
            };
        }

        return CellStyle.Normal;
    }

    // Seconds with three decimals, at least as wide as a day of them.
    private static int WriteSeconds(ulong milliseconds, Span<byte> text)
    {
        Span<byte> digits = stackalloc byte[MostDigits];
        var count = 0;
        do
        {
            if (count == Decimals)
                digits[count++] = (byte)'.';

            digits[count++] = (byte)('0' + milliseconds % 10);
            milliseconds /= 10;
        }
        while (milliseconds != 0 || count <= Decimals + 1);

        while (count < Width)
            digits[count++] = (byte)' ';

        for (var i = 0; i < count; i++)
            text[i] = digits[count - 1 - i];

        return count;
    }

    private static void Append(Span<byte> line, ref int length, ReadOnlySpan<byte> text)
    {
        text = text.Slice(0, Math.Min(text.Length, line.Length - length - 1));
        text.CopyTo(line.Slice(length));
        length += text.Length;
    }
}
