// The uint as text and text as uint (Number.Formatting.cs, Number.Parsing.cs).
using System.Globalization;

namespace System;

public readonly partial struct UInt32 : IComparable, ISpanFormattable, IUtf8SpanFormattable
{
    public override string ToString() => Number.ToString(_value, false, 4, default);

    public string ToString(string? format) => Number.ToString(_value, false, 4, format);

    public string ToString(IFormatProvider? provider) => ToString();

    public string ToString(string? format, IFormatProvider? provider) => ToString(format);

    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat(_value, false, 4, format, destination, out charsWritten);

    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat(_value, false, 4, format, utf8Destination, out bytesWritten);

    public int CompareTo(object? value) => value switch
    {
        null => 1,
        uint other => CompareTo(other),
        _ => throw new ArgumentException("Object must be of type UInt32."),
    };

    public static uint Parse(string s) => Parse(s, NumberStyles.Integer);

    public static uint Parse(string s, IFormatProvider? provider) => Parse(s, NumberStyles.Integer);

    public static uint Parse(string s, NumberStyles style, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse((ReadOnlySpan<char>)s, style);
    }

    public static uint Parse(ReadOnlySpan<char> s, NumberStyles style = NumberStyles.Integer, IFormatProvider? provider = null) =>
        (uint)Number.ParseOrThrow(s, style, false, 4);

    public static bool TryParse(string? s, out uint result) => TryParse((ReadOnlySpan<char>)s, NumberStyles.Integer, null, out result);

    public static bool TryParse(ReadOnlySpan<char> s, out uint result) => TryParse(s, NumberStyles.Integer, null, out result);

    public static bool TryParse(string? s, NumberStyles style, IFormatProvider? provider, out uint result) =>
        TryParse((ReadOnlySpan<char>)s, style, provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, NumberStyles style, IFormatProvider? provider, out uint result)
    {
        Number.ParseStatus status = Number.Parse(s, style, false, 4, out long value);
        result = status == Number.ParseStatus.Ok ? (uint)value : default;
        return status == Number.ParseStatus.Ok;
    }
}
