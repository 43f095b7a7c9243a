using System;
using System.Linq;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The 82576 as its driver and its network see it (data sheet, chapters 4, 7 and 8).</summary>
public sealed class IgbTests
{
    private const uint Eop = 1u << 24;
    private const uint Report = 1u << 27;
    private const uint Vlan = 1u << 30;
    private const uint Segment = 1u << 31;

    private static void Send(IgbMachine machine, byte[] frame, uint command = 0, uint options = 0, int first = 0)
    {
        machine.Memory.Write(IgbMachine.Buffer, frame);
        machine.PutData(first, IgbMachine.Buffer, frame.Length, Eop | Report | command, options);
        machine[0xe018] = (uint)first + 1;
    }

    [Fact]
    public void The_function_is_an_82576_with_its_capabilities()
    {
        var machine = new IgbMachine(start: false);
        Assert.Equal(0x10c9_8086u, machine.ReadConfiguration(0, 4));
        Assert.Equal(0x02_0000u, machine.ReadConfiguration(8, 4) >> 8);
        Assert.Equal(0x40u, machine.ReadConfiguration(0x34, 1));
        Assert.Equal(0x5001u, machine.ReadConfiguration(0x40, 2));
        Assert.Equal(0x7005u, machine.ReadConfiguration(0x50, 2));
        Assert.Equal(0xa011u, machine.ReadConfiguration(0x70, 2));
        Assert.Equal(9u, machine.ReadConfiguration(0x72, 2));
        Assert.Equal(0x0010u, machine.ReadConfiguration(0xa0, 2));
    }

    [Fact]
    public void The_EEPROM_has_the_address_and_a_right_checksum()
    {
        var machine = new IgbMachine();
        int sum = 0;
        for (int word = 0; word < 0x40; word++)
        {
            machine[0x14] = (uint)(word << 2) | 1;
            uint answer = machine[0x14];
            Assert.Equal(2u, answer & 2);
            sum += (int)(answer >> 16);
            if (word == 0)
                Assert.Equal(0x5452u, answer >> 16);
        }

        Assert.Equal(0xbaba, sum & 0xffff);
        Assert.Equal(0x1200_5452u, machine[0x5400]);
        Assert.Equal(0x8000_5634u, machine[0x5404]);
    }

    [Fact]
    public void The_PHY_negotiates_and_the_link_comes_up()
    {
        var machine = new IgbMachine(start: false);
        machine[0x20] = 2u << 26 | 1 << 21 | 2 << 16;
        Assert.Equal(0x02a8u, machine[0x20] & 0xffff);
        Assert.Equal(1u << 28, machine[0x20] & 1u << 28);
        Assert.Equal(0u, machine[8] & 2);
        machine[0] = 1u << 6;
        machine.Clock.Advance(10_000_000);
        Assert.Equal(2u, machine[8] & 2);
        Assert.Equal(4u, machine[0x1500] & 4);
        machine[0x20] = 2u << 26 | 1 << 21 | 1 << 16;
        Assert.Equal(0x24u, machine[0x20] & 0x24);
        machine[0x20] = 1u << 26 | 1 << 21 | 0x1200;
        Assert.Equal(0u, machine[8] & 2);
        machine.Clock.Advance(10_000_000);
        Assert.Equal(2u, machine[8] & 2);
        machine[0x20] = 2u << 26 | 2 << 21 | 1 << 16;
        Assert.NotEqual(0u, machine[0x20] & 1u << 30);
        machine.Nic.SetLink(false);
        Assert.Equal(0u, machine[8] & 2);
    }

    [Fact]
    public void The_first_registers_of_the_PHY_are_on_all_its_pages()
    {
        var machine = new IgbMachine();
        const uint Write = 1u << 26 | 1 << 21;
        const uint Read = 2u << 26 | 1 << 21;

        // As drivers do: the page is chosen by the whole number of a register, here of 17 on page 0 and of 27 on another one.
        machine[0x20] = Write | 31 << 16 | 17;
        machine[0x20] = Read | 17 << 16;
        Assert.Equal(1u << 10, machine[0x20] & 1u << 10);
        machine[0x20] = Read | 1 << 16;
        Assert.Equal(0x24u, machine[0x20] & 0x24);
        machine[0x20] = Write | 31 << 16 | 0x2f5b;
        machine[0x20] = Read | 17 << 16;
        Assert.Equal(0u, machine[0x20] & 0xffff);
        machine[0x20] = Read | 1 << 16;
        Assert.Equal(0x24u, machine[0x20] & 0x24);
        machine[0x20] = Write | 0x1200;
        Assert.Equal(0u, machine[8] & 2);
        machine.Clock.Advance(10_000_000);
        Assert.Equal(2u, machine[8] & 2);
    }

