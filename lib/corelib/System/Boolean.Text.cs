// True and False as text.
namespace System;

public readonly partial struct Boolean : IComparable, ISpanFormattable, IUtf8SpanFormattable
{
    public static readonly string TrueString = "True";
    public static readonly string FalseString = "False";

    public override string ToString() => _value ? "True" : "False";

    public string ToString(string? format, IFormatProvider? provider) => ToString();

    public bool TryFormat(Span<char> destination, out int charsWritten)
    {
        string text = ToString();
        bool fits = ((ReadOnlySpan<char>)text).TryCopyTo(destination);
        charsWritten = fits ? text.Length : 0;
        return fits;
    }

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TryFormat(destination, out charsWritten);

    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Text.Utf8.TryEncode(ToString(), utf8Destination, out bytesWritten);

    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        bool other => CompareTo(other),
        _ => throw new ArgumentException("Object must be of type Boolean."),
    };

    public static bool Parse(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!TryParse(value, out bool result))
            throw new FormatException("String was not recognized as a valid Boolean.");
        return result;
    }

    public static bool TryParse(string? value, out bool result) => TryParse((ReadOnlySpan<char>)value, out result);

    public static bool TryParse(ReadOnlySpan<char> value, out bool result)
    {
        ReadOnlySpan<char> trimmed = value.Trim();
        result = trimmed.Equals("True", StringComparison.OrdinalIgnoreCase);
        return result || trimmed.Equals("False", StringComparison.OrdinalIgnoreCase);
    }
}
