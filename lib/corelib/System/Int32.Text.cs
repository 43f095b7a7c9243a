// The int as text and text as int (Number.Formatting.cs, Number.Parsing.cs).
using System.Globalization;

namespace System;

public readonly partial struct Int32 : IComparable, ISpanFormattable, IUtf8SpanFormattable
{
    public override string ToString() => Number.ToString(_value, true, 4, default);

    public string ToString(string? format) => Number.ToString(_value, true, 4, format);

    public string ToString(IFormatProvider? provider) => ToString();

    public string ToString(string? format, IFormatProvider? provider) => ToString(format);

    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat(_value, true, 4, format, destination, out charsWritten);

    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat(_value, true, 4, format, utf8Destination, out bytesWritten);

    public int CompareTo(object? value) => value switch
    {
        null => 1,
        int other => CompareTo(other),
        _ => throw new ArgumentException("Object must be of type Int32."),
    };

    public static int Parse(string s) => Parse(s, NumberStyles.Integer);

    public static int Parse(string s, IFormatProvider? provider) => Parse(s, NumberStyles.Integer);

    public static int Parse(string s, NumberStyles style, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse((ReadOnlySpan<char>)s, style);
    }

    public static int Parse(ReadOnlySpan<char> s, NumberStyles style = NumberStyles.Integer, IFormatProvider? provider = null) =>
        (int)Number.ParseOrThrow(s, style, true, 4);

    public static bool TryParse(string? s, out int result) => TryParse((ReadOnlySpan<char>)s, NumberStyles.Integer, null, out result);

    public static bool TryParse(ReadOnlySpan<char> s, out int result) => TryParse(s, NumberStyles.Integer, null, out result);

    public static bool TryParse(string? s, NumberStyles style, IFormatProvider? provider, out int result) =>
        TryParse((ReadOnlySpan<char>)s, style, provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, NumberStyles style, IFormatProvider? provider, out int result)
    {
        Number.ParseStatus status = Number.Parse(s, style, true, 4, out long value);
        result = status == Number.ParseStatus.Ok ? (int)value : default;
        return status == Number.ParseStatus.Ok;
    }
}