    [Fact]
    public void A_frame_is_sent_from_its_pieces_and_reported()
    {
        var machine = new IgbMachine();
        byte[] frame = IgbMachine.Packet(200);
        machine.Memory.Write(IgbMachine.Buffer, frame);
        machine.PutData(0, IgbMachine.Buffer, 100, 0);
        machine.PutData(1, IgbMachine.Buffer + 100, frame.Length - 100, Eop | Report);
        machine[0xe018] = 2;
        Assert.Equal(frame, Assert.Single(machine.Network.Frames));
        Assert.Equal(2u, machine[0xe010]);
        Assert.Equal(1ul, machine.Load(IgbMachine.TransmitRing + 24) >> 32 & 1);
        Assert.Equal(0ul, machine.Load(IgbMachine.TransmitRing + 8) >> 32 & 1);
        Assert.Equal(1u, machine[0x4080]);
        Assert.Equal(0u, machine[0x4080]);
    }

    [Fact]
    public void The_network_is_told_once_of_all_frames_that_one_write_sends()
    {
        var machine = new IgbMachine();
        byte[] frame = IgbMachine.Packet(200);
        machine.Memory.Write(IgbMachine.Buffer, frame);
        int before = machine.Network.Publications;
        for (int i = 0; i < 3; i++)
            machine.PutData(i, IgbMachine.Buffer, frame.Length, Eop | Report);
        machine[0xe018] = 3;
        Assert.Equal(3, machine.Network.Frames.Count);
        Assert.Equal(before + 1, machine.Network.Publications);
        machine[0xe018] = 3;
        Assert.Equal(before + 1, machine.Network.Publications);
    }

    [Fact]
    public void Registers_are_reached_by_ports_only_where_the_machine_serves_them()
    {
        Assert.Equal(1u, new IgbMachine(start: false).ReadConfiguration(0x18, 4) & 1);
        var machine = new IgbMachine(start: false, hasPorts: false);
        machine.WriteConfiguration(0x18, 4, uint.MaxValue);
        Assert.Equal(0u, machine.ReadConfiguration(0x18, 4));
        Assert.Equal(0x10c9_8086u, machine.ReadConfiguration(0, 4));
    }

