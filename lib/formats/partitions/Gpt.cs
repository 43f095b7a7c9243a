using System;

namespace Kilonova.Formats.Partitions;

/// <summary>What is wrong with a partition table.</summary>
public enum PartitionStatus : byte
{
    /// <summary>The table is sound.</summary>
    Ok,

    /// <summary>There is none.</summary>
    None,

    /// <summary>The disk did not give a block.</summary>
    Unreadable,

    /// <summary>A checksum does not match.</summary>
    BadChecksum,

    /// <summary>The table contradicts itself or the size of the disk.</summary>
    BadTable,

    /// <summary>Two partitions share blocks.</summary>
    Overlap,

    /// <summary>There are more partitions than are supported.</summary>
    TooMany,
}

/// <summary>
/// The header of a GUID partition table, and its entries. A header is checked before anything else of it is read. UEFI 2.10, section 5.3.
/// </summary>
public static class Gpt
{
    /// <summary>Block of the primary header; the backup's is the disk's last.</summary>
    public const ulong PrimaryHeader = 1;

    /// <summary>Most bytes of entries that are accepted: 1024 of 128 bytes.</summary>
    public const uint MaxTable = 128 * 1024;

    /// <summary>Bytes of a GUID.</summary>
    public const int GuidLength = 16;

    /// <summary>Longest name in bytes: 36 UTF-16 units.</summary>
    public const int NameLength = 72;

    private const ulong Signature = 0x5452_4150_2049_4645;
    private const uint MinHeader = 92;
    private const uint MinEntry = 128;
    private const int ChecksumOffset = 16;

    /// <summary>Checks a header.</summary>
    /// <param name="block">The block that holds it.</param>
    /// <param name="at">Its block number.</param>
    /// <param name="blocks">Blocks of the disk.</param>
    public static PartitionStatus Check(ReadOnlySpan<byte> block, ulong at, ulong blocks)
    {
        if (block.IsEmpty || Little.U64(block, 0) != Signature)
            return PartitionStatus.None;

        uint length = Little.U32(block, 12);
        if (length < MinHeader || length > (uint)block.Length)
            return PartitionStatus.BadTable;

        if (Crc32.WithoutField(block.Slice(0, (int)length), ChecksumOffset) != Little.U32(block, ChecksumOffset))
            return PartitionStatus.BadChecksum;

        uint size = EntrySize(block);
        bool entries = size >= MinEntry && (size & (size - 1)) == 0 && EntryCount(block) <= MaxTable / size && EntryCount(block) != 0;
        if (!entries || Little.U64(block, 24) != at)
            return PartitionStatus.BadTable;

        ulong first = FirstUsable(block);
        ulong last = LastUsable(block);
        ulong table = EntriesAt(block);
        ulong tableBlocks = ((ulong)TableLength(block) + (uint)block.Length - 1) / (uint)block.Length;
        bool usable = first <= last && last < blocks && first > 1;
        bool tableInDisk = table > 1 && table < blocks && tableBlocks <= blocks - table;
        bool apart = table > last || table + tableBlocks <= first;
        return usable && tableInDisk && apart ? PartitionStatus.Ok : PartitionStatus.BadTable;
    }

    /// <summary>First block that partitions may use.</summary>
    public static ulong FirstUsable(ReadOnlySpan<byte> header) => Little.U64(header, 40);

    /// <summary>Last block that partitions may use.</summary>
    public static ulong LastUsable(ReadOnlySpan<byte> header) => Little.U64(header, 48);

    /// <summary>First block of the entries.</summary>
    public static ulong EntriesAt(ReadOnlySpan<byte> header) => Little.U64(header, 72);

    /// <summary>Number of entries, unused ones included.</summary>
    public static uint EntryCount(ReadOnlySpan<byte> header) => Little.U32(header, 80);

    /// <summary>Bytes of an entry.</summary>
    public static uint EntrySize(ReadOnlySpan<byte> header) => Little.U32(header, 84);

    /// <summary>Checksum of all entries.</summary>
    public static uint TableChecksum(ReadOnlySpan<byte> header) => Little.U32(header, 88);

    /// <summary>Bytes of all entries.</summary>
    public static uint TableLength(ReadOnlySpan<byte> header) => EntryCount(header) * EntrySize(header);

    /// <summary>Whether an entry is used: its type is not zero.</summary>
    public static bool IsUsed(ReadOnlySpan<byte> entry) => (Little.U64(entry, 0) | Little.U64(entry, 8)) != 0;

    /// <summary>First block.</summary>
    public static ulong First(ReadOnlySpan<byte> entry) => Little.U64(entry, 32);

    /// <summary>Last block.</summary>
    public static ulong Last(ReadOnlySpan<byte> entry) => Little.U64(entry, 40);

    /// <summary>Name, UTF-16.</summary>
    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> entry) => Little.Slice(entry, 56, NameLength);
}
