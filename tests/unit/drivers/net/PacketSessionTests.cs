using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Net;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Drivers.Tests.Net;

/// <summary>A session of the net contract with a channel and a device of the test's own.</summary>
public class PacketSessionTests
{
    private readonly FakeDevice _device = new();
    private readonly FakeChannel _channel = new();
    private readonly PacketSession _session;

    public PacketSessionTests()
    {
        _session = new PacketSession(_device);
        Assert.True(_session.TryOpen(1));
        _session.Memory.Clear(true);
        Assert.True(_session.Memory.TryAppend(0x10_0000, 0x1000) && _session.Memory.TryAppend(0x30_0000, 0x1000));
        _session.Connect(_channel);
    }

    [Fact]
    public void Packets_go_and_come_in_the_clients_own_memory()
    {
        ulong[] record = new ulong[NetRecord.RequestWords];
        NetRecord.Post(record, 7, 0x1800);
        _channel.Requests.Enqueue([.. record]);
        NetRecord.Send(record, 8, 0xfc0, 128, new ChecksumRequest(34, 16, 14, true));
        _channel.Requests.Enqueue([.. record]);
        Assert.False(_session.Serve());
        Assert.Equal([(0x30_0800ul, 7u)], _device.Posted);
        Assert.Equal([new(0x10_0fc0, 64), new(0x30_0000, 64)], _device.Sent.Single().Segments);
        Assert.Equal(new ChecksumRequest(34, 16, 14, true), _device.Sent.Single().Checksum);

        _device.Reclaimed.Enqueue(8);
        _device.Arrived.Enqueue(new ReceivedPacket(7, 60, ReceiveFlags.IpChecked));
        _ = _session.Serve();
        Assert.Equal([(8u, NetOutcome.Sent, 0u), (7u, NetOutcome.Received, 60u)], _channel.Answers);
        Assert.Equal((1ul, 1ul, 0ul), (_session.Sent, _session.Received, _session.Refusals));
    }

    [Fact]
    public void A_packet_of_two_pieces_goes_in_their_order()
    {
        ulong[] record = new ulong[NetRecord.RequestWords];
        NetRecord.Send(record, 3, [new NetPiece(0x1100, 54), new NetPiece(0xff0, 32)]);
        _channel.Requests.Enqueue(record);
        _ = _session.Serve();
        Assert.Equal([new(0x30_0100, 54), new(0x10_0ff0, 16), new(0x30_0000, 16)], _device.Sent.Single().Segments);
        Assert.Equal(default, _device.Sent.Single().Checksum);
    }

    [Fact]
    public void Whatever_the_record_nothing_outside_of_the_memory_is_touched()
    {
        ulong[] interesting = [0, 1, 0x100, 0x200, ulong.MaxValue, 0xffff_ffff, 0x800, 0x1ffful << 24 | 2048, 0x800ul << 24 | 2048, 0x22_1022];
        int taken = 0;
        for (int seed = 0; seed < 20_000; seed++)
        {
            Random random = new(seed);
            ulong[] record = new ulong[NetRecord.RequestWords];
            if (random.Next(2) == 0)
                NetRecord.Post(record, (uint)seed, (ulong)random.Next(0x2200));
            else
                NetRecord.Send(record, (uint)seed, (ulong)random.Next(0x2200), (uint)random.Next(1600));

            for (int i = random.Next(3); i > 0; i--)
                record[random.Next(record.Length)] = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (ulong)random.NextInt64();

            _device.Posted.Clear();
            _device.Sent.Clear();
            _channel.Answers.Clear();
            _channel.Requests.Enqueue(record);
            _ = _session.Serve();
            Assert.Equal(1, _device.Posted.Count + _device.Sent.Count + _channel.Answers.Count(answer => answer.Outcome == NetOutcome.Refused));
            foreach ((ulong address, _) in _device.Posted)
                Assert.True(IsInside(new DmaSegment(address, NetRecord.BufferSize)), $"seed {seed}");

            foreach ((DmaSegment[] segments, uint tag, _) in _device.Sent)
            {
                Assert.All(segments, segment => Assert.True(IsInside(segment), $"seed {seed}"));
                _device.Reclaimed.Enqueue(tag);
            }

            foreach ((_, uint tag) in _device.Posted)
                _device.Arrived.Enqueue(new ReceivedPacket(tag, 0, ReceiveFlags.None));

            taken += _device.Posted.Count + _device.Sent.Count;
        }

        Assert.InRange(taken, 2000, 20_000);
    }

