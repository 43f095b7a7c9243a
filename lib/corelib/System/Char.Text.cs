// Characters as text, and the classes of characters: exact for ASCII and Latin-1, beyond that no Unicode tables are carried.
namespace System;

public readonly partial struct Char : IComparable, ISpanFormattable, IUtf8SpanFormattable
{
    public override string ToString() => new string(_value, 1);

    public static string ToString(char c) => new string(c, 1);

    public string ToString(string? format, IFormatProvider? provider) => ToString();

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (destination.IsEmpty)
        {
            charsWritten = 0;
            return false;
        }
        destination[0] = _value;
        charsWritten = 1;
        return true;
    }

    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Text.Utf8.TryEncode(new ReadOnlySpan<char>(in _value), utf8Destination, out bytesWritten);

    public int CompareTo(object? value) => value switch
    {
        null => 1,
        char other => CompareTo(other),
        _ => throw new ArgumentException("Object must be of type Char."),
    };

    public static bool IsDigit(char c) => IsAsciiDigit(c);

    public static bool IsLetter(char c) =>
        IsAsciiLetter(c) || c is '\u00aa' or '\u00b5' or '\u00ba' || (c is >= '\u00c0' and <= '\u00ff' and not '\u00d7' and not '\u00f7');

    public static bool IsLetterOrDigit(char c) => IsLetter(c) || IsDigit(c);

    public static bool IsUpper(char c) => IsAsciiLetterUpper(c) || (c is >= '\u00c0' and <= '\u00de' and not '\u00d7');

    public static bool IsLower(char c) => IsAsciiLetterLower(c) || c == '\u00b5' || (c is >= '\u00df' and <= '\u00ff' and not '\u00f7');

    public static bool IsWhiteSpace(char c) => c is ' ' or (>= '\t' and <= '\r') or '\u0085' or '\u00a0' or '\u1680'
        or (>= '\u2000' and <= '\u200a') or '\u2028' or '\u2029' or '\u202f' or '\u205f' or '\u3000';

    public static bool IsControl(char c) => c < ' ' || c is >= '\u007f' and <= '\u009f';

    public static char ToUpperInvariant(char c)
    {
        if (c == '\u00ff')
            return '\u0178';
        return IsLower(c) && c is not ('\u00df' or '\u00b5') ? (char)(c - 0x20) : c == '\u00b5' ? '\u039c' : c;
    }

    public static char ToLowerInvariant(char c) => IsUpper(c) ? (char)(c + 0x20) : c;
}
