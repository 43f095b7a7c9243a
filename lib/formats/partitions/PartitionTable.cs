using System;

namespace Kilonova.Formats.Partitions;

/// <summary>Where the blocks of a disk come from.</summary>
public interface IBlockReader
{
    /// <summary>Bytes of a block.</summary>
    int BlockSize { get; }

    /// <summary>Blocks of the disk.</summary>
    ulong Blocks { get; }

    /// <summary>Reads a block; false when the disk does not give it.</summary>
    bool TryRead(ulong block, Span<byte> target);
}

/// <summary>A partition.</summary>
/// <param name="Number">As the table numbers it, from 1 on; logical partitions of an MBR from 5 on.</param>
/// <param name="First">First block.</param>
/// <param name="Count">Number of blocks.</param>
public readonly record struct Partition(uint Number, ulong First, ulong Count);

/// <summary>
/// Reads the partitions of a disk whatever is on it: every partition that is returned lies within the disk and shares no block with another,
/// however hostile the table. A damaged primary GPT falls back to the backup; a disk with a protective record never falls back to MBR.
/// </summary>
public static class PartitionTable
{
    /// <summary>Most partitions that are returned.</summary>
    public const int MaxPartitions = 64;

    private const uint FirstLogical = 5;
    private const int MaxLinks = 256;

    /// <summary>Reads the table.</summary>
    /// <param name="reader">The disk.</param>
    /// <param name="block">Room for one block.</param>
    /// <param name="partitions">Gets the partitions.</param>
    /// <param name="count">How many; 0 unless <see cref="PartitionStatus.Ok"/>.</param>
    public static PartitionStatus Read<TReader>(ref TReader reader, Span<byte> block, Span<Partition> partitions, out int count)
        where TReader : IBlockReader, allows ref struct
    {
        count = 0;
        block = block.Slice(0, reader.BlockSize);
        if (reader.Blocks == 0 || !reader.TryRead(0, block))
            return PartitionStatus.Unreadable;

        if (!Mbr.IsRecord(block))
            return PartitionStatus.None;

        PartitionStatus status = Mbr.IsProtective(block)
            ? ReadGpt(ref reader, block, partitions, ref count)
            : ReadMbr(ref reader, block, partitions, ref count);
        if (status != PartitionStatus.Ok)
            count = 0;

        return status;
    }

    private static PartitionStatus ReadGpt<TReader>(ref TReader reader, Span<byte> block, Span<Partition> partitions, ref int count)
        where TReader : IBlockReader, allows ref struct
    {
        PartitionStatus primary = ReadGptAt(ref reader, Gpt.PrimaryHeader, block, partitions, ref count);
        if (primary == PartitionStatus.Ok || reader.Blocks <= Gpt.PrimaryHeader + 1)
            return primary;

        count = 0;
        PartitionStatus backup = ReadGptAt(ref reader, reader.Blocks - 1, block, partitions, ref count);
        return backup == PartitionStatus.Ok ? backup : primary;
    }

    private static PartitionStatus ReadGptAt<TReader>(
        ref TReader reader, ulong at, Span<byte> block, Span<Partition> partitions, ref int count)
        where TReader : IBlockReader, allows ref struct
    {
        if (at >= reader.Blocks || !reader.TryRead(at, block))
            return PartitionStatus.Unreadable;

        PartitionStatus status = Gpt.Check(block, at, reader.Blocks);
        if (status != PartitionStatus.Ok)
            return status;

        ulong first = Gpt.FirstUsable(block);
        ulong last = Gpt.LastUsable(block);
        ulong table = Gpt.EntriesAt(block);
        uint size = Gpt.EntrySize(block);
        uint length = Gpt.TableLength(block);
        uint expected = Gpt.TableChecksum(block);
        uint checksum = Crc32.Start;
        for (uint done = 0; done < length; done += (uint)block.Length)
        {
            if (!reader.TryRead(table + done / (uint)block.Length, block))
                return PartitionStatus.Unreadable;

            ReadOnlySpan<byte> entries = block.Slice(0, (int)Math.Min((uint)block.Length, length - done));
            checksum = Crc32.Add(checksum, entries);

            // An entry larger than a block begins in the first of its blocks, where all fields lie.
            for (uint at2 = 0; at2 < (uint)entries.Length; at2 += size)
            {
                ReadOnlySpan<byte> entry = Little.Slice(entries, at2, Math.Min(size, (uint)entries.Length));
                if ((done + at2) % size != 0 || !Gpt.IsUsed(entry))
                    continue;

                ulong start = Gpt.First(entry);
                ulong end = Gpt.Last(entry);
                if (start < first || end > last || start > end)
                    return PartitionStatus.BadTable;

                status = Add(new Partition((done + at2) / size + 1, start, end - start + 1), partitions, ref count);
                if (status != PartitionStatus.Ok)
                    return status;
            }
        }

        return Crc32.Finish(checksum) == expected ? PartitionStatus.Ok : PartitionStatus.BadChecksum;
    }

