using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The network whose server is somewhere else, between a NIC and a server of the test's own.</summary>
public sealed class RemoteNetworkTests
{
    private const int Half = 8;
    private readonly GuestMemory _memory = new();
    private readonly FakeNic _nic = new();
    private readonly FakeNetServer _server;
    private readonly RemoteNetwork _network;

    public RemoteNetworkTests()
    {
        _memory.Add(0, new ArrayBacking(Enumerable.Range(0, 0x10000).Select(i => (byte)(i * 31 >> 3)).ToArray()));
        _server = new FakeNetServer(_memory, 2 * Half);
        _network = new RemoteNetwork(_memory, _server, new HostLock());
        _network.Attach(_nic);
        _network.Opened();
    }

    private static GuestSegment Segment(ulong address, int length) => new() { Address = address, Length = length };

    private SendResult Send(int tag, int length = 100) => _network.Send([], [Segment(0x1000, length)], tag);

    private static byte[] Packet(int number) => [.. Enumerable.Range(number, 60).Select(i => (byte)i)];

    [Fact]
    public void The_link_comes_up_with_the_server_when_all_buffers_are_posted()
    {
        Assert.Equal([false, true], _nic.Link);
        Assert.Equal(Enumerable.Range(0, Half), _server.Posts.Order());
        Assert.False(_network.WantsSpace);
    }

    [Theory]
    [InlineData(0, new[] { 1514 }, 0, 1, true)]
    [InlineData(0, new[] { 54, 1460 }, 0, 2, true)]
    [InlineData(54, new[] { 1460 }, 54, 1, true)]
    [InlineData(54, new[] { 100, 1360 }, 154, 1, true)]
    [InlineData(0, new[] { 14, 20, 20, 1000 }, 54, 1, true)]
    [InlineData(60, new int[0], 60, 0, false)]
    public void A_packet_goes_from_where_it_lies_as_far_as_two_pieces_can(int header, int[] pieces, int copied, int left, bool pending)
    {
        byte[] made = [.. Enumerable.Range(0, header).Select(i => (byte)(200 - i))];
        GuestSegment[] segments = [.. pieces.Select((length, i) => Segment(0x2000 + ((ulong)i * 0x1001), length))];
        byte[] whole = [.. made, .. segments.SelectMany(segment => Bytes(segment))];

        Assert.Equal(pending ? SendResult.Pending : SendResult.Sent, _network.Send(made, segments, 77));
        Assert.Empty(_server.Sends);
        _network.Publish();
        FakeNetServer.Request request = Assert.Single(_server.Sends);
        Assert.Equal(whole, _server.Read(request));
        Assert.Equal((copied, left), (request.Copied.Length, request.Rest.Length));
        Assert.Equal(segments[^left..], request.Rest);

        _server.Answer(_network);
        Assert.Equal((int[])(pending ? [77] : []), _nic.Completed);
        Assert.Equal((1ul, copied != 0 ? 1ul : 0), (_network.Sent, _network.Copies));
    }

    private byte[] Bytes(GuestSegment segment)
    {
        byte[] bytes = new byte[segment.Length];
        Assert.True(_memory.Read(segment.Address, bytes));
        return bytes;
    }

    [Fact]
    public void Packets_that_no_network_takes_are_swallowed()
    {
        Assert.Equal(SendResult.Sent, Send(1, 13));
        Assert.Equal(SendResult.Sent, Send(1, 1515));
        Assert.Equal(SendResult.Sent, _network.Send(new byte[15], [Segment(0xfff0, 40), Segment(0, 40)], 1));
        _network.Publish();
        Assert.Empty(_server.Sends);
        Assert.Equal(3ul, _network.Refused);
        Assert.Equal(SendResult.Pending, Send(1, 14));
        Assert.Equal(SendResult.Pending, Send(1, 1514));
    }

    [Fact]
    public void Without_a_free_number_the_NIC_waits_and_is_told_once()
    {
        for (int i = 0; i < Half; i++)
            Assert.Equal(SendResult.Pending, Send(i));
        Assert.Equal(SendResult.NoRoom, Send(Half));
        _network.Settle();
        Assert.Equal(0, _nic.Ready);
        Assert.False(_network.WantsSpace);

        _server.Answer(_network);
        _network.Settle();
        _network.Settle();
        Assert.Equal(1, _nic.Ready);
        Assert.Equal(SendResult.Pending, Send(Half));
    }

