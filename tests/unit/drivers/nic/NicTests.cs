using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Net;
using Kilonova.Nic;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Drivers.Tests.Nic;

using Driver = Nic<FakeRegisters, FakeDma, FakeClock>;

/// <summary>The drivers of three controllers against a fake of each.</summary>
public class NicTests
{
    private static readonly byte[] s_own = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
    private static readonly byte[] s_all = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

    private readonly FakeRam _ram = new(0x2_0000_0000, 8 << 20);
    private readonly FakeTime _time = new();

    public static TheoryData<NicModel> Models => [NicModel.I82540, NicModel.I82574, NicModel.I82576];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_controller_starts_with_its_address_and_link(NicModel model)
    {
        Driver nic = Start(model, out _);

        Assert.Equal(0x5634_1200_5452ul, nic.Address);
        Assert.True(nic.IsUp);
        Assert.Equal(1000u, nic.Speed);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void An_address_that_the_reset_did_not_load_is_read_from_the_eeprom(NicModel model)
        => Assert.Equal(0x5634_1200_5452ul, Start(new FakeNic(_ram, model) { HasEeprom = false }, model).Address);

    [Theory]
    [MemberData(nameof(Models))]
    public void Packets_are_sent_in_order_from_any_pieces_round_and_round_the_ring(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        FakeDma memory = _ram.Take(64 * 2048);
        Random random = new(1);
        List<byte[]> expected = [];
        HashSet<uint> under = [];
        uint tag = 0;
        while (expected.Count < 2000)
        {
            int batch = random.Next(1, 60);
            for (int i = 0; i < batch; i++)
            {
                int length = random.Next(14, 1515);
                byte[] packet = new byte[length];
                random.NextBytes(packet);
                ulong at = memory.DeviceAddress + (tag & 63) * 2048;
                if (under.Contains(tag & 63))
                    break;

                packet.CopyTo(_ram.At(at, length));
                uint split = (uint)random.Next(1, length);
                DmaSegment[] segments = random.Next(2) == 0
                    ? [new(at, (uint)length)]
                    : [new(at, split), new(at + split, (uint)length - split)];
                if (!nic.TrySend(segments, tag & 63))
                    break;

                under.Add(tag++ & 63);
                expected.Add(packet);
            }

            nic.Publish();
            fake.Run();
            while (nic.TryReclaim(out uint done))
                Assert.True(under.Remove(done));
        }

        Assert.Empty(under);
        Assert.Equal(expected, fake.Sent);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Packets_come_in_order_into_the_buffers_that_were_posted(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        FakeDma memory = _ram.Take(128 * 2048);
        for (uint i = 0; i < 128; i++)
            Assert.True(nic.TryPost(memory.DeviceAddress + i * 2048, i));

        nic.Publish();
        Random random = new(2);
        Queue<byte[]> expected = [];
        for (int round = 0; round < 500; round++)
        {
            int batch = random.Next(1, 40);
            for (int i = 0; i < batch; i++)
            {
                byte[] packet = Packet(s_own, random.Next(60, 1515), random);
                fake.Arrive(packet);
                expected.Enqueue(packet);
            }

            fake.Run();
            while (nic.TryReceive(out ReceivedPacket packet))
            {
                ulong at = memory.DeviceAddress + packet.Tag * 2048;
                Assert.Equal(expected.Dequeue(), _ram.At(at, (int)packet.Length).ToArray());
                Assert.True(nic.TryPost(at, packet.Tag));
            }

            nic.Publish();
        }

        Assert.Empty(expected);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Without_buffers_packets_are_counted_as_missed_and_later_ones_come(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        FakeDma memory = _ram.Take(8 * 2048);
        for (uint i = 0; i < 3; i++)
            Assert.True(nic.TryPost(memory.DeviceAddress + i * 2048, i));

        nic.Publish();
        for (int i = 0; i < 5; i++)
            fake.Arrive(Packet(s_own, 100 + i, new Random(i)));

        fake.Run();
        Assert.Equal([100u, 101u, 102u], Drain(nic).Select(packet => packet.Length));
        Assert.True(nic.TryPost(memory.DeviceAddress, 0));
        nic.Publish();
        fake.Arrive(Packet(s_own, 200, new Random(9)));
        fake.Run();
        Assert.Equal([200u], Drain(nic).Select(packet => packet.Length));

        _time.Pass(2_000_000);
        _ = nic.Advance();
        Assert.Equal((4ul, 2ul), (nic.Statistics.ReceivedPackets, nic.Statistics.Missed));
        Assert.Equal(100ul + 101 + 102 + 200 + 16, nic.Statistics.ReceivedBytes);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Checksums_are_put_in_and_checked(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        FakeDma memory = _ram.Take(4 * 2048);
        byte[] packet = Packet(s_own, 101, new Random(3));
        packet.CopyTo(_ram.At(memory.DeviceAddress, 101));
        foreach (byte offset in new byte[] { 16, 6 })
        {
            Assert.True(nic.TrySend([new(memory.DeviceAddress, 101)], 0, new ChecksumRequest(34, offset, 14, true)));
            nic.Publish();
            fake.Run();
            byte[] sent = fake.Sent[^1];
            uint sum = 0;
            for (int i = 34; i < sent.Length; i += 2)
                sum += (uint)(sent[i] << 8 | (i + 1 < sent.Length ? sent[i + 1] : 0));

            // What was stored in the place of the checksum is part of what was summed up.
            sum += (uint)(packet[34 + offset] << 8 | packet[34 + offset + 1]);
            while (sum >> 16 != 0)
                sum = (sum & 0xffff) + (sum >> 16);

            Assert.Equal(0xffffu, sum);
        }

        foreach ((byte status, byte errors, ReceiveFlags flags) in new[]
        {
            ((byte)0x60, (byte)0, ReceiveFlags.IpChecked | ReceiveFlags.TransportChecked), ((byte)0x40, (byte)0, ReceiveFlags.IpChecked),
            ((byte)0x64, (byte)0x60, ReceiveFlags.None), ((byte)0x60, (byte)0x20, ReceiveFlags.BadChecksum), ((byte)0, (byte)0, ReceiveFlags.None),
        })
        {
            Assert.True(nic.TryPost(memory.DeviceAddress + 2048, 1));
            nic.Publish();
            fake.Arrive(packet, status, errors);
            fake.Run();
            Assert.Equal(flags, Drain(nic).Single().Flags);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Damaged_packets_give_their_buffers_back(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        FakeDma memory = _ram.Take(2048);
        Assert.True(nic.TryPost(memory.DeviceAddress, 7));
        nic.Publish();
        fake.Arrive(Packet(s_own, 100, new Random(4)), 0, 0x80);
        fake.Run();

        Assert.Equal([new ReceivedPacket(7, 0, ReceiveFlags.None)], Drain(nic));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Only_what_the_filter_names_comes(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        FakeDma memory = _ram.Take(64 * 2048);
        byte[] other = [0x02, 0, 0, 0, 0, 9];
        byte[] group = [0x01, 0x00, 0x5e, 0x01, 0x02, 0x03];
        byte[] stranger = [0x02, 0, 0, 0, 0, 8];
        byte[][] targets = [s_own, s_all, other, group, stranger];
        int[] Seen()
        {
            for (uint i = 0; i < 8; i++)
                Assert.True(nic.TryPost(memory.DeviceAddress + i * 2048, i));

            nic.Publish();
            for (int i = 0; i < targets.Length; i++)
                fake.Arrive(Packet(targets[i], 60 + i, new Random(i)));

            fake.Run();
            return [.. Drain(nic).Select(packet => (int)packet.Length - 60)];
        }

        Assert.Equal([0, 1], Seen());
        Assert.True(nic.TrySetFilter([0x0900_0000_0002], [0x0302_015e_0001], false));
        Assert.Equal([0, 1, 2, 3], Seen());
        Assert.True(nic.TrySetFilter([], [], true));
        Assert.Equal([0, 1, 2, 3, 4], Seen());
        Assert.False(nic.TrySetFilter(new ulong[16], [], false));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void What_cannot_be_sent_is_refused(NicModel model)
    {
        Driver nic = Start(model, out _);
        DmaSegment[] Of(params uint[] lengths) => [.. lengths.Select(length => new DmaSegment(0x2_0000_0000, length))];

        Assert.False(nic.TrySend(Of(13), 0));
        Assert.False(nic.TrySend(Of(1515), 0));
        Assert.False(nic.TrySend(Of(1000, 515), 0));
        Assert.False(nic.TrySend(Of(100, 0), 0));
        Assert.False(nic.TrySend(Of(), 0));
        Assert.False(nic.TrySend(Of(uint.MaxValue, 100), 0));
        Assert.False(nic.TrySend(Of(60, 60, 60, 60, 60, 60, 60, 60, 60), 0));
        Assert.False(nic.TrySend(Of(100), 0, new ChecksumRequest(34, 8, 14, true)));
        Assert.False(nic.TrySend(Of(51), 0, new ChecksumRequest(34, 16, 14, true)));
        Assert.False(nic.TrySend(Of(100), 0, new ChecksumRequest(14, 16, 14, true)));
        Assert.True(nic.TrySend(Of(52), 0, new ChecksumRequest(34, 16, 14, true)));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_link_is_followed(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        fake.IsUp = false;
        fake.Signal(4);
        Assert.True(fake.IsInterrupting);
        nic.HandleInterrupt();
        Assert.False(nic.IsUp);
        Assert.False(fake.IsInterrupting);
        fake.IsUp = true;
        fake.Signal(4);
        nic.HandleInterrupt();
        Assert.True(nic.IsUp);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_controller_that_does_not_send_is_reset_and_no_buffer_is_lost(NicModel model)
    {
        Driver nic = Start(model, out FakeNic fake);
        FakeDma memory = _ram.Take(64 * 2048);
        for (uint i = 0; i < 10; i++)
            Assert.True(nic.TryPost(memory.DeviceAddress + i * 2048, i));

        fake.IsStuck = true;
        for (uint i = 0; i < 5; i++)
            Assert.True(nic.TrySend([new(memory.DeviceAddress + 0x1_0000, 100)], 40 + i));

        nic.Publish();
        fake.Run();
        for (int i = 0; i < 30; i++)
        {
            _time.Pass(100_000);
            _ = nic.Advance();
        }

        Assert.Equal((1ul, 2), (nic.Statistics.Restarts, fake.Resets));
        List<uint> back = [];
        while (nic.TryReclaim(out uint tag))
            back.Add(tag);

        Assert.Equal([40u, 41u, 42u, 43u, 44u], back.Order());
        fake.IsStuck = false;
        for (int i = 0; i < 10; i++)
            fake.Arrive(Packet(s_own, 60 + i, new Random(i)));

        fake.Run();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => ((uint)i, (uint)i + 60)), Drain(nic).Select(packet => (packet.Tag, packet.Length)));
        Assert.True(nic.TrySend([new(memory.DeviceAddress, 100)], 1));
        nic.Publish();
        fake.Run();
        Assert.Single(fake.Sent);
    }

    private static byte[] Packet(byte[] target, int length, Random random)
    {
        byte[] packet = new byte[length];
        random.NextBytes(packet);
        target.CopyTo(packet, 0);
        return packet;
    }

    private static List<ReceivedPacket> Drain(Driver nic)
    {
        List<ReceivedPacket> packets = [];
        while (nic.TryReceive(out ReceivedPacket packet))
            packets.Add(packet);

        return packets;
    }

    private Driver Start(NicModel model, out FakeNic fake) => Start(fake = new FakeNic(_ram, model), model);

    private Driver Start(FakeNic fake, NicModel model)
    {
        FakeDma memory = _ram.Take(Driver.MemorySize);
        Assert.True(Driver.TryStart(new FakeRegisters(fake, FakeNic.RegisterLength), memory, new FakeClock(_time), model, out Driver? nic));
        return nic!;
    }
}
