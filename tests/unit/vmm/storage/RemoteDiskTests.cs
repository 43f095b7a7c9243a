using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>Requests against a plain model: an array that the server's side of the queue reads and writes part by part.</summary>
public sealed class RemoteDiskTests : IBlockOwner
{
    private const int Sectors = 256;
    private const int MemorySize = 1 << 20;

    private readonly GuestMemory _memory = new();
    private readonly byte[] _ram = new byte[MemorySize];
    private readonly Queue _queue;
    private readonly RemoteDisk _disk;
    private readonly List<(BlockRequest Request, BlockStatus Status)> _done = [];

    public RemoteDiskTests()
    {
        Assert.True(_memory.Add(0, new ArrayBacking(_ram)));
        _queue = new Queue(_memory);
        _disk = new RemoteDisk(Sectors, isReadOnly: false, _memory, _queue, new NoLock());
        _queue.Disk = _disk;
    }

    void IBlockOwner.Completed(BlockRequest request, BlockStatus status) => _done.Add((request, status));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Data_goes_where_it_belongs_however_it_is_cut(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            random.NextBytes(_ram);
            var disk = _queue.Bytes.ToArray();
            var request = Random(random, round % 2 == 0 ? BlockOperation.Read : BlockOperation.Write, out var bytes);
            var ram = _ram.ToArray();
            Assert.True(_disk.TrySubmit(request));
            _queue.Run(random);
            Assert.Equal((request, BlockStatus.Success), Assert.Single(_done));
            _done.Clear();

            var at = (int)request.Sector * IBlockDisk.SectorSize;
            for (var i = 0; i < bytes.Count; i++)
            {
                if (request.Operation == BlockOperation.Read)
                    ram[bytes[i]] = disk[at + i];
                else
                    disk[at + i] = ram[bytes[i]];
            }

            Assert.True(ram.AsSpan().SequenceEqual(_ram));
            Assert.True(disk.AsSpan().SequenceEqual(_queue.Bytes));
        }