    [Fact]
    public void Short_frames_are_padded()
    {
        var machine = new IgbMachine();
        Send(machine, IgbMachine.Packet(0)[..20]);
        Assert.Equal(60, machine.Network.Frames[0].Length);
        machine[0x400] = 1 << 1;
        Send(machine, IgbMachine.Packet(0)[..20], first: 1);
        Assert.Equal(20, machine.Network.Frames[1].Length);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void Checksums_are_filled_in(bool tcp, bool v6)
    {
        var machine = new IgbMachine();
        byte[] right = IgbMachine.Packet(333, tcp, v6);
        byte[] frame = [.. right];
        int ip = v6 ? 40 : 20;
        int field = 14 + ip + (tcp ? 16 : 6);
        IgbMachine.Big16(frame, field, IgbMachine.PseudoSum(frame, v6, tcp, frame.Length - 14 - ip));
        if (!v6)
            IgbMachine.Big16(frame, 24, 0);
        machine.PutContext(0, 14, ip, tcp ? 20 : 8, 0, !v6, tcp);
        Send(machine, frame, options: (v6 ? 0 : 1u << 8) | 1 << 9, first: 1);
        Assert.Equal(right, Assert.Single(machine.Network.Frames));
    }

    [Fact]
    public void A_legacy_descriptor_has_its_checksum_where_it_says()
    {
        var machine = new IgbMachine();
        byte[] right = IgbMachine.Packet(51, tcp: false);
        byte[] frame = [.. right];
        IgbMachine.Big16(frame, 40, IgbMachine.PseudoSum(frame, false, false, frame.Length - 34));
        machine.Memory.Write(IgbMachine.Buffer, frame);
        machine.Put(IgbMachine.TransmitRing, IgbMachine.Buffer, (uint)frame.Length | 40u << 16 | Eop | Report | 1u << 26 | (ulong)(34 << 8) << 32);
        machine[0xe018] = 1;
        Assert.Equal(right, Assert.Single(machine.Network.Frames));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Large_packets_are_cut_into_segments(bool v6)
    {
        var machine = new IgbMachine();
        const int Payload = 10_000;
        const int SegmentSize = 1440;
        byte[] frame = IgbMachine.Packet(Payload, tcp: true, v6);
        int header = 34 + (v6 ? 20 : 0) + 20;
        machine.Memory.Write(IgbMachine.Buffer, frame);
        machine.PutContext(0, 14, v6 ? 40 : 20, 20, SegmentSize, !v6);
        machine.PutData(1, IgbMachine.Buffer, 1000, Segment, 3 << 8);
        machine.PutData(2, IgbMachine.Buffer + 1000, frame.Length - 1000, Eop | Report | Segment);
        machine[0xe018] = 3;
        Assert.Equal((Payload + SegmentSize - 1) / SegmentSize, machine.Network.Frames.Count);
        Assert.Equal(frame[header..], machine.Network.Frames.SelectMany(part => part[header..]).ToArray());
        Assert.All(machine.Network.Frames, part => Assert.True(IgbMachine.IsGood(part)));
        for (int i = 0; i < machine.Network.Frames.Count; i++)
        {
            byte[] part = machine.Network.Frames[i];
            uint sequence = (uint)(part[header - 16] << 24 | part[header - 15] << 16 | part[header - 14] << 8 | part[header - 13]);
            Assert.Equal(1000u + (uint)(i * SegmentSize), sequence);
            byte flags = part[header - 7];
            // CWR only in the first, FIN and PSH only in the last.
            Assert.Equal(i == 0, (flags & 0x80) != 0);
            Assert.Equal(i == machine.Network.Frames.Count - 1, (flags & 9) != 0);
            if (!v6)
                Assert.Equal(i, part[18] << 8 | part[19]);
        }

        Assert.Equal(3u, machine[0xe010]);
    }

    [Fact]
    public void A_VLAN_tag_is_put_in_and_taken_out()
    {
        var machine = new IgbMachine();
        byte[] tagged = IgbMachine.Packet(100, vlan: 0x6123);
        byte[] plain = IgbMachine.Packet(100);
        machine.PutContext(0, 14, 20, 20, 0, vlan: 0x6123);
        Send(machine, plain, Vlan, first: 1);
        Assert.Equal(tagged, Assert.Single(machine.Network.Frames));
        machine[0] = 1u << 6 | 1u << 30;
        machine.AddBuffers(4);
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(tagged));
        Assert.Equal(plain, machine.ReadBuffer(0, plain.Length));
        ulong status = machine.Load(IgbMachine.ReceiveRing + 8);
        Assert.Equal(8ul, status & 8);
        Assert.Equal(0x6123ul, status >> 48);
        Assert.Equal((ulong)plain.Length, status >> 32 & 0xffff);
    }

    [Fact]
    public void Received_frames_are_described()
    {
        var machine = new IgbMachine();
        machine[0x5000] = 3 << 8;
        machine.AddBuffers(8);
        byte[] good = IgbMachine.Packet(64);
        byte[] bad = [.. good];
        bad[^1] ^= 1;
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(good));
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(bad));
        Assert.Equal(good, machine.ReadBuffer(0, good.Length));
        ulong status = machine.Load(IgbMachine.ReceiveRing + 8);
        Assert.Equal(0x63ul, status & 0xfff);
        Assert.Equal(0ul, status >> 29 & 3);
        Assert.Equal(0x110ul, machine.Load(IgbMachine.ReceiveRing) & 0xffff);
        Assert.Equal(1ul, machine.Load(IgbMachine.ReceiveRing + 24) >> 29 & 3);
        Assert.Equal(2u, machine[0xc010]);
        Assert.Equal(2u, machine[0x4074]);
    }

    [Fact]
    public void A_large_frame_takes_several_buffers()
    {
        var machine = new IgbMachine();
        machine[0x100] = 1u << 1 | 1u << 5 | 1u << 26;
        machine[0xc00c] = 1 << 25 | 1;
        machine.AddBuffers(8);
        byte[] frame = IgbMachine.Packet(2500);
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        Assert.Equal(3u, machine[0xc010]);
        Assert.Equal(1ul, machine.Load(IgbMachine.ReceiveRing + 8) & 3);
        Assert.Equal(3ul, machine.Load(IgbMachine.ReceiveRing + 40) & 3);
        Assert.Equal(frame[1024..2048], machine.ReadBuffer(1, 1024));
        Assert.Equal(frame[2048..], machine.ReadBuffer(2, frame.Length - 2048));
    }

    [Fact]
    public void The_check_sequence_is_there_for_those_who_want_it()
    {
        var machine = new IgbMachine();
        machine[0x100] = 1u << 1;
        machine.AddBuffers(2);
        byte[] frame = [.. IgbMachine.Address, .. "123456789"u8, .. new byte[45]];
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        Assert.Equal((ulong)frame.Length + 4, machine.Load(IgbMachine.ReceiveRing + 8) >> 32 & 0xffff);
        // The residue of a frame with its check sequence (IEEE 802.3, section 3.2.9).
        Assert.Equal(0xdebb_20e3u, Check(machine.ReadBuffer(0, frame.Length + 4)));
    }

    private static uint Check(byte[] bytes)
    {
        uint check = uint.MaxValue;
        foreach (byte value in bytes)
        {
            for (int bit = 0; bit < 8; bit++)
                check = (check >> 1) ^ ((((check ^ (uint)(value >> bit)) & 1) != 0) ? 0xedb8_8320u : 0);
        }

        return check;
    }

    [Fact]
    public void Frames_to_others_are_filtered()
    {
        var machine = new IgbMachine();
        machine.AddBuffers(16);
        byte[] frame = IgbMachine.Packet(64);
        frame[5] ^= 1;
        Assert.Equal(ReceiveResult.Dropped, machine.Nic.Receive(frame));
        machine[0x100] |= 1 << 3;
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        machine[0x100] &= ~(1u << 3);
        new byte[] { 1, 0, 0x5e, 0, 0, 0xfb }.CopyTo(frame, 0);
        Assert.Equal(ReceiveResult.Dropped, machine.Nic.Receive(frame));
        int hash = 0xfb00 >> 4 & 0xfff;
        machine[0x5200 + (hash >> 5 << 2)] = 1u << (hash & 31);
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        machine[0x5200 + (hash >> 5 << 2)] = 0;
        machine[0x100] |= 1 << 4;
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        frame.AsSpan(0, 6).Fill(0xff);
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        machine[0x100] &= ~(1u << 15);
        Assert.Equal(ReceiveResult.Dropped, machine.Nic.Receive(frame));
        byte[] tagged = IgbMachine.Packet(64, vlan: 100);
        machine[0x100] |= 1 << 18;
        Assert.Equal(ReceiveResult.Dropped, machine.Nic.Receive(tagged));
        machine[0x5600 + (100 >> 5 << 2)] = 1u << (100 & 31);
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(tagged));
        Assert.Equal(ReceiveResult.Dropped, machine.Nic.Receive(IgbMachine.Packet(2000)));
    }

    [Theory]
    [InlineData(1u << 16, 0x51cc_c178u, 1)]
    [InlineData(1u << 17, 0x323e_8fc2u, 2)]
    public void Frames_are_spread_by_the_published_hash(uint fields, uint hash, int type)
    {
        byte[] key = Convert.FromHexString("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa");
        var machine = new IgbMachine();
        for (int i = 0; i < 10; i++)
            machine[0x5c80 + (4 * i)] = BitConverter.ToUInt32(key, 4 * i);
        for (int i = 0; i < 32; i++)
            machine[0x5c00 + (4 * i)] = 0x0302_0100;
        machine[0x5818] = 2 | fields;
        machine[0x5000] = 1 << 13;
        int queue = (int)hash & 3;
        int block = 0xc000 + (0x40 * queue);
        machine[block] = 0x8000;
        machine[block + 8] = 512;
        machine[block + 0xc] = 1 << 25;
        machine[block + 0x28] = 1 << 25;
        machine.Put(0x8000, IgbMachine.Buffer, 0);
        machine[block + 0x18] = 1;
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(IgbMachine.Packet(64)));
        Assert.Equal(1u, machine[block + 0x10]);
        Assert.Equal(hash, (uint)(machine.Load(0x8000) >> 32));
        Assert.Equal((ulong)type, machine.Load(0x8000) & 0xf);
    }

    [Fact]
    public void Frames_without_buffers_wait_or_are_dropped_as_the_driver_wants()
    {
        var machine = new IgbMachine();
        byte[] frame = IgbMachine.Packet(64);
        Assert.Equal(ReceiveResult.NoRoom, machine.Nic.Receive(frame));
        int before = machine.Network.ReadyCalls;
        machine.AddBuffers(2);
        Assert.Equal(before + 1, machine.Network.ReadyCalls);
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        Assert.Equal(ReceiveResult.Taken, machine.Nic.Receive(frame));
        machine[0xc00c] |= 1u << 31;
        Assert.Equal(ReceiveResult.Dropped, machine.Nic.Receive(frame));
        Assert.Equal(1u, machine[0xc030]);
        Assert.Equal(0u, machine[0xc030]);
    }

    [Fact]
    public void Vectors_interrupt_for_their_queues()
    {
        var machine = new IgbMachine();
        machine.UseVectors();
        machine[0x152c] = 0x3ff;
        Send(machine, IgbMachine.Packet(64));
        Assert.Equal([0x41u], machine.Sent);
        machine.AddBuffers(2);
        machine.Nic.Receive(IgbMachine.Packet(64));
        Assert.Equal([0x41u, 0x40u], machine.Sent);
        _ = machine[0x1500];
        machine[0x1508] = 4;
        machine.Nic.SetLink(false);
        Assert.Equal([0x41u, 0x40u, 0x42u], machine.Sent);
        Assert.False(machine.Interrupt);
    }

    [Fact]
    public void A_vector_that_is_not_cleared_interrupts_once()
    {
        var machine = new IgbMachine();
        machine.UseVectors();
        machine[0x1520] = 8;
        Assert.Equal([0x43u], machine.Sent);
        Assert.Equal(8u, machine[0x1580]);
        machine[0x1528] = 8;
        machine[0x1524] = 8;
        Assert.Equal([0x43u, 0x43u], machine.Sent);
        machine[0x1580] = 8;
        Assert.Equal(0u, machine[0x1580]);
    }

    [Fact]
    public void Throttled_vectors_interrupt_when_their_time_has_come()
    {
        var machine = new IgbMachine();
        machine.UseVectors();
        machine[0x152c] = 0x3ff;
        machine[0x1684] = 100 << 2;
        for (int i = 0; i < 5; i++)
            Send(machine, IgbMachine.Packet(64), first: i);
        Assert.Equal([0x41u], machine.Sent);
        machine.Clock.Advance(99_999);
        Assert.Single(machine.Sent);
        machine.Clock.Advance(1);
        Assert.Equal([0x41u, 0x41u], machine.Sent);
        machine.Clock.Advance(1_000_000);
        Assert.Equal(2, machine.Sent.Count);
    }

    [Fact]
    public void Without_vectors_one_interrupt_serves_all()
    {
        var machine = new IgbMachine();
        machine[0x1508] = 0x85;
        _ = machine[0x1500];
        Send(machine, IgbMachine.Packet(64));
        Assert.True(machine.Interrupt);
        Assert.Equal(0x8000_0001u, machine[0x1500]);
        Assert.False(machine.Interrupt);
        machine.WriteConfiguration(0x5c, 2, 0x33);
        machine.WriteConfiguration(0x52, 2, 1);
        Send(machine, IgbMachine.Packet(64), first: 1);
        Assert.False(machine.Interrupt);
        Assert.Equal([0x33u], machine.Sent);
    }

    [Fact]
    public void Memory_of_frames_is_kept_until_the_network_is_done_with_it()
    {
        var machine = new IgbMachine { Network = { IsSlow = true } };
        for (int i = 0; i < 3; i++)
            Send(machine, IgbMachine.Packet(64), first: i);
        Assert.Equal(0u, machine[0xe010]);
        machine.Network.Complete(machine.Nic, 1);
        Assert.Equal(0u, machine[0xe010]);
        machine.Network.Complete(machine.Nic, 0);
        Assert.Equal(2u, machine[0xe010]);
        machine.Network.Complete(machine.Nic, 0);
        Assert.Equal(3u, machine[0xe010]);
    }

    [Fact]
    public void Segments_without_room_go_on_where_they_stopped()
    {
        var machine = new IgbMachine { Network = { Room = 3, IsSlow = true } };
        byte[] frame = IgbMachine.Packet(10_000);
        machine.Memory.Write(IgbMachine.Buffer, frame);
        machine.PutContext(0, 14, 20, 20, 1000);
        machine.PutData(1, IgbMachine.Buffer, frame.Length, Eop | Report | Segment, 3 << 8);
        machine[0xe018] = 2;
        Assert.Equal(3, machine.Network.Frames.Count);
        machine.Network.Complete(machine.Nic, 0);
        machine.Network.Room = int.MaxValue;
        machine.Nic.SendReady();
        Assert.Equal(frame[54..], machine.Network.Frames.SelectMany(part => part[54..]).ToArray());
        Assert.Equal(1u, machine[0xe010]);
        while (machine.Network.Pending > 0)
            machine.Network.Complete(machine.Nic, 0);
        Assert.Equal(2u, machine[0xe010]);
    }

    [Fact]
    public void Frames_of_before_a_reset_are_forgotten()
    {
        var machine = new IgbMachine { Network = { IsSlow = true } };
        Send(machine, IgbMachine.Packet(64));
        machine[0] = 1u << 26 | 1 << 6;
        machine.Start();
        Assert.Equal(2u, machine[8] & 2);
        machine.Network.Complete(machine.Nic, 0);
        Assert.Equal(0u, machine[0xe010]);
        machine.Network.IsSlow = false;
        Send(machine, IgbMachine.Packet(64));
        Assert.Equal(1u, machine[0xe010]);
    }

    [Fact]
    public void The_head_is_written_to_memory_where_the_driver_wants_it()
    {
        var machine = new IgbMachine();
        machine[0xe038] = 0x9000 | 1;
        Send(machine, IgbMachine.Packet(64));
        Assert.Equal(1ul, machine.Load(0x9000));
        Assert.Equal(0ul, machine.Load(IgbMachine.TransmitRing + 8) >> 32 & 1);
    }

    [Fact]
    public void Registers_are_reached_through_ports()
    {
        var machine = new IgbMachine();
        machine.WriteConfiguration(0x18, 4, 0xc000);
        machine.Ports.Write(0xc000, 4, 0x5400);
        Assert.Equal(0x1200_5452u, machine.Ports.Read(0xc004, 4));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_frame()
    {
        var machine = new IgbMachine();
        machine.Network.Room = 0;
        byte[] frame = IgbMachine.Packet(64);
        machine.Memory.Write(IgbMachine.Buffer, frame);
        machine.PutData(0, IgbMachine.Buffer, frame.Length, Eop | Report);
        machine.AddBuffers(1);
        Assert.Equal(0, Allocation.Least(() =>
        {
            machine[0xe018] = 1;
            machine[0xc010] = 0;
            machine.Nic.Receive(frame);
        }));
    }

    [Fact]
    public void Any_registers_and_any_memory_leave_the_NIC_alive()
    {
        int[] interesting = [0, 0x20, 0x14, 0x100, 0x400, 0x1500, 0x1508, 0x1514, 0x1520, 0x1524, 0x1580, 0x1684, 0x1700, 0x5000, 0x5818];
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var machine = new IgbMachine { Network = { IsSlow = seed % 2 == 0 } };
            machine.UseVectors();
            var noise = new byte[0x3000];
            for (int step = 0; step < 400; step++)
            {
                if (step % 40 == 0)
                {
                    random.NextBytes(noise);
                    for (int i = 0; i < noise.Length; i += 16)
                    {
                        // Addresses in memory, descriptors of the new kinds.
                        noise.AsSpan(i + 3, 5).Clear();
                        noise[i + 2] &= 0x3f;
                        noise[i + 11] |= 0x20;
                        noise[i + 10] = (byte)((noise[i + 10] & 0xf) | (random.Next(4) == 0 ? 0x20 : 0x30));
                    }

                    machine.Memory.Write(0x1000, noise);
                }

                int register = random.Next(3) switch
                {
                    0 => interesting[random.Next(interesting.Length)],
                    1 => (random.Next(2) == 0 ? 0xc000 : 0xe000) + (random.Next(0x400) & ~3),
                    _ => random.Next(0x2_0000) & ~3,
                };
                machine[register] = random.Next(3) == 0 ? (uint)random.Next() : (uint)random.Next(64);
                _ = machine[register];
                if (random.Next(4) == 0)
                    machine.Nic.Receive(noise.AsSpan(0, random.Next(14, 3000)));
                if (machine.Network.Pending > 0 && random.Next(2) == 0)
                    machine.Network.Complete(machine.Nic, random.Next(machine.Network.Pending));
                machine.Clock.Advance((ulong)random.Next(1_000_000));
            }

            while (machine.Network.Pending > 0)
                machine.Network.Complete(machine.Nic, 0);
            machine[0] = 1u << 26 | 1 << 6;
            machine.Network.IsSlow = false;
            machine.Network.Frames.Clear();
            machine.Nic.SetLink(true);
            machine[0x20] = 1u << 26 | 1 << 21 | 31 << 16;
            machine[0x20] = 1u << 26 | 1 << 21 | 0x9200;
            machine.Start();
            Send(machine, IgbMachine.Packet(64));
            Assert.Single(machine.Network.Frames);
        }
    }
}