    [Fact]
    public void A_client_that_does_not_take_its_answers_gets_no_more()
    {
        _channel.Space = 0;
        ulong[] record = new ulong[NetRecord.RequestWords];
        for (uint i = 0; i < 1000; i++)
        {
            NetRecord.Send(record, i, 0, 60);
            _channel.Requests.Enqueue([.. record]);
        }

        for (int i = 0; i < 100; i++)
        {
            _ = _session.Serve();
            foreach ((_, uint tag, _) in _device.Sent)
                _device.Reclaimed.Enqueue(tag);

            _device.Sent.Clear();
        }

        Assert.Equal(1000 - NetRecord.Capacity, _channel.Requests.Count);
        _channel.Space = int.MaxValue;
        while (_channel.Answers.Count < 1000)
        {
            _ = _session.Serve();
            foreach ((_, uint tag, _) in _device.Sent)
                _device.Reclaimed.Enqueue(tag);

            _device.Sent.Clear();
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (uint)i), _channel.Answers.Select(answer => answer.Number));
    }

    [Fact]
    public void A_packet_that_finds_no_space_waits_and_keeps_its_place()
    {
        _device.Space = 1;
        ulong[] record = new ulong[NetRecord.RequestWords];
        for (uint i = 0; i < 3; i++)
        {
            NetRecord.Send(record, i, 0, 60 + i);
            _channel.Requests.Enqueue([.. record]);
        }

        Assert.False(_session.Serve());
        Assert.Equal([0u], _device.Sent.Select(packet => packet.Tag));
        _device.Space = 2;
        _ = _session.Serve();
        Assert.Equal([0u, 1u, 2u], _device.Sent.Select(packet => packet.Tag));
    }

    [Fact]
    public void A_session_that_ends_takes_its_buffers_from_the_device()
    {
        Assert.False(_session.TryOpen(2));
        ulong[] record = new ulong[NetRecord.RequestWords];
        NetRecord.Post(record, 0, 0);
        _channel.Requests.Enqueue(record);
        _ = _session.Serve();
        Assert.True(_session.TryClose());
        Assert.Equal(1, _device.Restarts);
        Assert.True(_session.TryOpen(2));
        Assert.True(_session.TryClose());
        Assert.Equal(1, _device.Restarts);
    }

    private static bool IsInside(DmaSegment segment) =>
        new[] { 0x10_0000ul, 0x30_0000ul }.Any(start => segment.Address >= start && segment.Address + segment.Length <= start + 0x1000);

    private sealed class FakeDevice : IPacketDevice
    {
        public List<(ulong Address, uint Tag)> Posted { get; } = [];

        public List<(DmaSegment[] Segments, uint Tag, ChecksumRequest Checksum)> Sent { get; } = [];

        public Queue<uint> Reclaimed { get; } = [];

        public Queue<ReceivedPacket> Arrived { get; } = [];

        public int Space { get; set; } = int.MaxValue;

        public int Restarts { get; private set; }

        public bool TryPost(ulong address, uint tag)
        {
            Posted.Add((address, tag));
            return true;
        }

        public bool TryReceive(out ReceivedPacket packet) => Arrived.TryDequeue(out packet);

        public bool CanSend(ReadOnlySpan<DmaSegment> segments, ChecksumRequest checksum) => true;

        public bool TrySend(ReadOnlySpan<DmaSegment> segments, uint tag, ChecksumRequest checksum)
        {
            if (Space == 0)
                return false;

            Space--;
            Sent.Add((segments.ToArray(), tag, checksum));
            return true;
        }

        public bool TryReclaim(out uint tag) => Reclaimed.TryDequeue(out tag);

        public void Publish()
        {
        }

        public bool TryRestart()
        {
            Restarts++;
            return true;
        }
    }

    private sealed class FakeChannel : IPacketChannel
    {
        public Queue<ulong[]> Requests { get; } = [];

        public List<(uint Number, NetOutcome Outcome, uint Length)> Answers { get; } = [];

        public int Space { get; set; } = int.MaxValue;

        public bool TryRead(Span<ulong> record)
        {
            if (!Requests.TryDequeue(out ulong[]? request))
                return false;

            request.CopyTo(record);
            return true;
        }

        public bool TryWrite(ReadOnlySpan<ulong> completion)
        {
            if (Space == 0)
                return false;

            Answers.Add((NetRecord.Number(completion[0]), NetRecord.Outcome(completion[0]), (uint)completion[1]));
            return true;
        }

        public void Publish()
        {
        }

        public bool Arm(bool wantsRequests, bool wantsSpace) => wantsRequests && Requests.Count != 0;
    }
}
