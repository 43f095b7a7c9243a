// Well-formedness of UTF-8 (Unicode Standard, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
using System;

namespace Kilonova.MessagePack;

internal static class Utf8Validator
{
    public static bool IsValid(ReadOnlySpan<byte> text)
    {
        int i = 0;
        while (i < text.Length)
        {
            byte lead = text[i];
            if (lead < 0x80)
            {
                i++;
                continue;
            }

            int length = SequenceLength(lead);
            if (length == 0 || length > text.Length - i || !SecondByteFits(lead, text[i + 1]))
                return false;
            for (int k = 2; k < length; k++)
            {
                if (!IsContinuation(text[i + k]))
                    return false;
            }

            i += length;
        }

        return true;
    }

    /// <summary>Bytes of the sequence that <paramref name="lead"/> opens, or 0 where no sequence of several bytes opens with it.</summary>
    private static int SequenceLength(byte lead) => lead switch
    {
        >= 0xc2 and <= 0xdf => 2,
        >= 0xe0 and <= 0xef => 3,
        >= 0xf0 and <= 0xf4 => 4,
        _ => 0,
    };

    /// <summary>The second byte carries the limits: E0 and F0 exclude overlong forms, ED surrogates, F4 what lies above U+10FFFF.</summary>
    private static bool SecondByteFits(byte lead, byte second) => lead switch
    {
        0xe0 => second is >= 0xa0 and <= 0xbf,
        0xed => second is >= 0x80 and <= 0x9f,
        0xf0 => second is >= 0x90 and <= 0xbf,
        0xf4 => second is >= 0x80 and <= 0x8f,
        _ => IsContinuation(second),
    };

    private static bool IsContinuation(byte value) => (value & 0xc0) == 0x80;
}
