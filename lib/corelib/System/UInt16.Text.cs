// The ushort as text and text as ushort (Number.Formatting.cs, Number.Parsing.cs).
using System.Globalization;

namespace System;

public readonly partial struct UInt16 : IComparable, ISpanFormattable, IUtf8SpanFormattable
{
    public override string ToString() => Number.ToString(_value, false, 2, default);

    public string ToString(string? format) => Number.ToString(_value, false, 2, format);

    public string ToString(IFormatProvider? provider) => ToString();

    public string ToString(string? format, IFormatProvider? provider) => ToString(format);

    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat(_value, false, 2, format, destination, out charsWritten);

    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null) =>
        Number.TryFormat(_value, false, 2, format, utf8Destination, out bytesWritten);

    public int CompareTo(object? value) => value switch
    {
        null => 1,
        ushort other => CompareTo(other),
        _ => throw new ArgumentException("Object must be of type UInt16."),
    };

    public static ushort Parse(string s) => Parse(s, NumberStyles.Integer);

    public static ushort Parse(string s, IFormatProvider? provider) => Parse(s, NumberStyles.Integer);

    public static ushort Parse(string s, NumberStyles style, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse((ReadOnlySpan<char>)s, style);
    }

    public static ushort Parse(ReadOnlySpan<char> s, NumberStyles style = NumberStyles.Integer, IFormatProvider? provider = null) =>
        (ushort)Number.ParseOrThrow(s, style, false, 2);

    public static bool TryParse(string? s, out ushort result) => TryParse((ReadOnlySpan<char>)s, NumberStyles.Integer, null, out result);

    public static bool TryParse(ReadOnlySpan<char> s, out ushort result) => TryParse(s, NumberStyles.Integer, null, out result);

    public static bool TryParse(string? s, NumberStyles style, IFormatProvider? provider, out ushort result) =>
        TryParse((ReadOnlySpan<char>)s, style, provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, NumberStyles style, IFormatProvider? provider, out ushort result)
    {
        Number.ParseStatus status = Number.Parse(s, style, false, 2, out long value);
        result = status == Number.ParseStatus.Ok ? (ushort)value : default;
        return status == Number.ParseStatus.Ok;
    }
}
