using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Blocks;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Drivers.Tests.Blocks;

/// <summary>The server of the block contract with channels and disks of the test's own.</summary>
public class BlockServerTests
{
    private static readonly BlockWindow s_window = new(1000, 100, 512, true);

    [Fact]
    public void A_request_is_moved_into_its_window_and_finds_its_memory()
    {
        DeviceMemory memory = Memory((0x10_0000, 0x1000), (0x30_0000, 0x2000));
        DiskRequest request = new();
        ulong[] record = new ulong[BlockRecord.RequestWords];
        BlockRecord.Write(record, 7, DiskOperation.Write, 98, 2, [new(0xf00, 0x200), new(0, 0x200)], true);

        Assert.True(BlockRecord.TryRead(record, s_window, memory, request));
        Assert.Equal((DiskOperation.Write, 1098ul, 2u, true), (request.Operation, request.Sector, request.Count, request.IsForced));
        Assert.Equal([new(0x10_0f00, 0x100), new(0x30_0000, 0x100), new(0x10_0000, 0x200)], request.Segments.ToArray());
    }

    [Fact]
    public void Whatever_the_record_nothing_outside_of_window_and_memory_is_touched()
    {
        (ulong Address, ulong Length)[] runs = [(0x10_0000, 0x1000), (0x30_0000, 0x2000)];
        ulong[] interesting = [0, 1, 2, 3, 99, 100, 101, ulong.MaxValue, 1ul << 63, 0xffff_ffff, 0x1_0000, 0x1_0001, 1ul << 24, 0x1000ul << 24 | 512];
        DiskRequest request = new();
        int accepted = 0;
        for (int seed = 0; seed < 50_000; seed++)
        {
            Random random = new(seed);
            BlockWindow window = s_window with { IsWritable = random.Next(2) == 0 };
            DeviceMemory memory = new();
            memory.Clear(random.Next(2) == 0);
            foreach ((ulong address, ulong length) in runs)
                Assert.True(memory.TryAppend(address, length));

            ulong[] record = new ulong[BlockRecord.RequestWords];
            DataPiece[] pieces = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new DataPiece((ulong)random.Next(0x3400), 512))];
            BlockRecord.Write(record, 1, (DiskOperation)random.Next(5), (ulong)random.Next(102), (uint)pieces.Length, pieces);
            for (int i = random.Next(3); i > 0; i--)
                record[random.Next(record.Length)] = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (ulong)random.NextInt64();

            if (!BlockRecord.TryRead(record, window, memory, request))
                continue;

            accepted++;
            bool isWrite = request.Operation is DiskOperation.Write or DiskOperation.Discard;
            Assert.True(window.IsWritable || !isWrite);
            Assert.True(memory.IsWritable || request.Operation != DiskOperation.Read);
            if (request.Operation == DiskOperation.Flush)
                continue;

