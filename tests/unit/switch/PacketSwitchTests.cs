using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Net;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Switching.Tests;

public class PacketSwitchTests
{
    private readonly PacketSwitch<View> _switch = new(8) { Now = 1 };

    [Fact]
    public void A_packet_is_copied_from_the_senders_memory_to_the_receivers()
    {
        Client[] clients = Clients("alpha=own beta=own gamma=own,packets:1");
        clients[1].Post();
        clients[2].Post();
        byte[] packet = Wire.Packet(clients[1].Address, clients[0].Address, 1514);

        Assert.True(clients[0].TrySend(packet));
        Assert.Equal(packet, clients[1].Take().Single().Packet);
        Assert.Empty(clients[2].Take());
        Assert.Equal((1ul, 1514ul), (clients[0].Port.Statistics.SentPackets, clients[0].Port.Statistics.SentBytes));
        Assert.Equal((1ul, 1514ul), (clients[1].Port.Statistics.ReceivedPackets, clients[1].Port.Statistics.ReceivedBytes));
    }

    [Fact]
    public void Wherever_a_packet_is_cut_it_arrives_whole()
    {
        Client[] clients = Clients("alpha=own beta=own");
        byte[] packet = Wire.Packet(clients[1].Address, clients[0].Address, 80);
        for (int first = 1; first < packet.Length; first++)
        {
            clients[1].Post();
            packet.AsSpan(0, first).CopyTo(clients[0].Memory.Bytes.AsSpan(5000));
            packet.AsSpan(first).CopyTo(clients[0].Memory.Bytes.AsSpan(100));
            Assert.True(clients[0].TrySend([new DmaSegment(5000, (uint)first), new DmaSegment(100, (uint)(packet.Length - first))]));
            Assert.Equal(packet, clients[1].Take().Single().Packet);
        }
    }

    [Fact]
    public void What_is_short_is_padded_with_zeros_as_on_a_wire()
    {
        Client[] clients = Clients("alpha=own beta=own");
        Array.Fill(clients[1].Memory.Bytes, (byte)0xee);
        clients[1].Post();
        byte[] packet = Wire.Packet(clients[1].Address, clients[0].Address, 14);

        Assert.True(clients[0].TrySend(packet));
        Assert.Equal([.. packet, .. new byte[46]], clients[1].Take().Single().Packet);
        Assert.Equal(0xee, clients[1].Memory.Bytes[Client.BufferSize + 60]);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(1515)]
    public void What_is_no_packet_is_not_sent(int length)
    {
        Client[] clients = Clients("alpha=own beta=own");
        Assert.False(clients[0].TrySend(Wire.Packet(Wire.Broadcast, clients[0].Address, length)));
    }

    [Fact]
    public void Who_may_send_from_his_own_address_alone_sends_from_no_other()
    {
        Client[] clients = Clients("alpha=own beta=any", all: true);
        clients[1].Post(4);
        ulong group = clients[0].Address | 1;
        foreach (ulong source in new[] { Wire.Station(1), clients[1].Address, group, 0ul })
            Assert.True(clients[0].TrySend(Wire.Packet(clients[1].Address, source)));

        Assert.Empty(clients[1].Take());
        Assert.Equal((4ul, 0ul), (clients[0].Port.Statistics.Refused, clients[0].Port.Statistics.SentPackets));
    }

    [Fact]
    public void The_address_of_a_port_is_nobody_elses_wherever_it_is_seen()
    {
        Client[] clients = Clients("alpha=own beta=any", all: true);
        Link link = new(_switch, Wire.Policies("nic:0")[0]);
        clients[0].Post(4);
        clients[1].Post(4);
        byte[] stolen = Wire.Packet(Wire.Broadcast, clients[0].Address);

        Assert.True(clients[1].TrySend(stolen));
        link.Arrive(stolen);
        Assert.Equal((1ul, 1ul), (clients[1].Port.Statistics.Refused, link.Port.Statistics.Refused));
        Assert.Empty(clients[1].Take());

        // And it still gets what is for it.
        link.Arrive(Wire.Packet(clients[0].Address, Wire.Station(1)));
        Assert.Single(clients[0].Take());
    }

