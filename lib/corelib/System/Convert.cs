// Bytes as hexadecimal digits.
namespace System;

public static class Convert
{
    public static string ToHexString(byte[] inArray) => ToHexString(new ReadOnlySpan<byte>(inArray));

    public static string ToHexString(ReadOnlySpan<byte> bytes)
    {
        Text.StringBuilder builder = new Text.StringBuilder(2 * bytes.Length);
        foreach (byte b in bytes)
            builder.AppendFormattable(b, "X2");
        return builder.ToString();
    }

    public static byte[] FromHexString(ReadOnlySpan<char> chars)
    {
        if (chars.Length % 2 != 0)
            ThrowHelper.ThrowFormat();
        byte[] bytes = new byte[chars.Length / 2];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = byte.Parse(chars.Slice(2 * i, 2), Globalization.NumberStyles.AllowHexSpecifier);
        return bytes;
    }

    public static byte[] FromHexString(string s) => FromHexString((ReadOnlySpan<char>)s);
}
