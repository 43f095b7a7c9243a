// Conversion between UTF-16 and UTF-8 (RFC 3629). What is malformed becomes U+FFFD, as .NET's encodings have it.
namespace System.Text;

internal static class Utf8
{
    private const uint Replacement = 0xfffd;

    /// <summary>False, with nothing useful written, if the destination is too small.</summary>
    internal static bool TryEncode(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        int position = 0;
        while (position < text.Length)
        {
            uint rune = DecodeUtf16(text, ref position);
            int size = SizeOf(rune);
            if (size > destination.Length - written)
            {
                written = 0;
                return false;
            }
            Encode(rune, size, destination.Slice(written));
            written += size;
        }
        return true;
    }

    internal static int CountBytes(ReadOnlySpan<char> text)
    {
        int count = 0;
        int position = 0;
        while (position < text.Length)
            count += SizeOf(DecodeUtf16(text, ref position));
        return count;
    }

    internal static int CountCharacters(ReadOnlySpan<byte> text)
    {
        int count = 0;
        int position = 0;
        while (position < text.Length)
            count += DecodeUtf8(text, ref position) > 0xffff ? 2 : 1;
        return count;
    }

    /// <summary>The destination must be large enough; see <see cref="CountCharacters"/>.</summary>
    internal static int Decode(ReadOnlySpan<byte> text, Span<char> destination)
    {
        int written = 0;
        int position = 0;
        while (position < text.Length)
        {
            uint rune = DecodeUtf8(text, ref position);
            if (rune > 0xffff)
            {
                destination[written++] = (char)(0xd7c0 + (rune >> 10));
                rune = 0xdc00 + (rune & 0x3ff);
            }
            destination[written++] = (char)rune;
        }
        return written;
    }

    private static uint DecodeUtf16(ReadOnlySpan<char> text, ref int position)
    {
        char first = text[position++];
        if (!char.IsSurrogate(first))
            return first;
        if (char.IsLowSurrogate(first) || position == text.Length || !char.IsLowSurrogate(text[position]))
            return Replacement;
        return 0x10000 + ((uint)(first - 0xd800) << 10) + (uint)(text[position++] - 0xdc00);
    }

    private static int SizeOf(uint rune) => rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;

    private static void Encode(uint rune, int size, Span<byte> destination)
    {
        if (size == 1)
        {
            destination[0] = (byte)rune;
            return;
        }
        for (int i = size - 1; i > 0; i--)
        {
            destination[i] = (byte)(0x80 | (rune & 0x3f));
            rune >>= 6;
        }
        destination[0] = (byte)((0xf00u >> size) | rune);
    }

    // A maximal ill-formed prefix counts as one replacement (Unicode 15, section 3.9, table 3-7).
    private static uint DecodeUtf8(ReadOnlySpan<byte> text, ref int position)
    {
        uint first = text[position++];
        if (first < 0x80)
            return first;
        if (first is < 0xc2 or > 0xf4)
            return Replacement;
        int following = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint rune = first & (0x3fu >> following);
        uint low = first == 0xe0 ? 0xa0u : first == 0xf0 ? 0x90u : 0x80u;
        uint high = first == 0xed ? 0x9fu : first == 0xf4 ? 0x8fu : 0xbfu;
        for (; following > 0; following--)
        {
            if (position == text.Length || text[position] < low || text[position] > high)
                return Replacement;
            rune = (rune << 6) | (text[position++] & 0x3fu);
            low = 0x80;
            high = 0xbf;
        }
        return rune;
    }
}
