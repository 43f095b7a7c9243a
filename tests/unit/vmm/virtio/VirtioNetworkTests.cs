using System;
using System.Buffers.Binary;
using System.Linq;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The network device (OASIS Virtual I/O Device 1.2, section 5.1).</summary>
public sealed class VirtioNetworkTests
{
    private const ulong Checksum = 1 << 0;
    private const ulong Mac = 1 << 5;
    private const ulong Tso4 = 1 << 11;
    private const ulong Tso6 = 1 << 12;
    private const ulong Merge = 1 << 15;
    private const ulong LinkStatus = 1 << 16;
    private const ulong All = Checksum | Mac | Tso4 | Tso6 | Merge | LinkStatus;
    private const int HeaderSize = 12;
    private const ulong Header = 0x20_0000;
    private const uint NeedsReset = 64;

    private static readonly byte[] s_address = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

    private FakeNetwork? _network;

    private FakeNetwork Network => _network!;

    private VirtioMachine NewMachine(bool stops = false) => new(machine =>
    {
        _network = new FakeNetwork(machine.Memory) { Room = stops ? 0 : int.MaxValue };
        return new VirtioNetwork(machine.Memory, _network, s_address, 1500, machine, new HostLock());
    });

    private static VirtioNetwork Nic(VirtioMachine machine) => (VirtioNetwork)machine.Device;

    // Writes a header and the frame behind it, and makes both available in two descriptors.
    private static void Add(VirtioMachine machine, DriverQueue queue, byte[] frame, byte flags = 0, byte kind = 0, int size = 0, int start = 0, int offset = 0,
        int place = 0)
    {
        ulong buffer = VirtioMachine.Buffer + ((ulong)place * 0x1_0000);
        ulong header = Header + ((ulong)place * 16);
        machine.Memory.Write(buffer, frame);
        machine.Memory.TryStore(header, 8, flags | ((ulong)kind << 8) | ((ulong)size << 32) | ((ulong)start << 48));
        machine.Memory.TryStore(header + 8, 4, (uint)offset);
        queue.Add(new Piece(header, HeaderSize), new Piece(buffer, frame.Length));
    }

    private static byte[] Frame(int length)
    {
        var frame = new byte[length];
        new Random(length).NextBytes(frame);
        return frame;
    }

    private static byte[] Received(VirtioMachine machine, int index, int length) => machine.Read(VirtioMachine.Buffer + ((ulong)index * 2048), length);

    private static void AddBuffers(DriverQueue queue, int count, int size = 2048)
    {
        for (int i = 0; i < count; i++)
            queue.Add(new Piece(VirtioMachine.Buffer + ((ulong)i * 2048), size, Write: true));
        queue.Notify();
    }

    [Fact]
    public void The_configuration_has_address_link_and_MTU()
    {
        VirtioMachine machine = NewMachine();
        Assert.Equal(0x1041_1af4u, machine.ReadConfiguration(0, 4));
        Assert.Equal(0x02_0000u, machine.ReadConfiguration(8, 4) >> 8);
        Assert.Equal(s_address, Enumerable.Range(0, 6).Select(i => (byte)machine.DeviceSpecific(i, 1)));
        Assert.Equal(1ul, machine.DeviceSpecific(6, 2));
        Assert.Equal(1500ul, machine.DeviceSpecific(10, 2));
        Assert.Equal(All, machine.OfferedFeatures & All);
    }