    [Fact]
    public void Without_space_in_the_ring_everything_waits_until_there_is_some()
    {
        _server.Space = 1;
        _server.Deliver(_network, Packet(1));
        _server.Deliver(_network, Packet(2));
        _network.Settle();
        Assert.True(_network.WantsSpace);
        Assert.Equal(SendResult.NoRoom, Send(5));
        _network.Settle();
        Assert.Equal(1, _nic.Ready);

        _server.Space = int.MaxValue;
        _network.Settle();
        Assert.False(_network.WantsSpace);
        Assert.Equal(Half, _server.Posts.Count);
    }

    [Fact]
    public void Packets_without_room_are_held_in_order_and_nobody_is_woken_for_nothing()
    {
        _network.ReceiveReady();
        Assert.Equal(0, _server.Wakes);

        _nic.Room = 1;
        for (int i = 0; i < 4; i++)
            _server.Deliver(_network, Packet(i));
        _network.Settle();
        int offers = _nic.Offers;
        Assert.Equal(Half - 3, _server.Posts.Count);
        Assert.Equal(Packet(0), Assert.Single(_nic.Frames));

        // The guest provides a buffer: the thread is woken, and goes on where it was.
        _nic.Room = 1;
        _network.ReceiveReady();
        Assert.Equal(1, _server.Wakes);
        _network.Settle();
        Assert.Equal(offers + 2, _nic.Offers);
        _nic.Room = int.MaxValue;
        _server.Deliver(_network, Packet(4));
        _network.Settle();
        Assert.Equal(Enumerable.Range(0, 5).Select(Packet), _nic.Frames);
        Assert.Equal(Half, _server.Posts.Count);

        _network.ReceiveReady();
        Assert.Equal(1, _server.Wakes);
        Assert.Equal(5ul, _network.Received);
    }

    [Fact]
    public void A_guest_that_takes_nothing_holds_no_more_than_the_buffers()
    {
        _nic.Room = 0;
        for (int i = 0; i < Half; i++)
            _server.Deliver(_network, Packet(i));
        _network.Settle();
        Assert.Empty(_server.Posts);

        _server.Die(_network);
        _network.Opened();
        _nic.Room = int.MaxValue;
        _server.Deliver(_network, Packet(9));
        Assert.Equal(Packet(9), Assert.Single(_nic.Frames));
    }

    [Fact]
    public void When_the_server_ends_its_packets_are_lost_and_the_link_goes_down_until_it_is_back()
    {
        for (int i = 0; i < 3; i++)
            Send(i);
        _network.Send(Packet(1), [], 3);
        _network.Publish();
        _server.Die(_network);
        Assert.Equal([0, 1, 2], _nic.Completed.Order());
        Assert.Equal([false, true, false], _nic.Link);
        Assert.Equal(4ul, _network.Lost);

        Assert.Equal(SendResult.Sent, Send(7));
        _network.Publish();
        _network.Settle();
        _network.Closed();
        Assert.Empty(_server.Sends);
        Assert.Equal(5ul, _network.Lost);

        _network.Opened();
        Assert.Equal([false, true, false, true], _nic.Link);
        Assert.Equal(Half, _server.Posts.Count);
        for (int i = 0; i < Half; i++)
            Assert.Equal(SendResult.Pending, Send(i));
    }

    [Fact]
    public void A_NIC_that_waits_for_room_is_told_when_the_server_ends()
    {
        for (int i = 0; i <= Half; i++)
            Send(i);
        _server.Die(_network);
        Assert.Equal(1, _nic.Ready);
    }

    [Fact]
    public void Answers_that_make_no_sense_change_nothing()
    {
        Send(1);
        _network.Publish();
        int buffer = _server.Posts[0];
        int packet = _server.Sends[0].Number;
        _network.Completed(-1);
        _network.Completed(2 * Half);
        _network.Completed(buffer);
        _network.Completed(Half == packet ? Half + 1 : Half);
        _network.Filled(-1, 60);
        _network.Filled(packet, 60);
        _network.Filled(int.MaxValue, 60);
        _network.Filled(buffer, RemoteNetwork.BufferSize + 1);
        _network.Filled(buffer, uint.MaxValue);
        Assert.Equal(9ul, _network.Nonsense);
        Assert.Empty(_nic.Completed);
        Assert.Empty(_nic.Frames);

        _network.Filled(buffer, 13);
        _network.Filled(buffer, 0);
        Assert.Equal(10ul, _network.Nonsense);
        Assert.Empty(_nic.Frames);
        _network.Completed(packet);
        _network.Completed(packet);
        Assert.Equal([1], _nic.Completed);
        Assert.Equal(11ul, _network.Nonsense);
    }