        Assert.True(_disk.Copies > 0);
        Assert.Equal(0ul, _disk.Failures);
    }

    [Fact]
    public void Many_requests_share_the_queue_and_all_end_once()
    {
        var random = new Random(4);
        var taken = new List<BlockRequest>();
        while (true)
        {
            var request = Random(random, BlockOperation.Read, out _);
            if (!_disk.TrySubmit(request))
                break;

            taken.Add(request);
        }

        Assert.Equal(_queue.Capacity, taken.Count);
        _queue.Run(random);
        Assert.Equal(taken.ToHashSet(), _done.Select(done => done.Request).ToHashSet());
        Assert.Equal(taken.Count, _done.Count);
        Assert.True(_disk.TrySubmit(taken[0]));
    }

    [Fact]
    public void A_failed_part_fails_its_request_and_no_other()
    {
        var large = Whole(BlockOperation.Write, 0, 32, 512);
        var other = Whole(BlockOperation.Write, 100, 1, 512);
        Assert.True(_disk.TrySubmit(large));
        Assert.True(_disk.TrySubmit(other));
        _queue.Fail = sector => sector == 5 ? BlockStatus.MediumError : BlockStatus.Success;
        _queue.Run(new Random(1));
        Assert.Contains((large, BlockStatus.MediumError), _done);
        Assert.Contains((other, BlockStatus.Success), _done);
        Assert.Equal(2, _done.Count);
        Assert.Equal(1ul, _disk.Failures);
    }

    [Fact]
    public void Memory_that_is_not_there_writes_nothing()
    {
        var request = new BlockRequest(this, 0, 256) { Operation = BlockOperation.Write, Sector = 7, SectorCount = 1, SegmentCount = 256 };
        for (var i = 0; i < 256; i++)
            request.Segments[i] = new GuestSegment { Address = MemorySize + (ulong)(i * 4), Length = 2 };

        Assert.True(_disk.TrySubmit(request));
        _queue.Run(new Random(1));
        Assert.Equal((request, BlockStatus.Unavailable), Assert.Single(_done));
        Assert.DoesNotContain(_queue.Log, line => line.StartsWith("Write", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, "Discard 10+20")]
    [InlineData(false, "Read 10+1")]
    public void A_disk_that_cannot_discard_keeps_what_it_has(bool canDiscard, string expected)
    {
        _queue.CanDiscard = canDiscard;
        var request = new BlockRequest(this, 0, 1) { Operation = BlockOperation.Discard, Sector = 10, SectorCount = 20 };
        Assert.True(_disk.TrySubmit(request));
        _queue.Run(new Random(1));
        Assert.Equal((request, BlockStatus.Success), Assert.Single(_done));
        Assert.Equal(expected, Assert.Single(_queue.Log));
    }

    [Fact]
    public void A_flush_and_a_forced_write_arrive_as_such()
    {
        var forced = Whole(BlockOperation.Write, 3, 1, 512);
        forced.ForceUnitAccess = true;
        Assert.True(_disk.TrySubmit(forced));
        Assert.True(_disk.TrySubmit(new BlockRequest(this, 1, 1) { Operation = BlockOperation.Flush }));
        _queue.Run(new Random(1));
        Assert.Equal(2, _done.Count);
        Assert.Equal(["Flush 0+0", "Write 3+1!"], _queue.Log.Order());
    }

    [Theory]
    [InlineData("disk=disk:0", "disk", 0, 0, "")]
    [InlineData("net=a:1 disk=d:12.3,ro more", "d", 12, 3, "ro")]
    public void A_word_names_a_device(string text, string service, uint number, uint part, string options)
    {
        ReadOnlySpan<byte> arguments = Encoding.ASCII.GetBytes(text);
        Assert.True(DeviceWord.TryTake(ref arguments, "disk"u8, out var word));
        Assert.True(word.IsValid);
        Assert.Equal((service, number, part, options),
            (Encoding.ASCII.GetString(word.Service), word.Number, word.Part, Encoding.ASCII.GetString(word.Options)));
        Assert.False(DeviceWord.TryTake(ref arguments, "disk"u8, out _));
    }

    [Theory]
    [InlineData("disk=disk")]
    [InlineData("disk=:1")]
    [InlineData("disk=disk:")]
    [InlineData("disk=disk:x")]
    [InlineData("disk=disk:1.0")]
    [InlineData("disk=disk:1.x")]
    [InlineData("disk=disk:99999999999")]
    public void A_word_of_another_form_is_not_valid(string text)
    {
        ReadOnlySpan<byte> arguments = Encoding.ASCII.GetBytes(text);
        Assert.True(DeviceWord.TryTake(ref arguments, "disk"u8, out var word));
        Assert.False(word.IsValid);
    }

    // Memory in pieces of one size, one after the other.
    private BlockRequest Whole(BlockOperation operation, ulong sector, uint count, int piece)
    {
        var segments = (int)count * IBlockDisk.SectorSize / piece;
        var request = new BlockRequest(this, 0, segments) { Operation = operation, Sector = sector, SectorCount = count, SegmentCount = segments };
        for (var i = 0; i < segments; i++)
            request.Segments[i] = new GuestSegment { Address = (ulong)(i * piece * 2), Length = piece };

        return request;
    }

    // Memory in pieces of any even size that do not overlap; gives the address of each byte.
    private BlockRequest Random(Random random, BlockOperation operation, out List<int> bytes)
    {
        var count = (uint)random.Next(1, 40);
        var left = (int)count * IBlockDisk.SectorSize;
        var segments = new List<GuestSegment>();
        bytes = [];
        var address = random.Next(100) * 2;
        var largest = random.Next(4) switch { 0 => 8, 1 => 100, 2 => 600, _ => 20_000 };
        while (left != 0)
        {
            var length = Math.Min(left, random.Next(1, largest) * 2);
            segments.Add(new GuestSegment { Address = (ulong)address, Length = length });
            bytes.AddRange(Enumerable.Range(address, length));
            address += length + random.Next(3) * 2;
            left -= length;
        }

        var request = new BlockRequest(this, 0, segments.Count)
        {
            Operation = operation,
            Sector = (ulong)random.Next(Sectors - 40),
            SectorCount = count,
            SegmentCount = segments.Count,
        };
        segments.CopyTo(request.Segments);
        return request;
    }

    private sealed class NoLock : ILock
    {
        private bool _isTaken;

        public void Enter()
        {
            Assert.False(_isTaken);
            _isTaken = true;
        }

        public void Leave() => _isTaken = false;
    }

    // The server: holds parts until it is told to run, and does them in any order.
    private sealed class Queue(GuestMemory memory) : IDiskQueue
    {
        private readonly List<(int Number, BlockOperation Operation, ulong Sector, uint Count, GuestSegment[] Pieces)> _parts = [];
        private readonly byte[][] _buffers = Enumerable.Range(0, 8).Select(_ => new byte[2048]).ToArray();

        public int Capacity => _buffers.Length;

        public int MaxPieces => 5;

        public uint MaxSectors => 24;

        public bool CanDiscard { get; set; }

        public byte[] Bytes { get; } = new byte[Sectors * IBlockDisk.SectorSize];

        public List<string> Log { get; } = [];

        public RemoteDisk Disk { get; set; } = null!;

        public Func<ulong, BlockStatus> Fail { get; set; } = _ => BlockStatus.Success;

        public Span<byte> Buffer(int number) => _buffers[number];

        public void Submit(int number, BlockOperation operation, ulong sector, uint count, ReadOnlySpan<GuestSegment> pieces, bool isForced)
        {
            Assert.DoesNotContain(_parts, part => part.Number == number);
            Assert.InRange(pieces.Length, 0, MaxPieces);
            Assert.InRange(count, operation == BlockOperation.Flush ? 0u : 1u, MaxSectors);
            if (pieces.Length != 0)
                Assert.Equal((long)count * IBlockDisk.SectorSize, pieces.ToArray().Sum(piece => (long)piece.Length));

            _parts.Add((number, operation, sector, count, pieces.ToArray()));
            Log.Add($"{operation} {sector}+{count}{(isForced ? "!" : "")}");
        }

        public void Publish()
        {
        }

        public void Run(Random random)
        {
            while (_parts.Count != 0)
            {
                var at = random.Next(_parts.Count);
                var part = _parts[at];
                _parts.RemoveAt(at);
                var status = Fail(part.Sector);
                if (status == BlockStatus.Success && part.Operation is BlockOperation.Read or BlockOperation.Write)
                    Move(part.Operation, part.Sector, part.Count, part.Pieces, part.Number);

                Disk.Completed(part.Number, status);
            }
        }

        private void Move(BlockOperation operation, ulong sector, uint count, GuestSegment[] pieces, int number)
        {
            var data = Bytes.AsSpan((int)sector * IBlockDisk.SectorSize, (int)count * IBlockDisk.SectorSize);
            if (pieces.Length == 0)
            {
                var buffer = _buffers[number].AsSpan(0, data.Length);
                if (operation == BlockOperation.Read)
                    data.CopyTo(buffer);
                else
                    buffer.CopyTo(data);
            }

            foreach (var piece in pieces)
            {
                Assert.True(operation == BlockOperation.Read
                    ? memory.Write(piece.Address, data.Slice(0, piece.Length))
                    : memory.Read(piece.Address, data.Slice(0, piece.Length)));
                data = data.Slice(piece.Length);
            }
        }
    }
}
