// Strings: making, cutting, searching, comparing.
using System;
using System.Text;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class StringBehaviour
{
    internal static void Run()
    {
        Area("string");
        string text = Opaque("The quick brown fox");
        Value("length", text.Length);
        Value("character", text[4]);
        Value("last", text[^1]);
        Throws("beyond", () => Opaque(text)[Opaque(19)].ToString());
        Value("range", text[4..9]);
        Value("concatenated", text + "!" + Opaque(5) + Opaque('c') + Opaque<string?>(null));
        Value("many", string.Concat("a", "b", "c", "d") + string.Concat("e", null, "f") + string.Concat(new[] { "g", "h", "i", "j", "k" }));
        Value("objects", string.Concat(1, "x", 'y'));
        Value("of characters", new string(new[] { 'a', 'b' }) + new string('z', 3) + new string("span".AsSpan(1)));
        Value("of nothing", new string('x', 0).Length);
        Value("part", text.Substring(4, 5) + text.Substring(16));
        Throws("part beyond", () => Opaque("abc").Substring(2, 2));
        Throws("part before", () => Opaque("abc").Substring(-1));
        Value("whole part", ReferenceEquals(text.Substring(0), text));
        Value("index", text.IndexOf('q'));
        Value("no index", text.IndexOf('z'));
        Value("index from", text.IndexOf('o', 13));
        Value("index of text", text.IndexOf("brown", StringComparison.Ordinal));
        Value("index of nothing", text.IndexOf("", StringComparison.Ordinal));
        Value("last index", text.LastIndexOf('o'));
        Value("any index", text.IndexOfAny(new[] { 'x', 'u' }));
        Value("contains", text.Contains("quick") && !text.Contains("slow") && text.Contains('T'));
        Value("starts", text.StartsWith("The", StringComparison.Ordinal) && !text.StartsWith('t') && text.StartsWith("tHE", StringComparison.OrdinalIgnoreCase));
        Value("ends", text.EndsWith("fox", StringComparison.Ordinal) && text.EndsWith('x') && !text.EndsWith("Fox", StringComparison.Ordinal));
        Value("trimmed", "<" + " \t a b \n".Trim() + "|" + "xxaxx".Trim('x') + "|" + "  a ".TrimStart() + "|" + " a  ".TrimEnd() + ">");
        Value("padded", "<" + "ab".PadLeft(5) + "|" + "ab".PadRight(4, '.') + "|" + "abc".PadLeft(2) + ">");
        Value("upper", "aBc-\u00e4\u00ff\u00df1".ToUpperInvariant());
        Value("lower", "aBC-\u00c41".ToLowerInvariant());
        Value("replaced", "banana".Replace('a', 'o') + "banana".Replace("an", "<>") + "banana".Replace("na", null));
        Value("inserted", "held".Insert(3, "lo wor"));
        Value("removed", "abcdef".Remove(1, 2) + "abcdef".Remove(4));
        Values("split", "a,b,,c".Split(','));
        Values("split without empty", "a,b,,c,".Split(',', StringSplitOptions.RemoveEmptyEntries));
        Values("split trimmed", " a , b ,, c ".Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        Values("split by text", "one--two--three".Split("--"));
        Values("split at most", "a b c d".Split(' ', 2));
        Values("split nothing", "".Split(','));
        Value("joined", string.Join(", ", "a", "b", "c") + string.Join('-', new[] { "x", "y" }) + string.Join("+", new System.Collections.Generic.List<int> { 1, 2 }));

        Value("equal", Opaque("ab") + "c" == Opaque("a") + "bc");
        Value("unequal", Opaque("ab") != Opaque("abc"));
        Value("equal null", Opaque<string?>(null) == null);
        Value("same hash", (Opaque("ab") + "c").GetHashCode() == "abc".GetHashCode());
        Value("equal without case", string.Equals("StraSSe", "sTRAssE", StringComparison.OrdinalIgnoreCase));
        Value("order", Math.Sign(string.CompareOrdinal("abc", "abd")) + " " + Math.Sign(string.CompareOrdinal("b", "abc")) + " " +
            Math.Sign(string.CompareOrdinal("ab", "abc")) + " " + string.CompareOrdinal("x", "x"));
        Value("order of cases", Math.Sign(string.CompareOrdinal("a", "B")));
        Value("order without case", Math.Sign(string.Compare("a", "B", StringComparison.OrdinalIgnoreCase)));
        Value("order of null", Math.Sign(string.CompareOrdinal(null, "")));
        Value("empty", string.IsNullOrEmpty("") && string.IsNullOrEmpty(null) && !string.IsNullOrEmpty(" ") && string.IsNullOrWhiteSpace(" \t"));
        Value("switch", Switch("alpha") + Switch("theta") + Switch("nothing") + Switch(null));
        int sum = 0;
        foreach (char c in text)
            sum += c;
        Value("sum of characters", sum);
        Value("characters", char.IsAsciiDigit('5') && char.IsLetter('x') && !char.IsLetter('5') && char.IsWhiteSpace('\u00a0') && char.IsUpper('A'));

        Builders();
        Encodings();
    }

    private static string Switch(string? text) => text switch
    {
        "alpha" => "1",
        "beta" => "2",
        "gamma" => "3",
        "delta" => "4",
        "epsilon" => "5",
        "zeta" => "6",
        "eta" => "7",
        "theta" => "8",
        null => "null",
        _ => "?",
    };

    private static void Builders()
    {
        StringBuilder builder = new StringBuilder();
        for (int i = 0; i < 20; i++)
            builder.Append(i).Append(',');
        Value("built", builder.ToString());
        Value("built length", builder.Length);
        builder.Length = 5;
        Value("cut", builder.ToString());
        builder.Insert(2, "<ins>").Append('!', 3).Append(true).Append("text", 1, 2).Replace("ins", "new");
        Value("edited", builder.ToString());
        builder.Remove(0, 4);
        Value("shortened", builder.ToString());
        Value("built character", builder[1]);
        builder.Clear().Append($"{Opaque(12),5}|{Opaque("x"),-3}|{Opaque(255):x}");
        Value("appended interpolation", builder.ToString());
        Value("appended format", new StringBuilder().AppendFormat("{0}-{1}", 1, "b").ToString());
    }

    private static void Encodings()
    {
        string text = "a\u00e9\u20ac\U0001f600\ud800z";
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Value("bytes", Convert.ToHexString(bytes));
        Value("byte count", Encoding.UTF8.GetByteCount(text));
        Value("back", Convert.ToHexString(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes))));
        foreach (string hex in new[] { "C0AF", "E282", "F09F98", "EDA080", "F4908080", "80", "41C3", "C3A9", "F0808080", "E0A0", "FF41" })
            Value($"UTF-8 {hex}", Convert.ToHexString(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Convert.FromHexString(hex)))));
        Value("ASCII", Encoding.ASCII.GetString(Encoding.ASCII.GetBytes("a\u00e9z")));
        Throws("no room", () => Encoding.UTF8.GetBytes("abc", new byte[2]));
        ReadOnlySpan<byte> literal = "gr\u00fc\u00df"u8;
        Value("literal", Encoding.UTF8.GetString(literal));
    }
}