    [Fact]
    public void Frames_are_sent_as_they_are()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(All | VirtioMachine.EventIndex)[1];
        byte[] frame = Frame(1514);
        Add(machine, queue, frame);
        queue.Notify();
        Assert.Equal(frame, Assert.Single(Network.Frames));
        Assert.Equal(1, Network.Publications);
        Assert.Equal(0, queue.Take());
        // Header and frame in one descriptor, and the header in pieces.
        machine.Memory.Write(Header, new byte[HeaderSize]);
        machine.Memory.Write(Header + HeaderSize, frame);
        queue.Add(new Piece(Header, HeaderSize + 60));
        queue.Add(new Piece(Header, 5), new Piece(Header + 5, 30), new Piece(Header + 35, HeaderSize + 60 - 35));
        queue.Notify();
        Assert.Equal(frame[..60], Network.Frames[1]);
        Assert.Equal(frame[..60], Network.Frames[2]);
    }

    [Fact]
    public void What_is_no_frame_comes_back_unsent()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(All)[1];
        Add(machine, queue, Frame(13));
        queue.Notify();
        Assert.Equal(0, queue.Take());
        queue.Add(new Piece(Header, 11));
        queue.Notify();
        Assert.Equal(0, queue.Take());
        Add(machine, queue, Frame(60), kind: 9);
        queue.Notify();
        Assert.Equal(0, queue.Take());
        Add(machine, queue, Frame(60), flags: 1, start: 50, offset: 10);
        queue.Notify();
        Assert.Equal(0, queue.Take());
        Add(machine, queue, Frame(600), flags: 1, start: 0xffff, offset: 0xffff);
        queue.Notify();
        Assert.Equal(0, queue.Take());
        Assert.Empty(Network.Frames);
        Assert.Equal(VirtioMachine.Ready, machine.Status);
    }

    [Theory]
    [InlineData(true, false, 100)]
    [InlineData(true, false, 101)]
    [InlineData(false, false, 33)]
    [InlineData(true, true, 1000)]
    [InlineData(false, true, 7)]
    public void Checksums_are_completed(bool tcp, bool v6, int payload)
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(All)[1];
        byte[] packet = IgbMachine.Packet(payload, tcp, v6);
        byte[] sent = [.. packet];
        int start = 14 + (v6 ? 40 : 20);
        int offset = tcp ? 16 : 6;
        IgbMachine.Big16(sent, start + offset, IgbMachine.PseudoSum(packet, v6, tcp, packet.Length - start));
        Add(machine, queue, sent, flags: 1, start: start, offset: offset);
        queue.Notify();
        Assert.Equal(packet, Assert.Single(Network.Frames));
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, 7)]
    public void Large_packets_are_cut_into_segments(bool v6, int? vlan)
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(All)[1];
        byte[] packet = IgbMachine.Packet(10_000, tcp: true, v6, (ushort?)vlan);
        int ip = vlan is null ? 14 : 18;
        int transport = ip + (v6 ? 40 : 20);
        Add(machine, queue, packet, flags: 1, kind: v6 ? (byte)4 : (byte)1, size: 1400, start: transport, offset: 16);
        queue.Notify();
        Assert.Equal(0, queue.Take());
        Assert.Equal(8, Network.Frames.Count);
        for (int i = 0; i < 8; i++)
        {
            byte[] segment = Network.Frames[i];
            Assert.True(IgbMachine.IsGood(segment));
            Assert.Equal(transport + 20 + (i == 7 ? 200 : 1400), segment.Length);
            Assert.Equal(1000u + ((uint)i * 1400), BinaryPrimitives.ReadUInt32BigEndian(segment.AsSpan(transport + 4)));
            // CWR of the first only, FIN and PSH of the last only.
            Assert.Equal(0x10 | (i == 0 ? 0x80 : 0) | (i == 7 ? 0x09 : 0), segment[transport + 13]);
            if (!v6)
                Assert.Equal(i, (segment[ip + 4] << 8) | segment[ip + 5]);
        }

        Assert.Equal(packet[(transport + 20)..], Network.Frames.SelectMany(segment => segment[(transport + 20)..]).ToArray());
    }

    [Fact]
    public void Segments_need_the_feature_and_headers_that_are_some()
    {
        VirtioMachine machine = NewMachine();
        byte[] packet = IgbMachine.Packet(10_000);
        DriverQueue queue = machine.Start(Checksum)[1];
        Add(machine, queue, packet, flags: 1, kind: 1, size: 1400, start: 34, offset: 16);
        queue.Notify();
        Assert.Equal(0, queue.Take());
        queue = machine.Start(All)[1];
        foreach ((byte flags, byte kind, int size, int start, int offset) in new (byte, byte, int, int, int)[]
        {
            (0, 1, 1400, 34, 16), (1, 4, 1400, 34, 16), (1, 1, 0, 34, 16), (1, 1, 1400, 33, 16), (1, 1, 1400, 0, 16), (1, 1, 1400, 34, 6),
            (1, 1, 1400, 250, 16), (1, 3, 1400, 34, 16),
        })
        {
            Add(machine, queue, packet, flags, kind, size, start, offset);
            queue.Notify();
            Assert.Equal(0, queue.Take());
        }

        Assert.Empty(Network.Frames);
        packet[46] = 0x40;
        Add(machine, queue, packet, flags: 1, kind: 1, size: 1400, start: 34, offset: 16);
        queue.Notify();
        Assert.Empty(Network.Frames);
    }

    [Fact]
    public void What_finds_no_room_is_sent_later_from_where_it_was()
    {
        VirtioMachine machine = NewMachine();
        Network.Room = 3;
        DriverQueue queue = machine.Start(All)[1];
        byte[] packet = IgbMachine.Packet(7_000);
        Add(machine, queue, packet, flags: 1, kind: 1, size: 1400, start: 34, offset: 16);
        Add(machine, queue, Frame(60), place: 1);
        queue.Notify();
        Assert.Equal(3, Network.Frames.Count);
        Assert.False(queue.TryTake(out _, out _));
        Network.Room = 1;
        Nic(machine).SendReady();
        Assert.Equal(4, Network.Frames.Count);
        Network.Room = int.MaxValue;
        Nic(machine).SendReady();
        Assert.Equal(6, Network.Frames.Count);
        Assert.Equal(packet[54..], Network.Frames.Take(5).SelectMany(segment => segment[54..]).ToArray());
        Assert.Equal(0, queue.Take());
        Assert.Equal(0, queue.Take());
    }

    [Fact]
    public void Buffers_come_back_when_the_network_has_let_go_of_all_of_them()
    {
        VirtioMachine machine = NewMachine();
        Network.IsSlow = true;
        DriverQueue queue = machine.Start(All)[1];
        Add(machine, queue, IgbMachine.Packet(2_800), flags: 1, kind: 1, size: 1400, start: 34, offset: 16);
        Add(machine, queue, Frame(60), place: 1);
        queue.Notify();
        Assert.Equal(3, Network.Pending);
        Network.Complete(Nic(machine), 0);
        Assert.False(queue.TryTake(out _, out _));
        Network.Complete(Nic(machine), 1);
        Assert.Equal(0, queue.Take());
        Network.Complete(Nic(machine), 0);
        Assert.Equal(0, queue.Take());
    }

    [Fact]
    public void Reset_waits_for_frames_that_the_network_still_reads()
    {
        VirtioMachine machine = NewMachine();
        Network.IsSlow = true;
        DriverQueue queue = machine.Start(All)[1];
        Add(machine, queue, Frame(60));
        Add(machine, queue, Frame(70), place: 1);
        queue.Notify();
        machine.Status = 0;
        Network.Complete(Nic(machine), 1);
        Assert.Equal(VirtioMachine.Ready, machine.Status);
        Network.Complete(Nic(machine), 0);
        Assert.Equal(0u, machine.Status);
        Assert.Equal(0ul, machine.Load(queue.Used + 2, 2));
        Network.IsSlow = false;
        queue = machine.Start(All)[1];
        Add(machine, queue, Frame(80));
        queue.Notify();
        Assert.Equal(0, queue.Take());
    }

    [Fact]
    public void A_frame_that_waits_for_room_is_forgotten_by_a_reset()
    {
        VirtioMachine machine = NewMachine(stops: true);
        DriverQueue queue = machine.Start(All)[1];
        Add(machine, queue, Frame(60));
        queue.Notify();
        machine.Status = 0;
        Assert.Equal(0u, machine.Status);
        Network.Room = int.MaxValue;
        Nic(machine).SendReady();
        queue = machine.Start(All)[1];
        queue.Notify();
        Assert.Empty(Network.Frames);
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(Merge)]
    [InlineData(Merge | VirtioMachine.EventIndex)]
    public void Frames_arrive_behind_a_header(ulong features)
    {
        VirtioMachine machine = NewMachine();
        machine.UseVectors();
        DriverQueue queue = machine.Start(features)[0];
        Assert.Equal(ReceiveResult.NoRoom, Nic(machine).Receive(Frame(60)));
        AddBuffers(queue, 4);
        Assert.Equal(1, Network.ReadyCalls);
        for (int i = 0; i < 3; i++)
        {
            if ((features & VirtioMachine.EventIndex) != 0)
                queue.InterruptAfter(1);
            Assert.Equal(ReceiveResult.Taken, Nic(machine).Receive(Frame(60 + i)));
            Assert.Equal(HeaderSize + 60 + i, queue.Take());
            Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, .. Frame(60 + i)], Received(machine, i, HeaderSize + 60 + i));
        }

        Assert.Equal([0x41u, 0x41u, 0x41u], machine.Sent);
        queue.Notify();
        Assert.Equal(1, Network.ReadyCalls);
    }

    [Fact]
    public void Buffers_are_merged_for_a_frame_that_one_does_not_hold()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Merge)[0];
        AddBuffers(queue, 4, 500);
        byte[] frame = Frame(1400);
        Assert.Equal(ReceiveResult.Taken, Nic(machine).Receive(frame));
        Assert.Equal(500, queue.Take());
        Assert.Equal(500, queue.Take());
        Assert.Equal(412, queue.Take());
        Assert.Equal(3ul, machine.Load(VirtioMachine.Buffer + 10, 2));
        byte[] merged = [.. Received(machine, 0, 500)[HeaderSize..], .. Received(machine, 1, 500), .. Received(machine, 2, 412)];
        Assert.Equal(frame, merged);
        Assert.Equal(ReceiveResult.NoRoom, Nic(machine).Receive(frame));
        Assert.False(queue.TryTake(out _, out _));
        Assert.Equal(ReceiveResult.Taken, Nic(machine).Receive(Frame(488)));
        Assert.Equal(500, queue.Take());
        Assert.Equal(1ul, machine.Load(VirtioMachine.Buffer + (3 * 2048) + 10, 2));
    }

    [Fact]
    public void A_frame_that_no_buffers_hold_is_dropped()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(0)[0];
        AddBuffers(queue, 2, 100);
        Assert.Equal(ReceiveResult.Dropped, Nic(machine).Receive(Frame(89)));
        Assert.Equal(ReceiveResult.Taken, Nic(machine).Receive(Frame(88)));
        Assert.Equal(100, queue.Take());
        queue = machine.Start(Merge, size: 2)[0];
        AddBuffers(queue, 2, 100);
        Assert.Equal(ReceiveResult.Dropped, Nic(machine).Receive(Frame(189)));
        Assert.Equal(ReceiveResult.Taken, Nic(machine).Receive(Frame(188)));
    }

    [Fact]
    public void A_buffer_without_room_for_the_header_needs_a_reset()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Merge)[0];
        AddBuffers(queue, 2, 11);
        Assert.Equal(ReceiveResult.Dropped, Nic(machine).Receive(Frame(60)));
        Assert.Equal(VirtioMachine.Ready | NeedsReset, machine.Status);
        Assert.Equal(ReceiveResult.Dropped, Nic(machine).Receive(Frame(60)));
    }

    [Fact]
    public void Nothing_passes_a_cable_that_is_pulled_out()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue[] queues = machine.Start(All);
        Nic(machine).SetLink(false);
        AddBuffers(queues[0], 2);
        Assert.Equal(ReceiveResult.Dropped, Nic(machine).Receive(Frame(60)));
        Add(machine, queues[1], Frame(60));
        queues[1].Notify();
        Assert.Equal(0, queues[1].Take());
        Assert.Empty(Network.Frames);
        Nic(machine).SetLink(true);
        Assert.Equal(ReceiveResult.Taken, Nic(machine).Receive(Frame(60)));
    }

    [Fact]
    public void Before_the_driver_is_ready_frames_are_dropped()
    {
        VirtioMachine machine = NewMachine();
        Assert.Equal(ReceiveResult.Dropped, Nic(machine).Receive(Frame(60)));
        machine.Negotiate(VirtioMachine.Version1);
        Assert.Equal(ReceiveResult.Dropped, Nic(machine).Receive(Frame(60)));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_frame()
    {
        var network = new Swallow();
        var machine = new VirtioMachine(machine => new VirtioNetwork(machine.Memory, network, s_address, 1500, machine, new HostLock())) { IsQuiet = true };
        machine.UseVectors();
        DriverQueue[] queues = machine.Start(All | VirtioMachine.EventIndex | VirtioMachine.Indirect);
        byte[] packet = IgbMachine.Packet(7_000);
        machine.Memory.Write(VirtioMachine.Buffer + 0x1_0000, packet);
        machine.Memory.TryStore(Header, 8, 1 | (1 << 8) | (1400ul << 32) | (34ul << 48));
        machine.Memory.TryStore(Header + 8, 4, 16);
        Piece[] output = [new(Header, HeaderSize), new(VirtioMachine.Buffer + 0x1_0000, packet.Length)];
        Piece[] input = [new(VirtioMachine.Buffer, 2048, Write: true)];
        byte[] frame = Frame(1514);
        Assert.Equal(0, Allocation.Least(() =>
        {
            queues[1].AddIndirect(output);
            queues[1].Notify();
            queues[1].TryTake(out _, out _);
            queues[0].Add(input);
            queues[0].Notify();
            Nic(machine).Receive(frame);
            queues[0].TryTake(out _, out _);
        }));
        Assert.True(network.Frames >= 5);
    }

    private sealed class Swallow : INetworkPort
    {
        public int Frames { get; private set; }

        public SendResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> rest, int tag)
        {
            Frames++;
            return SendResult.Sent;
        }

        public void Publish()
        {
        }

        public void ReceiveReady()
        {
        }
    }
}