    private static PartitionStatus ReadMbr<TReader>(ref TReader reader, Span<byte> block, Span<Partition> partitions, ref int count)
        where TReader : IBlockReader, allows ref struct
    {
        ulong extendedFirst = 0;
        ulong extendedCount = 0;
        for (int i = 0; i < Mbr.Entries; i++)
        {
            byte type = Mbr.Type(block, i);
            ulong first = Mbr.First(block, i);
            ulong length = Mbr.Count(block, i);
            if (type == Mbr.Unused)
                continue;

            if (!IsWithin(first, length, 1, reader.Blocks))
                return PartitionStatus.BadTable;

            if (Mbr.IsExtended(type))
            {
                if (extendedCount != 0)
                    return PartitionStatus.BadTable;

                extendedFirst = first;
                extendedCount = length;
                continue;
            }

            PartitionStatus status = Add(new Partition((uint)i + 1, first, length), partitions, ref count);
            if (status != PartitionStatus.Ok)
                return status;
        }

        for (int i = 0; i < count; i++)
        {
            if (extendedCount != 0 && Meets(partitions[i], new Partition(0, extendedFirst, extendedCount)))
                return PartitionStatus.Overlap;
        }

        return extendedCount == 0 ? PartitionStatus.Ok : ReadChain(ref reader, block, extendedFirst, extendedCount, partitions, ref count);
    }

    // Each link lies behind the one before it, so that no chain is a loop.
    private static PartitionStatus ReadChain<TReader>(
        ref TReader reader, Span<byte> block, ulong extendedFirst, ulong extendedCount, Span<Partition> partitions, ref int count)
        where TReader : IBlockReader, allows ref struct
    {
        ulong link = extendedFirst;
        for (uint i = 0; i < MaxLinks; i++)
        {
            if (!reader.TryRead(link, block))
                return PartitionStatus.Unreadable;

            if (!Mbr.IsRecord(block))
                return PartitionStatus.BadTable;

            if (Mbr.Type(block, 0) != Mbr.Unused)
            {
                ulong first = link + Mbr.First(block, 0);
                ulong length = Mbr.Count(block, 0);
                if (Mbr.IsExtended(Mbr.Type(block, 0)) || first <= link || !IsWithin(first, length, extendedFirst, extendedFirst + extendedCount))
                    return PartitionStatus.BadTable;

                PartitionStatus status = Add(new Partition(FirstLogical + i, first, length), partitions, ref count);
                if (status != PartitionStatus.Ok)
                    return status;
            }

            if (Mbr.Type(block, 1) == Mbr.Unused)
                return PartitionStatus.Ok;

            ulong next = extendedFirst + Mbr.First(block, 1);
            if (!Mbr.IsExtended(Mbr.Type(block, 1)) || next <= link || next >= extendedFirst + extendedCount)
                return PartitionStatus.BadTable;

            link = next;
        }

        return PartitionStatus.TooMany;
    }

    private static bool IsWithin(ulong first, ulong count, ulong low, ulong end) =>
        count != 0 && first >= low && first < end && count <= end - first;

    private static PartitionStatus Add(Partition partition, Span<Partition> partitions, ref int count)
    {
        if (count == Math.Min(partitions.Length, MaxPartitions))
            return PartitionStatus.TooMany;

        for (int i = 0; i < count; i++)
        {
            if (Meets(partition, partitions[i]))
                return PartitionStatus.Overlap;
        }

        partitions[count++] = partition;
        return PartitionStatus.Ok;
    }

    private static bool Meets(Partition a, Partition b) => a.First < b.First + b.Count && b.First < a.First + a.Count;
}
