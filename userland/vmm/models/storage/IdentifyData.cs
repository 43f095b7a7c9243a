// What IDENTIFY DEVICE and IDENTIFY PACKET DEVICE return (ATA8-ACS, sections 7.16 and 7.17): 256 little-endian words.
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>Fills identify data, a word at a time.</summary>
internal readonly ref struct IdentifyData
{
    /// <summary>Bytes.</summary>
    public const int Size = 512;

    private readonly Span<byte> _bytes;

    public IdentifyData(Span<byte> bytes)
    {
        _bytes = bytes;
        bytes.Clear();
    }

    public ushort this[int word]
    {
        get => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Slice(2 * word));
        set => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.Slice(2 * word), value);
    }

    public void Set32(int word, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.Slice(2 * word), value);

    public void Set64(int word, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.Slice(2 * word), value);

    /// <summary>A string of ASCII characters, two in a word, the first one above; padded with blanks (section 3.3.10).</summary>
    public void SetText(int word, int words, string text)
    {
        for (int i = 0; i < 2 * words; i++)
            _bytes[(2 * word) + (i ^ 1)] = i < text.Length ? (byte)text[i] : (byte)' ';
    }

    /// <summary>Integrity word: signature and a checksum that makes the sum of all bytes zero. The last thing to be set.</summary>
    public void Seal()
    {
        _bytes[510] = 0xa5;
        byte sum = 0;
        for (int i = 0; i < Size - 1; i++)
            sum += _bytes[i];
        _bytes[511] = (byte)-sum;
    }
}