    [Fact]
    public void A_client_that_changes_the_header_meanwhile_changes_nothing()
    {
        Client[] clients = Clients("alpha=own beta=own gamma=own");
        clients[1].Post();
        clients[2].Post();
        byte[] packet = Wire.Packet(clients[1].Address, clients[0].Address);
        byte[] forged = Wire.Packet(clients[2].Address, clients[2].Address);
        clients[0].Memory.OnRead = () => forged.AsSpan(0, 14).CopyTo(clients[0].Memory.Bytes);

        Assert.True(clients[0].TrySend(packet));
        Assert.Equal(packet, clients[1].Take().Single().Packet);
        Assert.Empty(clients[2].Take());
    }

    [Fact]
    public void A_slow_client_misses_packets_and_delays_nobody()
    {
        Client[] clients = Clients("alpha=own slow=own fast=own");
        clients[1].Post(2);
        for (int i = 0; i < 10; i++)
        {
            clients[2].Post();
            Assert.True(clients[0].TrySend(Wire.Packet(Wire.Broadcast, clients[0].Address, seed: i)));
            Assert.Single(clients[2].Take());
        }

        Assert.Equal(2, clients[1].Take().Count);
        Assert.Equal((8ul, 0ul), (clients[1].Port.Statistics.Missed, clients[2].Port.Statistics.Missed));
    }

    [Fact]
    public void A_client_that_sends_too_fast_waits_for_its_turn()
    {
        Client[] clients = Clients("alpha=own,packets:10 beta=own,bytes:100000 gamma=own");
        clients[2].Post(16);
        byte[] packet = Wire.Packet(clients[2].Address, clients[0].Address);
        Assert.True(clients[0].TrySend(packet));
        Assert.False(clients[0].TrySend(packet));
        Assert.Equal(100_001ul, clients[0].Port.NextTime);

        // What its bucket holds is a tenth of a second of its rate, 10000 bytes.
        packet = Wire.Packet(clients[2].Address, clients[1].Address, 1000);
        for (int i = 0; i < 10; i++)
            Assert.True(clients[1].TrySend(packet));

        Assert.False(clients[1].TrySend(packet));
        Assert.Equal(11, clients[2].Take().Count);
        Assert.Equal(10_001ul, clients[1].Port.NextTime);
        Advance(clients, 10_000);
        Assert.Empty(clients[2].Take());
        Advance(clients, 10_001);
        Assert.Equal(packet, clients[2].Take().Single().Packet);
        Advance(clients, 100_001);
        Assert.Single(clients[2].Take());
        Assert.All(clients, client => Assert.Equal(0ul, client.Port.NextTime));
    }

    [Fact]
    public void What_waits_is_sent_in_order_and_nothing_else_waits_behind_it()
    {
        Client[] clients = Clients("alpha=own,bytes:20000 beta=own");
        clients[1].Post(16);
        byte[] big = Wire.Packet(clients[1].Address, clients[0].Address, 1400);
        byte[] small = Wire.Packet(clients[1].Address, clients[0].Address, 60);
        Assert.True(clients[0].TrySend(big));
        big.CopyTo(clients[0].Memory.Bytes, 4096);
        small.CopyTo(clients[0].Memory.Bytes, 8192);
        Assert.False(clients[0].TrySend([new DmaSegment(4096, 14), new DmaSegment(4110, 1386)]));
        Assert.False(clients[0].TrySend([new DmaSegment(8192, 60)]));
        Assert.Single(clients[1].Take());

        // It receives meanwhile.
        clients[0].Post();
        Assert.True(clients[1].TrySend(Wire.Packet(clients[0].Address, clients[1].Address)));
        Assert.Single(clients[0].Take());

        Advance(clients, 1_000_000);
        Assert.Equal([big, small], clients[1].Take().Select(taken => taken.Packet));
    }

