// Composite formatting and interpolated strings, also into the caller's bytes.
using System;
using System.Text;
using System.Text.Unicode;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class FormattingBehaviour
{
    private enum Colour
    {
        Red,
        Green = 5,
    }

    private sealed class Named : IFormattable
    {
        public override string ToString() => "plain";

        public string ToString(string? format, IFormatProvider? formatProvider) => $"<{format}>";
    }

    internal static void Run()
    {
        Area("formatting");
        Value("format", string.Format("{0} and {1}", 1, "two"));
        Value("format aligned", string.Format("|{0,5}|{1,-5}|{0,2:X3}|", 42, "ab"));
        Value("format repeated", string.Format("{1}{0}{1}", 'a', 'b'));
        Value("format braces", string.Format("{{{0}}}", 5));
        Value("format null", string.Format("[{0}]", (object?)null));
        Value("format formattable", string.Format("{0:abc} {0}", new Named()));
        Throws("format index", () => string.Format("{1}", "only one"));
        Throws("format open", () => string.Format("{0", 1));
        Throws("format close", () => string.Format("}", 1));

        int number = Opaque(-42);
        string text = Opaque("txt");
        string? nothing = Opaque<string?>(null);
        Value("interpolated", $"{number} {text} {nothing} {Opaque('c')} {Opaque(true)} {Opaque(7ul)}");
        Value("interpolated aligned", $"|{number,6}|{number,-6}|{text,5}|{text,-5}|");
        Value("interpolated format", $"{Opaque(255):X4} {Opaque(1234567):N0} {Opaque(5):D3} {Opaque((byte)3):b}");
        Value("interpolated both", $"|{Opaque(255),8:x}|{Opaque(255),-8:x}|");
        Value("interpolated formattable", $"{new Named()} {new Named():q}");
        Value("interpolated span", $"{"abcdef".AsSpan(2, 3)}");
        Value("interpolated nullable", $"{Opaque<int?>(3)} {Opaque<int?>(null)}|");
        Value("interpolated nested", $"{$"{number}!"}?");
        Value("enum number", ((int)Opaque(Colour.Green)).ToString());
        Value("enum digits", Opaque(Colour.Green).ToString("D"));
        Value("enum hexadecimal", Opaque(Colour.Green).ToString("X"));
        Value("enum without name", Opaque((Colour)77).ToString());
        Value("enum in text", $"{Opaque((Colour)78)}");

        IntoBytes();
    }

    private static void IntoBytes()
    {
        byte[] buffer = new byte[64];
        Value("utf8", Utf8.TryWrite(buffer, $"{Opaque(-5)} {Opaque("\u00e4\u20ac")} {Opaque(255):x4} {Opaque('z')} {Opaque(true)}", out int written)
            ? Encoding.UTF8.GetString(buffer, 0, written) : "no");
        Value("utf8 aligned", Utf8.TryWrite(buffer, $"|{Opaque(12),5}|{Opaque(12),-5}|{Opaque("ab"),4}|", out written)
            ? Encoding.UTF8.GetString(buffer, 0, written) : "no");
        Value("utf8 bytes", Utf8.TryWrite(buffer, $"<{"raw"u8}>", out written) ? Encoding.UTF8.GetString(buffer, 0, written) : "no");
        Value("utf8 exact", Utf8.TryWrite(buffer.AsSpan(0, 5), $"12{Opaque(345)}", out written));
        Value("utf8 too long", Utf8.TryWrite(buffer.AsSpan(0, 4), $"12{Opaque(345)}", out written));
        Value("utf8 nothing written", written);
        Value("utf8 literal too long", Utf8.TryWrite(buffer.AsSpan(0, 3), $"12345", out written));
    }
}
