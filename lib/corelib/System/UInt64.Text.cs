// The ulong as text and text as ulong (Number.Formatting.cs, Number.Parsing.cs).
using System.Globalization;

namespace System;

public readonly partial struct UInt64 : IComparable, ISpanFormattable, IUtf8SpanFormattable
{
    public override string ToString() => Number.ToString((long)_value, false, 8, default);

    public string ToString(string? format) => Number.ToString((long)_value, false, 8, format);

    public string ToString(IFormatProvider? provider) => ToString();

    public string ToString(string? format, IFormatProvider? provider) => ToString(format);

    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat((long)_value, false, 8, format, destination, out charsWritten);

    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat((long)_value, false, 8, format, utf8Destination, out bytesWritten);

    public int CompareTo(object? value) => value switch
    {
        null => 1,
        ulong other => CompareTo(other),
        _ => throw new ArgumentException("Object must be of type UInt64."),
    };

    public static ulong Parse(string s) => Parse(s, NumberStyles.Integer);

    public static ulong Parse(string s, IFormatProvider? provider) => Parse(s, NumberStyles.Integer);

    public static ulong Parse(string s, NumberStyles style, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse((ReadOnlySpan<char>)s, style);
    }

    public static ulong Parse(ReadOnlySpan<char> s, NumberStyles style = NumberStyles.Integer, IFormatProvider? provider = null) =>
        (ulong)Number.ParseOrThrow(s, style, false, 8);

    public static bool TryParse(string? s, out ulong result) => TryParse((ReadOnlySpan<char>)s, NumberStyles.Integer, null, out result);

    public static bool TryParse(ReadOnlySpan<char> s, out ulong result) => TryParse(s, NumberStyles.Integer, null, out result);

    public static bool TryParse(string? s, NumberStyles style, IFormatProvider? provider, out ulong result) =>
        TryParse((ReadOnlySpan<char>)s, style, provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, NumberStyles style, IFormatProvider? provider, out ulong result)
    {
        Number.ParseStatus status = Number.Parse(s, style, false, 8, out long value);
        result = status == Number.ParseStatus.Ok ? (ulong)value : default;
        return status == Number.ParseStatus.Ok;
    }
}