    [Fact]
    public void What_comes_from_a_controller_too_fast_is_lost()
    {
        Link link = new(_switch, Wire.Policies("nic:0,packets:10")[0]);
        Client[] clients = Clients("alpha=own");
        clients[0].Post(4);
        for (int i = 0; i < 3; i++)
            link.Arrive(Wire.Packet(clients[0].Address, Wire.Station(1)));

        Assert.Single(clients[0].Take());
        Assert.Equal(2ul, link.Port.Statistics.Missed);
    }

    [Fact]
    public void The_first_answer_goes_where_the_question_came_from()
    {
        Link[] links = [.. Wire.Policies("nic:0 nic:1").Select(policy => new Link(_switch, policy))];
        Client[] clients = Clients("alpha=own");
        links[1].Arrive(Wire.Packet(clients[0].Address, Wire.Station(1)));

        Assert.True(clients[0].TrySend(Wire.Packet(Wire.Station(1), clients[0].Address)));
        Assert.True(clients[0].TrySend(Wire.Packet(Wire.Station(2), clients[0].Address)));
        Assert.Equal((1, 2), (links[0].Sent.Count, links[1].Sent.Count));
    }

    [Fact]
    public void Between_controllers_nothing_passes()
    {
        Link[] links = [.. Wire.Policies("nic:0 nic:1").Select(policy => new Link(_switch, policy))];
        links[0].Arrive(Wire.Packet(Wire.Broadcast, Wire.Station(1)));
        links[1].Arrive(Wire.Packet(Wire.Station(1), Wire.Station(2)));
        links[0].Arrive(Wire.Packet(Wire.Station(77), Wire.Station(1)));
        Assert.All(links, link => Assert.Empty(link.Sent));
    }

    [Fact]
    public void What_concerns_the_link_alone_is_not_passed_on()
    {
        Client[] clients = Clients("alpha=own beta=any", all: true);
        clients[1].Post(4);
        Assert.True(clients[0].TrySend(Wire.Packet(0x0100_00c2_8001, clients[0].Address)));
        Assert.Empty(clients[1].Take());

        // The next block is a group like others.
        Assert.True(clients[0].TrySend(Wire.Packet(0x1000_00c2_8001, clients[0].Address)));
        Assert.Single(clients[1].Take());
    }

    [Fact]
    public void Groups_go_to_who_wants_all_and_broadcasts_to_everybody()
    {
        Client alpha = Clients("alpha=own")[0];
        Client beta = Clients("beta=own", all: true)[0];
        Client gamma = Clients("gamma=own")[0];
        beta.Post(4);
        gamma.Post(4);
        Assert.True(alpha.TrySend(Wire.Packet(0x0100_005e_0001, alpha.Address)));
        Assert.True(alpha.TrySend(Wire.Packet(Wire.Broadcast, alpha.Address)));
        Assert.Equal((2, 1), (beta.Take().Count, gamma.Take().Count));
    }

    [Theory]
    [InlineData(ChecksumRequest.TcpOffset, 34, 1400)]
    [InlineData(ChecksumRequest.TcpOffset, 34, 1401)]
    [InlineData(ChecksumRequest.UdpOffset, 54, 62)]
    public void Checksums_are_put_in_on_the_way_to_a_client_and_left_to_a_controller(byte offset, byte start, int length)
    {
        Client[] clients = Clients("alpha=own beta=own");
        Link link = new(_switch, Wire.Policies("nic:0")[0]);
        ChecksumRequest request = new(start, offset, 14, start == 34);
        for (int seed = 0; seed < 50; seed++)
        {
            clients[1].Post();
            byte[] packet = Wire.Packet(clients[1].Address, clients[0].Address, length, seed);
            Assert.True(clients[0].TrySend(packet, request));
            (byte[] got, ReceiveFlags flags) = clients[1].Take().Single();
            Assert.Equal(ReceiveFlags.TransportChecked, flags);
            Assert.Equal(WithChecksum(packet, request), got);

            packet = Wire.Packet(Wire.Station(seed), clients[0].Address, length, seed);
            Assert.True(clients[0].TrySend(packet, request));
            Assert.Equal(packet, link.Sent[^1].Packet);
            Assert.Equal(request, link.Sent[^1].Checksum);
            _ = link.Port.Serve();
        }
    }

