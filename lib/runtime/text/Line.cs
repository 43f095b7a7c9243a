using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kilonova.Runtime;

/// <summary>
/// One line of text under construction, as UTF-8 in a buffer of its own on the stack; an interpolated string that becomes one is formatted
/// without allocation. Numbers take the formats "x" and "x1" to "x16" (hexadecimal, at least so many digits). Text beyond the buffer is cut off.
/// </summary>
[InterpolatedStringHandler]
public unsafe ref struct Line
{
    /// <summary>Bytes that a line holds.</summary>
    public const int Capacity = 248;

    private fixed byte _bytes[Capacity];
    private int _length;

    /// <summary>An empty line. The parameters are the compiler's estimate, which a fixed buffer does not need.</summary>
    public Line(int literalLength, int formattedCount)
    {
        _ = literalLength;
        _ = formattedCount;
        _length = 0;
    }

    /// <summary>The text so far.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Text => MemoryMarshal.CreateReadOnlySpan(ref _bytes[0], _length);

    [UnscopedRef]
    private Span<byte> Rest => MemoryMarshal.CreateSpan(ref _bytes[_length], Capacity - _length);

    /// <summary>Appends text of the program.</summary>
    public void AppendLiteral(string value) => AppendFormatted(Characters(value));

    /// <summary>Appends text; null is empty.</summary>
    public void AppendFormatted(string? value) => AppendFormatted(Characters(value));

    /// <summary>Appends UTF-16 text.</summary>
    public void AppendFormatted(ReadOnlySpan<char> value) => _length += Utf8Format.Text(Rest, value);

    /// <summary>Appends UTF-8 text.</summary>
    public void AppendFormatted(ReadOnlySpan<byte> value) => _length += Utf8Format.Text(Rest, value);

    /// <summary>Appends a decimal number.</summary>
    public void AppendFormatted(ulong value) => _length += Utf8Format.Decimal(Rest, value);

    /// <summary>Appends a decimal number.</summary>
    public void AppendFormatted(long value) => _length += Utf8Format.Decimal(Rest, value);

    /// <summary>Appends a decimal number.</summary>
    public void AppendFormatted(uint value) => AppendFormatted((ulong)value);

    /// <summary>Appends a decimal number.</summary>
    public void AppendFormatted(int value) => AppendFormatted((long)value);

    /// <summary>Appends "true" or "false".</summary>
    public void AppendFormatted(bool value) => AppendFormatted(value ? "true"u8 : "false"u8);

    /// <summary>Appends a number in the format "x" or "x1" to "x16".</summary>
    public void AppendFormatted(ulong value, string format) => _length += Utf8Format.Hexadecimal(Rest, value, MinDigits(format));

    /// <summary>Appends a number in the format "x" or "x1" to "x16".</summary>
    public void AppendFormatted(uint value, string format) => AppendFormatted((ulong)value, format);

    private static ReadOnlySpan<char> Characters(string? value) =>
        value is null ? ReadOnlySpan<char>.Empty : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in value.GetPinnableReference()), value.Length);

    private static int MinDigits(string format)
    {
        var digits = 0;
        for (var i = 1; i < format.Length; i++)
            digits = digits * 10 + (format[i] - '0');

        return digits;
    }
}