            Assert.True(request.Sector >= 1000 && request.Count > 0 && request.Sector + request.Count <= 1100, $"seed {seed}");
            foreach (DmaSegment segment in request.Segments)
                Assert.Contains(runs, run => segment.Address >= run.Address && segment.Address + segment.Length <= run.Address + run.Length);
        }

        Assert.InRange(accepted, 1000, 50_000);
    }

    [Fact]
    public void Requests_that_break_the_contract_are_answered_and_counted()
    {
        BlockServer server = new(1);
        FakeDisk disk = new();
        FakeChannel channel = Connect(server, 1, disk);
        channel.Requests.Enqueue([9, .. new ulong[15]]);
        channel.Requests.Enqueue(Record(8, DiskOperation.Write, 100));
        channel.Requests.Enqueue(Record(9, DiskOperation.Write, 99));
        _ = server.Serve();
        disk.Finish();
        _ = server.Serve();

        Assert.Equal([(0u, DiskStatus.Invalid), (8u, DiskStatus.Invalid), (9u, DiskStatus.Ok)], channel.Answers);
        Assert.Equal(2ul, server.Sessions[0].Refusals);
    }

    [Fact]
    public void A_greedy_client_does_not_starve_another()
    {
        BlockServer server = new(3);
        FakeDisk disk = new();
        FakeChannel greedy = Connect(server, 1, disk);
        FakeChannel modest = Connect(server, 2, disk);
        for (uint i = 0; i < 10_000; i++)
            greedy.Requests.Enqueue(Record(i, DiskOperation.Write, i % 100));

        for (uint i = 0; i < 100; i++)
        {
            modest.Requests.Enqueue(Record(i, DiskOperation.Read, i));
            _ = server.Serve();
            int ahead = disk.Taken.FindIndex(request => ((BlockSession)request.Owner!).Number == 2);
            Assert.InRange(ahead, 0, BlockServer.Quantum);
            disk.Finish();
        }

        _ = server.Serve();
        Assert.Equal(100, modest.Answers.Count);
    }

    [Fact]
    public void A_client_that_does_not_take_its_answers_stops_itself_only()
    {
        BlockServer server = new(2);
        FakeDisk disk = new();
        FakeChannel stuck = Connect(server, 1, disk);
        FakeChannel other = Connect(server, 2, disk);
        stuck.Space = 0;
        for (uint i = 0; i < 1000; i++)
        {
            stuck.Requests.Enqueue(Record(i, DiskOperation.Write, i % 100));
            other.Requests.Enqueue(Record(i, DiskOperation.Write, i % 100));
        }

        while (other.Answers.Count < 1000)
        {
            _ = server.Serve();
            disk.Finish();
        }

        Assert.Equal(1000 - BlockRecord.Capacity, stuck.Requests.Count);
        Assert.True(server.Sessions[0].IsIdle);
        stuck.Space = int.MaxValue;
        while (stuck.Requests.Count + disk.Taken.Count > 0)
        {
            _ = server.Serve();
            disk.Finish();
        }

        _ = server.Serve();
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => ((uint)i, DiskStatus.Ok)), stuck.Answers);
    }

    [Fact]
    public void A_session_that_ends_is_idle_only_when_the_disk_has_given_everything_back()
    {
        BlockServer server = new(1);
        FakeDisk disk = new();
        FakeChannel channel = Connect(server, 1, disk);
        for (uint i = 0; i < 5; i++)
            channel.Requests.Enqueue(Record(i, DiskOperation.Write, i));

        _ = server.Serve();
        BlockSession session = server.Find(1)!;
        session.Close();
        Assert.False(session.IsIdle);
        Assert.All(disk.Taken, request => Assert.True(request.IsCancelled));
        disk.Finish();
        Assert.True(session.IsIdle);
        session.Forget();
        Assert.Empty(channel.Answers);

        channel = Connect(server, 2, disk);
        channel.Requests.Enqueue(Record(3, DiskOperation.Flush, 0));
        _ = server.Serve();
        Assert.False(disk.Taken.Single().IsCancelled);
        disk.Finish();
        _ = server.Serve();
        Assert.Equal([(3u, DiskStatus.Ok)], channel.Answers);
    }

    [Fact]
    public void Without_its_disk_a_session_answers_gone()
    {
        BlockServer server = new(1);
        FakeDisk disk = new();
        FakeChannel channel = Connect(server, 1, disk);
        server.Sessions[0].Unbind();
        channel.Requests.Enqueue(Record(3, DiskOperation.Flush, 0));
        _ = server.Serve();

        Assert.Equal([(3u, DiskStatus.Gone)], channel.Answers);
        Assert.Null(server.Open(4));
    }

    private static ulong[] Record(uint number, DiskOperation operation, ulong block)
    {
        ulong[] record = new ulong[BlockRecord.RequestWords];
        bool isFlush = operation == DiskOperation.Flush;
        BlockRecord.Write(record, number, operation, block, isFlush ? 0u : 1u, isFlush ? [] : [new DataPiece(0, 512)]);
        return record;
    }

    private static DeviceMemory Memory(params (ulong Address, ulong Length)[] runs)
    {
        DeviceMemory memory = new();
        memory.Clear(true);
        foreach ((ulong address, ulong length) in runs)
            Assert.True(memory.TryAppend(address, length));

        return memory;
    }

    private static FakeChannel Connect(BlockServer server, ulong number, FakeDisk disk)
    {
        FakeChannel channel = new();
        BlockSession session = server.Open(number)!;
        session.Bind(disk, 0, s_window);
        session.Memory.Clear(true);
        Assert.True(session.Memory.TryAppend(0x10_0000, 0x1000));
        session.Connect(channel);
        return channel;
    }

    private sealed class FakeDisk : IDisk
    {
        public List<DiskRequest> Taken { get; } = [];

        public DiskStatus Submit(DiskRequest request)
        {
            Taken.Add(request);
            return DiskStatus.Ok;
        }

        public void Abandon()
        {
        }

        public void Finish(int most = int.MaxValue)
        {
            DiskRequest[] done = [.. Taken.Take(most)];
            Taken.RemoveRange(0, done.Length);
            foreach (DiskRequest request in done)
            {
                request.Status = DiskStatus.Ok;
                BlockServer.Complete(request);
            }
        }
    }

    private sealed class FakeChannel : IBlockChannel
    {
        public Queue<ulong[]> Requests { get; } = [];

        public List<(uint Number, DiskStatus Status)> Answers { get; } = [];

        public int Space { get; set; } = int.MaxValue;

        public bool TryRead(Span<ulong> record)
        {
            if (!Requests.TryDequeue(out ulong[]? request))
                return false;

            request.CopyTo(record);
            return true;
        }

        public bool TryWrite(ulong completion)
        {
            if (Space == 0)
                return false;

            Answers.Add((BlockRecord.Number(completion), BlockRecord.Status(completion)));
            return true;
        }

        public void Publish()
        {
        }

        public bool Arm(bool wantsRequests, bool wantsSpace) => (wantsRequests && Requests.Count != 0) || (wantsSpace && Space != 0);
    }
}
