using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Tests;

/// <summary>A network that keeps the frames it gets, and takes them late or not at all when told so.</summary>
internal sealed class FakeNetwork(GuestMemory memory) : INetworkPort
{
    private readonly List<int> _pending = [];

    public List<byte[]> Frames { get; } = [];

    /// <summary>Frames that it takes before it has no room.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>Frames keep their guest memory until <see cref="Complete"/>.</summary>
    public bool IsSlow { get; set; }

    public int ReadyCalls { get; private set; }

    public int Pending => _pending.Count;

    public SendResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> rest, int tag)
    {
        if (Room == 0)
            return SendResult.NoRoom;
        Room--;
        var frame = new List<byte>(header.ToArray());
        foreach (GuestSegment segment in rest)
        {
            var bytes = new byte[segment.Length];
            if (!memory.Read(segment.Address, bytes))
                throw new InvalidOperationException("a segment outside memory reached the network");
            frame.AddRange(bytes);
        }

        Frames.Add([.. frame]);
        if (!IsSlow)
            return SendResult.Sent;
        _pending.Add(tag);
        return SendResult.Pending;
    }

    public int Publications { get; private set; }

    public void Publish() => Publications++;

    public void ReceiveReady() => ReadyCalls++;

    public void Complete(INetworkOwner owner, int index)
    {
        int tag = _pending[index];
        _pending.RemoveAt(index);
        owner.SendCompleted(tag);
    }
}

/// <summary>A machine with an 82576, and what a driver does with it.</summary>
internal sealed class IgbMachine : IMessageSink
{
    public const uint Registers = 0xd000_0000;
    public const uint Messages = 0xd004_0000;
    public const ulong TransmitRing = 0x1000;
    public const ulong ReceiveRing = 0x2000;
    public const ulong Buffer = 0x10_0000;
    public const int RingEntries = 32;
    public static readonly byte[] Address = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

    public IgbMachine(bool start = true, Func<GuestMemory, INetworkPort>? network = null, bool hasPorts = true)
    {
        Memory.Add(0, new ArrayBacking(new byte[0x40_0000]));
        Network = new FakeNetwork(Memory);
        Nic = new Igb(Memory, network?.Invoke(Memory) ?? Network, Address, Clock.Queue(), this, new HostLock(), hasPorts);
        Host = new PciHost(Ports, Mmio, this, Lines, new HostLock());
        if (!Host.Map(Ports, Mmio) || !Host.Plug(new PciAddress(4, 0), Nic))
            throw new InvalidOperationException();
        WriteConfiguration(0x10, 4, Registers);
        WriteConfiguration(0x1c, 4, Messages);
        WriteConfiguration(4, 2, 7);
        if (start)
            Start();
    }

    public GuestMemory Memory { get; } = new();

    public PortBus Ports { get; } = new(new HostLock());

    public MmioBus Mmio { get; } = new(new HostLock());

    public LineRecorder Lines { get; } = new();

    public FakeClock Clock { get; } = new();

    public FakeNetwork Network { get; }

    public Igb Nic { get; }

    public PciHost Host { get; }

    public List<uint> Sent { get; } = [];

    public bool Interrupt => Lines.Level[InterruptRouter.FirstPci];

    public uint this[int register]
    {
        get => (uint)Mmio.Read(Registers + (ulong)register, 4);
        set => Mmio.Write(Registers + (ulong)register, 4, value);
    }

    void IMessageSink.Send(ulong address, uint data) => Sent.Add(data);

    public void WriteConfiguration(int offset, int size, uint value) =>
        Mmio.Write(PciHost.DefaultConfigurationAddress + 0x2_0000 + (ulong)offset, size, value);

    public uint ReadConfiguration(int offset, int size) =>
        (uint)Mmio.Read(PciHost.DefaultConfigurationAddress + 0x2_0000 + (ulong)offset, size);

    /// <summary>Link up, queue 0 each way, everything to the own address and broadcast is received.</summary>
    public void Start()
    {
        this[0] = 1u << 6;
        Clock.Advance(10_000_000);
        this[0xe000] = (uint)TransmitRing;
        this[0xe008] = RingEntries * 16;
        this[0x400] = 1 << 1 | 1 << 3;
        this[0xc000] = (uint)ReceiveRing;
        this[0xc008] = RingEntries * 16;
        this[0xc00c] = 1 << 25 | 2;
        this[0x100] = 1u << 1 | 1u << 15 | 1u << 26;
    }

    /// <summary>Ten vectors, vector i with data 0x40 + i, all enabled.</summary>
    public void UseVectors()
    {
        for (uint i = 0; i < 10; i++)
        {
            Mmio.Write(Messages + (i * 16), 4, 0xfee0_0000);
            Mmio.Write(Messages + (i * 16) + 8, 4, 0x40 + i);
            Mmio.Write(Messages + (i * 16) + 12, 4, 0);
        }

        WriteConfiguration(0x72, 2, 0x8000);
        this[0x1514] = 1 << 4;
        this[0x1524] = 0x3ff;
        // Queue 0: receive vector 0, transmit vector 1; all else vector 2.
        this[0x1700] = 0x8180;
        this[0x1740] = 0x8200;
        Sent.Clear();
    }

    public void Put(ulong at, ulong first, ulong second)
    {
        Memory.TryStore(at, 8, first);
        Memory.TryStore(at + 8, 8, second);
    }