    [Fact]
    public void A_datagram_whose_sum_is_zero_says_so_in_the_other_way()
    {
        Client[] clients = Clients("alpha=own beta=own");
        clients[1].Post();
        byte[] packet = new byte[60];
        Wire.Packet(clients[1].Address, clients[0].Address, 14).CopyTo(packet, 0);
        (packet[50], packet[51]) = (0xff, 0xff);
        Assert.True(clients[0].TrySend(packet, new ChecksumRequest(34, ChecksumRequest.UdpOffset, 14, true)));
        Assert.Equal([0xff, 0xff], clients[1].Take().Single().Packet[40..42]);
    }

    [Fact]
    public void A_driver_that_ends_takes_nothing_with_it_but_what_it_had()
    {
        Client[] clients = Clients("alpha=own");
        Link link = new(_switch, Wire.Policies("nic:0")[0]) { Keeps = true };
        int posted = link.Posted;
        for (int i = 0; i < 1000; i++)
            Assert.True(clients[0].TrySend(Wire.Packet(Wire.Broadcast, clients[0].Address)));

        Assert.Equal((128, 872ul), (link.Sent.Count, link.Port.Statistics.Missed));
        link.Port.End();
        Assert.True(clients[0].TrySend(Wire.Packet(Wire.Broadcast, clients[0].Address)));
        link.Port.Begin(link, new View(link.Memory));
        Assert.Equal(2 * posted, link.Posted);
        Assert.True(clients[0].TrySend(Wire.Packet(Wire.Broadcast, clients[0].Address)));
        Assert.Equal(129, link.Sent.Count);
    }

    [Fact]
    public void Whatever_a_driver_says_is_done_only_what_it_has_is_believed()
    {
        Client[] clients = Clients("alpha=own", all: true);
        Link link = new(_switch, Wire.Policies("nic:0")[0]);
        clients[0].Post(16);
        Random random = new(1);
        for (int i = 0; i < 10_000; i++)
        {
            uint number = random.Next(10) == 0 ? uint.MaxValue : (uint)random.Next(300);
            link.Complete(number, (NetOutcome)random.Next(4), random.Next(2) == 0 ? (uint)random.Next(3000) : 100);
            _ = link.Port.Serve();
            _ = clients[0].Take();
            clients[0].Post();
        }

        // It works on.
        Assert.True(clients[0].TrySend(Wire.Packet(Wire.Broadcast, clients[0].Address)));
        Assert.Single(link.Sent);
    }

    [Fact]
    public void A_client_that_goes_leaves_neither_buffers_nor_memory()
    {
        Client[] clients = Clients("alpha=own beta=own");
        clients[1].Post(4);
        Assert.True(clients[0].TrySend(Wire.Packet(clients[1].Address, clients[0].Address)));
        clients[1].Port.End();
        Assert.Empty(clients[1].Take());
        Assert.True(clients[0].TrySend(Wire.Packet(clients[1].Address, clients[0].Address)));
        Assert.Equal(0ul, clients[1].Port.Statistics.Missed);
        clients[1].Port.Begin(false);
        clients[1].Port.Use(new View(clients[1].Memory));
        Assert.True(clients[0].TrySend(Wire.Packet(clients[1].Address, clients[0].Address)));
        Assert.Empty(clients[1].Take());
        Assert.Equal(1ul, clients[1].Port.Statistics.Missed);
    }

