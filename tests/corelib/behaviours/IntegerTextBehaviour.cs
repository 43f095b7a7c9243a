// Integers to text and back.
using System;
using System.Globalization;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class IntegerTextBehaviour
{
    internal static void Run()
    {
        Area("integer text");
        Value("sbyte", Opaque(sbyte.MinValue).ToString());
        Value("byte", Opaque(byte.MaxValue).ToString());
        Value("short", Opaque(short.MinValue).ToString());
        Value("ushort", Opaque(ushort.MaxValue).ToString());
        Value("int", Opaque(int.MinValue).ToString());
        Value("uint", Opaque(uint.MaxValue).ToString());
        Value("long", Opaque(long.MinValue).ToString());
        Value("ulong", Opaque(ulong.MaxValue).ToString());
        Value("nint", Opaque((nint)(-42)).ToString());
        Value("nuint", Opaque(nuint.MaxValue).ToString());
        Value("zero", Opaque(0).ToString());
        Value("bool", Opaque(true).ToString() + Opaque(false).ToString());
        Value("char", Opaque('x').ToString());

        foreach (string format in new[] { "", "G", "D", "D5", "D12", "X", "x", "X2", "X8", "x16", "B", "B12", "N0", "N", "N3", "F0", "F1", "d3", "n1" })
        {
            Value($"int as '{format}'", Opaque(-1234567).ToString(format));
            Value($"uint as '{format}'", Opaque(4000000000u).ToString(format));
            Value($"sbyte as '{format}'", Opaque((sbyte)-5).ToString(format));
            Value($"ushort as '{format}'", Opaque((ushort)1000).ToString(format));
            Value($"long as '{format}'", Opaque(long.MinValue).ToString(format));
            Value($"ulong as '{format}'", Opaque(ulong.MaxValue).ToString(format));
            Value($"zero as '{format}'", Opaque(0L).ToString(format));
        }
        Throws("bad format", () => Opaque(1).ToString("Q"));

        Parsing();
        IntoSpans();
    }

    private static void Parsing()
    {
        foreach (string text in new[] { "0", "12", "-12", "+7", " 42 ", "", " ", "-", "1 2", "12x", "2147483647", "2147483648", "-2147483648",
            "-2147483649", "00000000000000000000000000001", "99999999999999999999999", "1,000", "0x10", "-0", "--1", "\t5\n" })
        {
            Value($"int of '{Printable(text)}'", int.TryParse(text, out int number) ? number.ToString() : "no, " + number);
        }
        foreach (string text in new[] { "255", "256", "-1", "-0", "0" })
            Value($"byte of '{text}'", byte.TryParse(text, out byte number) ? number.ToString() : "no");
        foreach (string text in new[] { "18446744073709551615", "18446744073709551616", "-1" })
            Value($"ulong of '{text}'", ulong.TryParse(text, out ulong number) ? number.ToString() : "no");
        foreach (string text in new[] { "9223372036854775807", "9223372036854775808", "-9223372036854775808" })
            Value($"long of '{text}'", long.TryParse(text, out long number) ? number.ToString() : "no");
        foreach (string text in new[] { "ff", "FFFFFFFF", "7fffffff", "100000000", "", "g", "-1", " 1f " })
            Value($"hexadecimal int of '{text}'", int.TryParse(text, NumberStyles.HexNumber, null, out int number) ? number.ToString() : "no");
        Value("hexadecimal ulong", ulong.Parse("fedcba9876543210", NumberStyles.HexNumber));
        Value("no sign allowed", int.TryParse("-1", NumberStyles.None, null, out _));
        Value("no blank allowed", int.TryParse(" 1", NumberStyles.AllowLeadingSign, null, out _));
        Value("of a span", int.Parse("x123y".AsSpan(1, 3)));
        Throws("of null", () => int.Parse((string)null!));
        Throws("of nonsense", () => int.Parse("nonsense"));
        Throws("of too much", () => short.Parse("40000"));
        Value("true", bool.TryParse(" TRUE ", out bool yes) && yes);
        Value("false", bool.TryParse("False", out bool no) && !no);
        Throws("neither", () => bool.Parse("maybe"));
    }

    private static void IntoSpans()
    {
        Span<char> characters = stackalloc char[12];
        Value("fits", Opaque(-2147483648).TryFormat(characters, out int written) ? characters.Slice(0, written).ToString() : "no");
        Value("does not fit", Opaque(-2147483648).TryFormat(characters.Slice(0, 10), out written));
        Value("nothing written", written);
        Value("formatted", Opaque(255).TryFormat(characters, out written, "x4") ? characters.Slice(0, written).ToString() : "no");
        Span<byte> bytes = stackalloc byte[24];
        Value("as UTF-8", Opaque(long.MinValue).TryFormat(bytes, out written) ? System.Text.Encoding.UTF8.GetString(bytes.Slice(0, written)) : "no");
        Value("UTF-8 too long", Opaque(long.MinValue).TryFormat(bytes.Slice(4, 19), out written));
        Value("exactly fits", Opaque(1234).TryFormat(bytes.Slice(0, 4), out written));
    }

    private static string Printable(string text) => text.Replace("\t", "\\t").Replace("\n", "\\n");
}