    public ulong Load(ulong at)
    {
        Memory.TryLoad(at, 8, out ulong value);
        return value;
    }

    /// <summary>Writes a data descriptor: options in bits 63-32.</summary>
    public void PutData(int index, ulong address, int length, uint command, uint options = 0) =>
        Put(TransmitRing + ((ulong)index * 16), address, (uint)length | 0x2030_0000u | command | ((ulong)options << 32));

    /// <summary>Writes a context descriptor.</summary>
    public void PutContext(int index, int mac, int ip, int transport, int segment, bool v4 = true, bool tcp = true, ushort vlan = 0) =>
        Put(TransmitRing + ((ulong)index * 16), (uint)ip | ((uint)mac << 9) | ((uint)vlan << 16),
            0x2020_0000u | (v4 ? 1u << 10 : 0) | (tcp ? 1u << 11 : 0) | ((ulong)((uint)transport << 8 | (uint)segment << 16) << 32));

    /// <summary>Gives the NIC empty buffers of 2 KiB and moves the tail.</summary>
    public void AddBuffers(int count)
    {
        for (int i = 0; i < count; i++)
            Put(ReceiveRing + ((ulong)i * 16), Buffer + ((ulong)i * 2048), 0);
        this[0xc018] = (uint)count;
    }

    public byte[] ReadBuffer(int index, int length)
    {
        var bytes = new byte[length];
        Memory.Read(Buffer + ((ulong)index * 2048), bytes);
        return bytes;
    }

    /// <summary>A TCP or UDP packet to the NIC's address with right checksums.</summary>
    public static byte[] Packet(int payload, bool tcp = true, bool v6 = false, ushort? vlan = null, uint source = 0x420995bb,
        uint destination = 0xa18e6450, ushort sourcePort = 2794, ushort destinationPort = 1766)
    {
        int transport = tcp ? 20 : 8;
        int ip = v6 ? 40 : 20;
        var bytes = new List<byte>(Address);
        bytes.AddRange([2, 0, 0, 0, 0, 1]);
        if (vlan is ushort tag)
            bytes.AddRange([0x81, 0, (byte)(tag >> 8), (byte)tag]);
        bytes.AddRange(v6 ? new byte[] { 0x86, 0xdd } : [8, 0]);
        int at = bytes.Count;
        bytes.AddRange(new byte[ip + transport + payload]);
        byte[] packet = [.. bytes];
        int length = transport + payload;
        byte protocol = tcp ? (byte)6 : (byte)17;
        if (v6)
        {
            packet[at] = 0x60;
            Big16(packet, at + 4, length);
            packet[at + 6] = protocol;
            Big32(packet, at + 8, source);
            Big32(packet, at + 24, destination);
        }
        else
        {
            packet[at] = 0x45;
            Big16(packet, at + 2, 20 + length);
            packet[at + 9] = protocol;
            Big32(packet, at + 12, source);
            Big32(packet, at + 16, destination);
            Big16(packet, at + 10, ~Sum(packet[at..(at + 20)]));
        }

        int start = at + ip;
        Big16(packet, start, sourcePort);
        Big16(packet, start + 2, destinationPort);
        if (tcp)
        {
            Big32(packet, start + 4, 1000);
            packet[start + 12] = 0x50;
            packet[start + 13] = 0x99;
        }
        else
        {
            Big16(packet, start + 4, length);
        }

        for (int i = 0; i < payload; i++)
            packet[start + transport + i] = (byte)(i * 7);
        Big16(packet, start + (tcp ? 16 : 6), ~Sum([.. Pseudo(packet, at, v6, protocol, length), .. packet[start..]]));
        return packet;
    }

    /// <summary>Whether the checksums of a packet are right.</summary>
    public static bool IsGood(byte[] packet)
    {
        int at = packet[12] == 0x81 ? 18 : 14;
        bool v6 = packet[at] >> 4 == 6;
        int ip = v6 ? 40 : (packet[at] & 15) * 4;
        int total = v6 ? 40 + (packet[at + 4] << 8 | packet[at + 5]) : packet[at + 2] << 8 | packet[at + 3];
        byte protocol = packet[at + (v6 ? 6 : 9)];
        return (v6 || Sum(packet[at..(at + ip)]) == 0xffff)
            && Sum([.. Pseudo(packet, at, v6, protocol, total - ip), .. packet[(at + ip)..(at + total)]]) == 0xffff;
    }

    /// <summary>The sum that software puts into a checksum field for the NIC to complete.</summary>
    public static int PseudoSum(byte[] packet, bool v6, bool tcp, int length) => Sum(Pseudo(packet, 14, v6, tcp ? (byte)6 : (byte)17, length));

    public static void Big16(byte[] bytes, int at, int value)
    {
        bytes[at] = (byte)(value >> 8);
        bytes[at + 1] = (byte)value;
    }

    private static void Big32(byte[] bytes, int at, uint value)
    {
        Big16(bytes, at, (int)(value >> 16));
        Big16(bytes, at + 2, (int)value);
    }

    private static byte[] Pseudo(byte[] packet, int at, bool v6, byte protocol, int length) =>
        [.. v6 ? packet[(at + 8)..(at + 40)] : packet[(at + 12)..(at + 20)], 0, protocol, (byte)(length >> 8), (byte)length];

    private static int Sum(byte[] bytes)
    {
        int sum = bytes.Select((value, i) => (i & 1) == 0 ? value << 8 : value).Sum();
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    }
}
