using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Formats.Partitions;
using Xunit;

namespace Kilonova.Formats.Tests;

/// <summary>Partition tables: sound ones are read whole, hostile ones never give blocks that are not the disk's or belong to two.</summary>
public class PartitionTests
{
    [Fact]
    public void The_checksum_is_the_published_one() => Assert.Equal(0xcbf4_3926u, Crc32.Of("123456789"u8));

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_gpt_is_read(int blockSize)
    {
        FakeDisk disk = FakeDisk.WithGpt(2048, blockSize, (40, 99), (100, 100), (200, 1999));

        Assert.Equal(PartitionStatus.Ok, disk.Read(out Partition[] partitions));
        Assert.Equal([new(1, 40, 60), new(2, 100, 1), new(3, 200, 1800)], partitions);
    }

    [Fact]
    public void A_damaged_primary_falls_back_to_the_backup()
    {
        FakeDisk disk = FakeDisk.WithGpt(2048, 512, (40, 99));
        disk.Bytes[512 + 60] ^= 1;

        Assert.Equal(PartitionStatus.Ok, disk.Read(out Partition[] partitions));
        Assert.Equal([new(1, 40, 60)], partitions);
    }

    [Fact]
    public void Damaged_entries_of_both_tables_are_refused()
    {
        FakeDisk disk = FakeDisk.WithGpt(2048, 512, (40, 99));
        disk.Bytes[2 * 512 + 32] ^= 1;
        disk.Bytes[(2048 - 33) * 512 + 32] ^= 1;

        Assert.Equal(PartitionStatus.BadChecksum, disk.Read(out Partition[] partitions));
        Assert.Empty(partitions);
    }

    [Theory]
    [InlineData(40, 99, 99, 120, PartitionStatus.Overlap)]
    [InlineData(33, 99, 120, 130, PartitionStatus.BadTable)]
    [InlineData(40, 99, 2000, 2047, PartitionStatus.BadTable)]
    [InlineData(99, 40, 120, 130, PartitionStatus.BadTable)]
    public void Partitions_that_overlap_or_leave_the_disk_are_refused(ulong a, ulong b, ulong c, ulong d, PartitionStatus expected)
    {
        Assert.Equal(expected, FakeDisk.WithGpt(2048, 512, (a, b), (c, d)).Read(out Partition[] partitions));
        Assert.Empty(partitions);
    }

    [Fact]
    public void Primary_and_logical_partitions_of_an_mbr_are_read()
    {
        FakeDisk disk = new(4096, 512);
        disk.Record(0, (0x83, 63, 100), (0x05, 1000, 2000));
        disk.Record(1000, (0x83, 10, 90), (0x05, 500, 200));
        disk.Record(1500, (0x82, 1, 50));

        Assert.Equal(PartitionStatus.Ok, disk.Read(out Partition[] partitions));
        Assert.Equal([new(1, 63, 100), new(5, 1010, 90), new(6, 1501, 50)], partitions);
    }

    [Fact]
    public void A_chain_that_goes_back_is_refused()
    {
        FakeDisk disk = new(4096, 512);
        disk.Record(0, (0x05, 1000, 2000));
        disk.Record(1000, (0x83, 10, 90), (0x05, 500, 200));
        disk.Record(1500, (0x83, 1, 50), (0x05, 0, 200));

        Assert.Equal(PartitionStatus.BadTable, disk.Read(out _));
    }

    [Theory]
    [InlineData(0u, 100u)]
    [InlineData(4000u, 97u)]
    [InlineData(4096u, 1u)]
    [InlineData(10u, uint.MaxValue)]
    [InlineData(10u, 0u)]
    public void A_primary_partition_that_leaves_the_disk_is_refused(uint first, uint count)
    {
        FakeDisk disk = new(4096, 512);
        disk.Record(0, (0x83, first, count));

        Assert.Equal(PartitionStatus.BadTable, disk.Read(out _));
    }

    [Fact]
    public void A_partition_over_the_extended_one_is_refused()
    {
        FakeDisk disk = new(4096, 512);
        disk.Record(0, (0x83, 900, 200), (0x05, 1000, 2000));
        disk.Record(1000);

        Assert.Equal(PartitionStatus.Overlap, disk.Read(out _));
    }

    [Fact]
    public void A_protective_record_without_gpt_gives_nothing()
    {
        FakeDisk disk = new(4096, 512);
        disk.Record(0, (0xee, 1, 4095), (0x83, 100, 10));

        Assert.Equal(PartitionStatus.None, disk.Read(out Partition[] partitions));
        Assert.Empty(partitions);
    }

    [Fact]
    public void A_disk_without_table_has_none() => Assert.Equal(PartitionStatus.None, new FakeDisk(64, 512).Read(out _));

    [Fact]
    public void What_the_disk_does_not_give_is_told()
    {
        FakeDisk disk = FakeDisk.WithGpt(2048, 512, (40, 99));
        disk.Bad.UnionWith([1ul, 2047ul]);

        Assert.Equal(PartitionStatus.Unreadable, disk.Read(out _));
    }

