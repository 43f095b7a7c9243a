// Encodings: UTF-8 and ASCII.
namespace System.Text;

public abstract class Encoding
{
    public static Encoding UTF8 { get; } = new Utf8Encoding();

    public static Encoding ASCII { get; } = new AsciiEncoding();

    public abstract int GetByteCount(ReadOnlySpan<char> chars);

    /// <summary>Bytes written; throws if the destination is too small.</summary>
    public abstract int GetBytes(ReadOnlySpan<char> chars, Span<byte> bytes);

    public abstract int GetCharCount(ReadOnlySpan<byte> bytes);

    public abstract int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars);

    public int GetByteCount(string s) => GetByteCount((ReadOnlySpan<char>)s);

    public byte[] GetBytes(string s)
    {
        ArgumentNullException.ThrowIfNull(s);
        byte[] bytes = new byte[GetByteCount((ReadOnlySpan<char>)s)];
        GetBytes(s, bytes);
        return bytes;
    }

    public string GetString(byte[] bytes) => GetString(new ReadOnlySpan<byte>(bytes));

    public string GetString(byte[] bytes, int index, int count) => GetString(new ReadOnlySpan<byte>(bytes, index, count));

    public string GetString(ReadOnlySpan<byte> bytes)
    {
        string result = string.FastAllocateString(GetCharCount(bytes));
        GetChars(bytes, new Span<char>(ref result.GetRawStringData(), result.Length));
        return result;
    }

    private protected static void ThrowTooSmall() => throw new ArgumentException("The output buffer is too small.");
}

internal sealed class Utf8Encoding : Encoding
{
    public override int GetByteCount(ReadOnlySpan<char> chars) => Utf8.CountBytes(chars);

    public override int GetBytes(ReadOnlySpan<char> chars, Span<byte> bytes)
    {
        if (!Utf8.TryEncode(chars, bytes, out int written))
            ThrowTooSmall();
        return written;
    }

    public override int GetCharCount(ReadOnlySpan<byte> bytes) => Utf8.CountCharacters(bytes);

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (Utf8.CountCharacters(bytes) > chars.Length)
            ThrowTooSmall();
        return Utf8.Decode(bytes, chars);
    }
}

internal sealed class AsciiEncoding : Encoding
{
    private const byte Unknown = (byte)'?';

    public override int GetByteCount(ReadOnlySpan<char> chars) => chars.Length;

    public override int GetBytes(ReadOnlySpan<char> chars, Span<byte> bytes)
    {
        if (chars.Length > bytes.Length)
            ThrowTooSmall();
        for (int i = 0; i < chars.Length; i++)
            bytes[i] = char.IsAscii(chars[i]) ? (byte)chars[i] : Unknown;
        return chars.Length;
    }

    public override int GetCharCount(ReadOnlySpan<byte> bytes) => bytes.Length;

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (bytes.Length > chars.Length)
            ThrowTooSmall();
        for (int i = 0; i < bytes.Length; i++)
            chars[i] = bytes[i] < 0x80 ? (char)bytes[i] : (char)Unknown;
        return bytes.Length;
    }
}
