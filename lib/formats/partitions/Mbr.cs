using System;

namespace Kilonova.Formats.Partitions;

/// <summary>
/// A master boot record or a link of the chain in an extended partition: four entries in the first 512 bytes of a block. UEFI 2.10, section 5.2.
/// </summary>
public static class Mbr
{
    /// <summary>Entries of a record.</summary>
    public const int Entries = 4;

    /// <summary>Type of an unused entry.</summary>
    public const byte Unused = 0x00;

    /// <summary>Type of the entry that protects a GPT.</summary>
    public const byte Protective = 0xee;

    private const uint Table = 446;
    private const uint EntrySize = 16;
    private const uint SignatureOffset = 510;
    private const ushort Signature = 0xaa55;
    private const byte Bootable = 0x80;

    /// <summary>Whether a block is a record: the signature, and in each entry a boot flag that is one.</summary>
    public static bool IsRecord(ReadOnlySpan<byte> block)
    {
        if (Little.U16(block, SignatureOffset) != Signature)
            return false;

        for (int i = 0; i < Entries; i++)
        {
            if ((Little.U8(block, Offset(i)) & ~Bootable) != 0)
                return false;
        }

        return true;
    }

    /// <summary>Type of an entry.</summary>
    public static byte Type(ReadOnlySpan<byte> block, int entry) => Little.U8(block, Offset(entry) + 4);

    /// <summary>Whether an entry names a chain of further records. Its addresses count from the start of the outermost such entry.</summary>
    public static bool IsExtended(byte type) => type is 0x05 or 0x0f or 0x85;

    /// <summary>First block, relative to the record, or of a chain to the extended partition.</summary>
    public static uint First(ReadOnlySpan<byte> block, int entry) => Little.U32(block, Offset(entry) + 8);

    /// <summary>Number of blocks.</summary>
    public static uint Count(ReadOnlySpan<byte> block, int entry) => Little.U32(block, Offset(entry) + 12);

    /// <summary>Whether an entry protects a GPT.</summary>
    public static bool IsProtective(ReadOnlySpan<byte> block)
    {
        for (int i = 0; i < Entries; i++)
        {
            if (Type(block, i) == Protective)
                return true;
        }

        return false;
    }

    private static uint Offset(int entry) => Table + (uint)entry * EntrySize;
}