    [Fact]
    public void A_NIC_sends_and_receives_large_streams_through_it()
    {
        FakeNetServer server = null!;
        RemoteNetwork network = null!;
        var machine = new IgbMachine(start: false, network: memory => network = new RemoteNetwork(
            memory, server = new FakeNetServer(memory, 2 * Half), new HostLock()));
        network.Attach(machine.Nic);
        network.Opened();
        machine.Start();
        const int Payload = 20_000;
        const int Header = 54;
        byte[] stream = IgbMachine.Packet(Payload);
        machine.Memory.Write(IgbMachine.Buffer, stream);
        machine.PutContext(0, 14, 20, 20, 1460);
        machine.PutData(1, IgbMachine.Buffer, 3000, 1u << 31, 3 << 8);
        machine.PutData(2, IgbMachine.Buffer + 3000, stream.Length - 3000, 1u << 24 | 1u << 27 | 1u << 31);
        machine[0xe018] = 3;

        var parts = new List<byte[]>();
        while (server.Sends.Count != 0)
        {
            parts.Add(server.Read(server.Sends[0]));
            server.Answer(network);
            network.Settle();
        }

        Assert.Equal((Payload + 1459) / 1460, parts.Count);
        Assert.All(parts, part => Assert.True(IgbMachine.IsGood(part)));
        Assert.Equal(stream[Header..], parts.SelectMany(part => part[Header..]).ToArray());
        Assert.Equal(3u, machine[0xe010]);

        for (int i = 0; i < 4; i++)
            server.Deliver(network, IgbMachine.Packet(100 + i));
        network.Settle();
        machine.AddBuffers(3);
        Assert.Equal(1, server.Wakes);
        network.Settle();
        for (int i = 0; i < 3; i++)
            Assert.Equal(IgbMachine.Packet(100 + i), machine.ReadBuffer(i, 154 + i));
        Assert.Equal(3ul, network.Received);
    }

    [Fact]
    public void Whoever_sends_meanwhile_and_however_often_the_server_ends_each_packet_is_answered_once()
    {
        const int Senders = 3;
        const int Packets = 20_000;
        var nic = new CountingNic(Senders * Packets);
        var server = new BusyServer();
        var network = new RemoteNetwork(_memory, server, new HostLock());
        network.Attach(nic);
        network.Opened();
        long sent = 0;
        Thread[] senders = [.. Enumerable.Range(0, Senders).Select(sender => new Thread(() =>
        {
            for (int i = 0; i < Packets; i++)
            {
                int tag = (sender * Packets) + i;
                SendResult result;
                while ((result = network.Send([], [Segment(0x1000, 60)], tag)) == SendResult.NoRoom)
                    Thread.Yield();
                if (result == SendResult.Sent)
                    nic.SendCompleted(tag);
                if (i % 5 == 0)
                    network.Publish();
                Interlocked.Increment(ref sent);
            }

            network.Publish();
        }))];
        foreach (Thread sender in senders)
            sender.Start();

        for (int round = 1; Volatile.Read(ref sent) < Senders * Packets || server.UnderWay.Count != 0; round++)
        {
            while (server.UnderWay.TryDequeue(out int number))
                network.Completed(number);
            network.Settle();
            if (round % 1000 == 0)
            {
                network.Closed();
                server.UnderWay.Clear();
                network.Opened();
            }
        }

        Assert.All(senders, sender => Assert.True(sender.Join(TimeSpan.FromSeconds(30))));
        while (server.UnderWay.TryDequeue(out int number))
            network.Completed(number);
        Assert.All(nic.Answers, count => Assert.Equal(1, count));
        Assert.Equal(0ul, network.Nonsense);
    }

    private sealed class BusyServer : INetworkQueue
    {
        private readonly byte[] _buffer = new byte[RemoteNetwork.BufferSize];

        public ConcurrentQueue<int> UnderWay { get; } = new();

        public int Capacity => 16;

        public Span<byte> Buffer(int number) => _buffer;

        public bool TryPost(int number) => true;

        public bool TrySend(int number, int copied, ReadOnlySpan<GuestSegment> rest)
        {
            UnderWay.Enqueue(number);
            return true;
        }

        public void Publish()
        {
        }

        public void Wake()
        {
        }
    }

    private sealed class CountingNic(int tags) : INetworkOwner
    {
        public int[] Answers { get; } = new int[tags];

        public ReceiveResult Receive(ReadOnlySpan<byte> frame) => ReceiveResult.Dropped;

        public void SendCompleted(int tag) => Interlocked.Increment(ref Answers[tag]);

        public void SendReady()
        {
        }

        public void SetLink(bool up)
        {
        }
    }
}
