// Text that stands as UTF-16 (a C# string) and is encoded to UTF-8 on the way out.
using System;

namespace Kilonova.MessagePack;

public ref partial struct MessagePackWriter
{
    /// <summary>Writes text as UTF-8; fails where a surrogate has no partner.</summary>
    public void WriteString(ReadOnlySpan<char> text)
    {
        long length = 0;
        for (int i = 0; i < text.Length;)
        {
            int size = EncodedSize(ScalarAt(text, ref i));
            if (size == 0)
            {
                Fail(MessagePackStatus.InvalidText);
                return;
            }

            length += size;
        }

        if (length > int.MaxValue)
        {
            Fail(MessagePackStatus.OutputFull);
            return;
        }

        if (!TryReserveString((int)length, out Span<byte> room))
            return;
        for (int i = 0; i < text.Length;)
            room = Encode(ScalarAt(text, ref i), room);
    }

    /// <summary>
    /// The character at <paramref name="index"/>, which moves behind it. A surrogate without partner comes back as itself.
    /// </summary>
    private static uint ScalarAt(ReadOnlySpan<char> text, ref int index)
    {
        char first = text[index++];
        bool pair = first is >= '\ud800' and <= '\udbff' && index < text.Length && text[index] is >= '\udc00' and <= '\udfff';
        return pair ? 0x10000 + (((uint)first - 0xd800) << 10) + ((uint)text[index++] - 0xdc00) : first;
    }

    /// <summary>Bytes in UTF-8, or 0 for a surrogate.</summary>
    private static int EncodedSize(uint scalar) => scalar switch
    {
        <= 0x7f => 1,
        <= 0x7ff => 2,
        >= 0xd800 and <= 0xdfff => 0,
        <= 0xffff => 3,
        _ => 4,
    };

    /// <summary>Writes one character and yields the room behind it.</summary>
    private static Span<byte> Encode(uint scalar, Span<byte> room)
    {
        int size = EncodedSize(scalar);
        if (size == 1)
        {
            room[0] = (byte)scalar;
            return room.Slice(1);
        }

        for (int i = size - 1; i > 0; i--)
        {
            room[i] = (byte)(0x80 | (scalar & 0x3f));
            scalar >>= 6;
        }

        // As many leading ones as the sequence has bytes, then a zero.
        room[0] = (byte)((0xf00u >> size) | scalar);
        return room.Slice(size);
    }
}