    [Fact]
    public void Whatever_the_table_partitions_are_disjoint_and_on_the_disk()
    {
        FakeDisk mbr = new(4096, 512);
        mbr.Record(0, (0x83, 63, 100), (0x05, 1000, 2000));
        mbr.Record(1000, (0x83, 10, 90), (0x05, 500, 200));
        mbr.Record(1500, (0x82, 1, 50));
        FakeDisk[] samples = [mbr, FakeDisk.WithGpt(4096, 512, (40, 99), (100, 100), (200, 1999))];
        int[] places = [0, 512, 1024, 1000 * 512, 1500 * 512];
        int read = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            Random random = new(seed);
            FakeDisk disk = samples[seed % 2].Copy();
            int changes = random.Next(5);
            for (int i = 0; i < changes; i++)
                disk.Bytes[places[random.Next(places.Length)] + (random.Next(2) == 0 ? 446 : 0) + random.Next(66)] = (byte)random.Next(256);

            if (random.Next(2) == 0)
                disk.SealGpt();

            if (disk.Read(out Partition[] partitions) != PartitionStatus.Ok)
                continue;

            read++;
            Partition[] sorted = [.. partitions.OrderBy(partition => partition.First)];
            for (int i = 0; i < sorted.Length; i++)
            {
                ulong end = i + 1 < sorted.Length ? sorted[i + 1].First : disk.Blocks;
                Assert.True(sorted[i].First > 0 && sorted[i].Count > 0 && sorted[i].First + sorted[i].Count <= end, $"seed {seed}");
            }
        }

        Assert.InRange(read, 300, 3000);
    }

    private sealed class FakeDisk(ulong blocks, int blockSize) : IBlockReader
    {
        public int BlockSize => blockSize;

        public ulong Blocks => blocks;

        public byte[] Bytes { get; private init; } = new byte[(int)blocks * blockSize];

        public HashSet<ulong> Bad { get; } = [];

        public bool TryRead(ulong block, Span<byte> target)
        {
            Assert.InRange(block, 0ul, blocks - 1);
            Bytes.AsSpan((int)block * blockSize, blockSize).CopyTo(target);
            return !Bad.Contains(block);
        }

        public FakeDisk Copy() => new(blocks, blockSize) { Bytes = (byte[])Bytes.Clone() };

        public PartitionStatus Read(out Partition[] partitions)
        {
            FakeDisk self = this;
            Partition[] all = new Partition[PartitionTable.MaxPartitions];
            PartitionStatus status = PartitionTable.Read(ref self, new byte[blockSize], all, out int count);
            partitions = all[..count];
            return status;
        }

        public void Record(ulong block, params (byte Type, uint First, uint Count)[] entries)
        {
            Formats.Tests.Bytes record = Formats.Tests.Bytes.New.Zero(446);
            foreach ((byte type, uint first, uint count) in entries)
                record.U32(0).U8(type, 0, 0, 0).U32(first).U32(count);

            record.To(510).U16(0xaa55).Array().CopyTo(Bytes, (int)block * blockSize);
        }

        public static FakeDisk WithGpt(ulong blocks, int blockSize, params (ulong First, ulong Last)[] entries)
        {
            FakeDisk disk = new(blocks, blockSize);
            disk.Record(0, (0xee, 1, (uint)blocks - 1));
            ulong tableBlocks = (ulong)(128 * 128 / blockSize);
            Formats.Tests.Bytes table = Formats.Tests.Bytes.New;
            foreach ((ulong first, ulong last) in entries)
                table.U64(1).U64(2).U64(3).U64(4).U64(first).U64(last).Zero(80);

            byte[] bytes = table.To(128 * 128).Array();
            foreach ((ulong at, ulong entriesAt) in new[] { (1ul, 2ul), (blocks - 1, blocks - 1 - tableBlocks) })
            {
                bytes.CopyTo(disk.Bytes, (int)entriesAt * blockSize);
                Formats.Tests.Bytes.New.Text("EFI PART").U32(0x1_0000).U32(92).U32(0).U32(0).U64(at).U64(blocks - at)
                    .U64(34).U64(blocks - 34).Zero(16).U64(entriesAt).U32(128).U32(128).U32(0).Array()
                    .CopyTo(disk.Bytes, (int)at * blockSize);
            }

            disk.SealGpt();
            return disk;
        }

        /// <summary>Sets the checksums right, so that damage gets behind them.</summary>
        public void SealGpt()
        {
            foreach (ulong at in new[] { 1ul, blocks - 1 })
            {
                Span<byte> header = Bytes.AsSpan((int)at * blockSize, 92);
                ulong entries = Gpt.EntriesAt(header);
                if (entries > blocks - 33)
                    continue;

                Formats.Tests.Bytes.Le(Crc32.Of(Bytes.AsSpan((int)entries * blockSize, 128 * 128)), 4).CopyTo(header[88..]);
                Formats.Tests.Bytes.Le(Crc32.WithoutField(header, 16), 4).CopyTo(header[16..]);
            }
        }
    }
}
