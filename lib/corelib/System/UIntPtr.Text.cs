// The nuint as text and text as nuint (Number.Formatting.cs, Number.Parsing.cs).
using System.Globalization;

namespace System;

public readonly unsafe partial struct UIntPtr : IComparable, ISpanFormattable, IUtf8SpanFormattable
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
        nuint other => CompareTo(other),
        _ => throw new ArgumentException("Object must be of type UIntPtr."),
    };

    public static nuint Parse(string s) => Parse(s, NumberStyles.Integer);

    public static nuint Parse(string s, IFormatProvider? provider) => Parse(s, NumberStyles.Integer);

    public static nuint Parse(string s, NumberStyles style, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse((ReadOnlySpan<char>)s, style);
    }

    public static nuint Parse(ReadOnlySpan<char> s, NumberStyles style = NumberStyles.Integer, IFormatProvider? provider = null) =>
        (nuint)Number.ParseOrThrow(s, style, false, 8);

    public static bool TryParse(string? s, out nuint result) => TryParse((ReadOnlySpan<char>)s, NumberStyles.Integer, null, out result);

    public static bool TryParse(ReadOnlySpan<char> s, out nuint result) => TryParse(s, NumberStyles.Integer, null, out result);

    public static bool TryParse(string? s, NumberStyles style, IFormatProvider? provider, out nuint result) =>
        TryParse((ReadOnlySpan<char>)s, style, provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, NumberStyles style, IFormatProvider? provider, out nuint result)
    {
        Number.ParseStatus status = Number.Parse(s, style, false, 8, out long value);
        result = status == Number.ParseStatus.Ok ? (nuint)value : default;
        return status == Number.ParseStatus.Ok;
    }
}
