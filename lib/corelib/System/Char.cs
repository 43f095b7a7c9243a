// A UTF-16 code unit. Classification beyond ASCII is left out: no Unicode tables are carried.
namespace System;

public readonly partial struct Char : IComparable<char>, IEquatable<char>
{
    private readonly char _value;

    public const char MinValue = '\0';
    public const char MaxValue = '\uffff';

    public bool Equals(char obj) => _value == obj;

    public override bool Equals(object? obj) => obj is char other && _value == other;

    public override int GetHashCode() => _value | (_value << 16);

    public int CompareTo(char value) => _value - value;

    public static bool IsAscii(char c) => c < 0x80;

    public static bool IsBetween(char c, char minInclusive, char maxInclusive) =>
        (uint)(c - minInclusive) <= (uint)(maxInclusive - minInclusive);

    public static bool IsAsciiDigit(char c) => IsBetween(c, '0', '9');

    public static bool IsAsciiLetterLower(char c) => IsBetween(c, 'a', 'z');

    public static bool IsAsciiLetterUpper(char c) => IsBetween(c, 'A', 'Z');

    public static bool IsAsciiLetter(char c) => IsBetween((char)(c | 0x20), 'a', 'z');

    public static bool IsAsciiLetterOrDigit(char c) => IsAsciiLetter(c) || IsAsciiDigit(c);

    public static bool IsAsciiHexDigit(char c) => IsAsciiDigit(c) || IsBetween((char)(c | 0x20), 'a', 'f');

    public static bool IsSurrogate(char c) => IsBetween(c, '\ud800', '\udfff');

    public static bool IsHighSurrogate(char c) => IsBetween(c, '\ud800', '\udbff');

    public static bool IsLowSurrogate(char c) => IsBetween(c, '\udc00', '\udfff');
}