    /// <summary>Against a model that is a dictionary of addresses and a sentence per kind of port.</summary>
    [Fact]
    public void Packets_go_where_a_plain_model_says() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(Traffic().ToArbitrary(), traffic =>
            {
                PacketSwitch<View> subject = new(6) { Now = 1 };
                PortPolicy[] policies = Wire.Policies("nic:0 nic:1 a=own b=own c=any d=any");
                Link[] links = [.. policies.Take(2).Select(policy => new Link(subject, policy))];
                Client[] clients = [.. policies.Skip(2).Select((policy, i) => new Client(subject, policy, all: i % 2 != 0))];
                ulong[] stations = [Wire.Broadcast, .. clients.Select(client => client.Address), .. Enumerable.Range(1, 3).Select(Wire.Station)];
                Dictionary<ulong, int> where = [];
                for (int i = 0; i < clients.Length; i++)
                    where[clients[i].Address] = i + 2;

                int sequence = 0;
                foreach ((int port, int to, int from) in traffic)
                {
                    byte[] packet = Wire.Packet(stations[to], stations[from], 64, sequence++);
                    foreach (Client client in clients)
                        client.Post();

                    foreach (Link link in links)
                        link.Sent.Clear();

                    if (port < 2)
                        links[port].Arrive(packet);
                    else
                        Assert.True(clients[port - 2].TrySend(packet));

                    int[] got = [.. Enumerable.Range(0, 6).Where(i =>
                        i < 2 ? links[i].Sent.Any(sent => sent.Packet.SequenceEqual(packet))
                            : clients[i - 2].Take().Any(taken => taken.Packet.SequenceEqual(packet)))];
                    Assert.Equal(Model(where, clients, port, stations[to], stations[from]), got);
                    foreach (Link link in links)
                        _ = link.Port.Serve();
                }
            }));

    private static int[] Model(Dictionary<ulong, int> where, Client[] clients, int port, ulong to, ulong from)
    {
        bool isOwn = port >= 2 && clients[port - 2].Address == from;
        bool isSomebodys = clients.Any(client => client.Address == from);
        if (from == Wire.Broadcast || (!isOwn && (isSomebodys || port is 2 or 3)))
            return [];

        where[from] = port;
        IEnumerable<int> others = Enumerable.Range(0, 6).Where(i => i != port && (i >= 2 || port >= 2));
        if (to == Wire.Broadcast)
            return [.. others];

        // Ports 3 and 5 want all; 3 may have nobody behind it.
        if (!where.TryGetValue(to, out int at))
            return [.. others.Where(i => i is 0 or 1 or 5)];

        return [.. others.Where(i => i == at && (i is 0 or 1 or 5 || clients[i - 2].Address == to))];
    }

    private static Gen<(int Port, int To, int From)[]> Traffic() =>
        Gen.ArrayOf(
            from port in Gen.Choose(0, 5)
            from to in Gen.Choose(0, 7)
            from own in Gen.Choose(0, 2)
            from other in Gen.Choose(0, 7)
            select (port, to, own != 0 && port >= 2 ? port - 1 : other));

    private Client[] Clients(string words, bool all = false) => [.. Wire.Policies(words).Select(policy => new Client(_switch, policy, all))];

    private void Advance(Client[] clients, ulong now)
    {
        _switch.Now = now;
        foreach (Client client in clients)
            client.Port.Advance();
    }

    private static byte[] WithChecksum(byte[] packet, ChecksumRequest request)
    {
        byte[] expected = (byte[])packet.Clone();
        ulong sum = 0;
        for (int i = request.Start; i < packet.Length; i += 2)
            sum += (ulong)((packet[i] << 8) | (i + 1 < packet.Length ? packet[i + 1] : 0));

        // Ones' complement addition is addition modulo 65535.
        ulong rest = sum % 65535;
        ulong check = 65535 - rest;
        if (check == 65535 && (request.Offset != ChecksumRequest.UdpOffset && sum != 0))
            check = 0;

        expected[request.Start + request.Offset] = (byte)(check >> 8);
        expected[request.Start + request.Offset + 1] = (byte)check;
        return expected;
    }
}
