using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Xunit;

namespace Kilonova.Drivers.Tests.Ahci;

/// <summary>
/// A host controller at the level of its registers (AHCI 1.3.1, section 3), which checks what drivers must not do. Commands wait until the
/// test lets them run, in the order or out of it.
/// </summary>
internal sealed class FakeAhci : IFakeDevice
{
    public const int RegisterLength = 0x1100;
    private const uint Done = 1;
    private const uint TaskFileError = 1u << 30;

    private readonly FakeRam _ram;
    private readonly FakeTime _time;
    private readonly Port[] _ports;
    private readonly uint _capabilities;
    private uint _ghc;
    private uint _is;
    private ulong _resetEnd;

    public FakeAhci(FakeRam ram, FakeTime time, int ports = 6, bool has64 = true, bool hasQueue = true, int slots = 32)
    {
        _ram = ram;
        _time = time;
        _ports = new Port[ports];
        for (int i = 0; i < ports; i++)
            _ports[i] = new Port();

        _capabilities = (has64 ? 1u << 31 : 0) | (hasQueue ? 1u << 30 : 0) | (uint)(slots - 1) << 8 | (uint)(ports - 1);
    }

    public bool IsInterrupting => (_ghc & 2) != 0 && PendingPorts() != 0;

    public int MostOutstanding { get; private set; }

    public ulong LinkDelay { get; set; } = 10_000;

    public FakeSataDevice? this[int port] => _ports[port].Device;

    public void Plug(int port, FakeSataDevice? device)
    {
        Port p = _ports[port];
        p.Device = device;
        p.Abort();
        p.LinkAt = device == null ? ulong.MaxValue : _time.Now;
        p.Sent = false;
        p.Is |= device == null ? 1u << 22 : 1u << 6 | 1u << 22;
        p.Serr |= 1u << 26 | 1u << 16;
    }

    /// <summary>Lets commands run until none is left or all hang. With a random source, queued ones in any order, and at most some.</summary>
    public void Run(Random? random = null, int most = int.MaxValue)
    {
        foreach (Port port in _ports)
        {
            while (most > 0 && port.Pending.Count > 0 && !port.IsHalted)
            {
                int index = random == null || !port.IsQueued(port.Pending[0]) ? 0 : random.Next(port.Pending.Count);
                int slot = port.Pending[index];
                port.Pending.RemoveAt(index);
                Execute(port, slot);
                most--;
            }
        }
    }

    public uint Read(int offset)
    {
        if (offset >= 0x100)
            return ReadPort(_ports[(offset - 0x100) / 0x80], offset & 0x7f);

        return offset switch
        {
            0x00 => _capabilities,
            0x04 => _time.Now < _resetEnd ? _ghc | 1 : _ghc,
            0x08 => PendingPorts(),
            0x0c => (1u << _ports.Length) - 1,
            _ => 0,
        };
    }

    public void Write(int offset, uint value)
    {
        if (offset >= 0x100)
        {
            WritePort(_ports[(offset - 0x100) / 0x80], offset & 0x7f, value);
            return;
        }

        if (offset == 0x04)
        {
            _ghc = value & ~1u;
            if ((value & 1) == 0)
                return;

            _resetEnd = _time.Now + 100;
            foreach (Port port in _ports)
                port.Reset();
        }
        else if (offset == 0x08)
        {
            _is &= ~value;
        }
    }

    private uint PendingPorts()
    {
        for (int i = 0; i < _ports.Length; i++)
        {
            if ((_ports[i].Is & _ports[i].Ie) != 0)
                _is |= 1u << i;
        }

        return _is;
    }

    private uint ReadPort(Port port, int register)
    {
        Settle(port);
        return register switch
        {
            0x00 => (uint)port.Clb,
            0x10 => port.Is,
            0x14 => port.Ie,
            0x18 => port.Cmd,
            0x20 => port.Tfd,
            0x24 => port.Sig,
            0x28 => port.IsLinked(_time.Now) ? 0x113u : 0u,
            0x2c => port.Sctl,
            0x30 => port.Serr,
            0x34 => port.Sact,
            0x38 => port.Ci,
            _ => 0,
        };
    }

    private void WritePort(Port port, int register, uint value)
    {
        const uint Start = 1;
        const uint Receive = 1 << 4;
        switch (register)
        {
            case 0x00:
                Assert.Equal(0u, value & 0x3ff);
                port.Clb = port.Clb & ~0xffff_fffful | value;
                break;
            case 0x04:
                port.Clb = (uint)port.Clb | (ulong)value << 32;
                break;
            case 0x08:
                Assert.Equal(0u, value & 0xff);
                break;
            case 0x10:
                port.Is &= ~value;
                break;
            case 0x14:
                port.Ie = value;
                break;
            case 0x18:
                if ((value & Start) != 0 && (port.Cmd & Start) == 0)
                {
                    Settle(port);
                    Assert.True((port.Tfd & 0x88) == 0 && port.IsLinked(_time.Now), "started while the device is busy or away");
                    Assert.True((value & Receive) != 0, "started without receiving");
                }

                if ((value & Start) == 0)
                    port.Abort();

                port.Cmd = value & 0x1fff_3fff | ((value & Start) != 0 ? 1u << 15 : 0) | ((value & Receive) != 0 ? 1u << 14 : 0);
                break;
            case 0x2c:
                if ((value & 0xf) == 1)
                {
                    Assert.True((port.Cmd & Start) == 0, "reset of a running port");
                    port.ResetAt = _time.Now;
                    port.LinkAt = ulong.MaxValue;
                }
                else if ((port.Sctl & 0xf) == 1)
                {
                    Assert.True(_time.Now - port.ResetAt >= 1000, "the link was not held in reset for a millisecond");
                    port.Tfd = 0x7f;
                    port.Sig = uint.MaxValue;
                    port.Sent = false;
                    port.IsHalted = false;
                    port.LinkAt = port.Device == null ? ulong.MaxValue : _time.Now + LinkDelay;
                    port.Is |= port.Device == null ? 0 : 1u << 6 | 1u << 22;
                }

                port.Sctl = value;
                break;
            case 0x30:
                port.Serr &= ~value;
                if ((value & 1u << 26) != 0)
                    port.Is &= ~(1u << 6);

                if ((value & 1u << 16) != 0)
                    port.Is &= ~(1u << 22);

                break;
            case 0x34:
                Assert.True((port.Cmd & Start) != 0);
                port.Sact |= value;
                break;
            case 0x38:
                Assert.True((port.Cmd & Start) != 0, "command issued to a stopped port");
                Assert.True((port.Ci & value) == 0);
                port.Ci |= value;
                for (int slot = 0; slot < 32; slot++)
                {
                    if ((value >> slot & 1) != 0)
                        port.Pending.Add(slot);
                }

                int outstanding = System.Numerics.BitOperations.PopCount(port.Ci | port.Sact);
                MostOutstanding = Math.Max(MostOutstanding, outstanding);
                uint queued = port.Sact & port.Ci;
                Assert.True(queued == 0 || queued == port.Ci, "queued and other commands at the same time");
                Assert.True(queued != 0 || outstanding == 1, "more than one command that is not queued");
                break;
            default:
                break;
        }
    }

    private void Settle(Port port)
    {
        if (port.Sent || !port.IsLinked(_time.Now) || (port.Cmd & 1 << 4) == 0)
            return;

        port.Sent = true;
        port.Tfd = 0x50;
        port.Sig = port.Device!.IsPacket ? 0xeb14_0101 : 0x0101;
        port.Is |= Done;
    }

    private void Execute(Port port, int slot)
    {
        FakeSataDevice device = port.Device!;
        ulong header = port.Clb + (ulong)slot * 32;
        uint flags = _ram.U32(header);
        ulong table = _ram.U64(header + 8);
        Assert.Equal(5u, flags & 0x1f);
        Span<byte> fis = _ram.At(table, 20);
        Assert.True(fis[0] == 0x27 && fis[1] == 0x80);
        bool queued = (port.Sact >> slot & 1) != 0;
        if (device.Hangs > 0)
        {
            device.Hangs--;
            port.IsHalted = true;
            return;
        }

        switch (Perform(device, fis, table, flags, queued ? slot : -1))
        {
            case Outcome.Error:
                port.Tfd = (device.IsPacket ? 0x6000u : 0x4000u) | 0x41;
                port.Is |= TaskFileError;
                port.IsHalted = true;
                break;
            default:
                port.Tfd = 0x50;
                port.Ci &= ~(1u << slot);
                port.Sact &= ~(1u << slot);
                port.Is |= queued ? 8u : Done;
                break;
        }
    }

    private Outcome Perform(FakeSataDevice device, Span<byte> fis, ulong table, uint flags, int tag)
    {
        ulong sector = fis[4] | (ulong)fis[5] << 8 | (ulong)fis[6] << 16 | (ulong)fis[8] << 24 | (ulong)fis[9] << 32 | (ulong)fis[10] << 40;
        uint count = fis[12] | (uint)fis[13] << 8;
        bool isWrite = (flags & 1 << 6) != 0;
        int segments = (int)(flags >> 16);
        switch (fis[2])
        {
            case 0xec when !device.IsPacket:
            case 0xa1 when device.IsPacket:
                return Give(table, segments, device.Identify());
            case 0x60:
            case 0x61:
                Assert.True(device.QueueDepth > 0 && tag >= 0 && tag < device.QueueDepth);
                Assert.Equal(tag, (int)(count >> 3));
                count = fis[3] | (uint)fis[11] << 8;
                return Transfer(device, table, segments, sector, count == 0 ? 0x1_0000 : count, isWrite, fis[2] == 0x61, (fis[7] & 0x80) != 0);
            case 0x25:
            case 0x35:
                Assert.True(device.Has48);
                return Transfer(device, table, segments, sector, count == 0 ? 0x1_0000 : count, isWrite, fis[2] == 0x35, false);
            case 0x3d:
                Assert.True(device.Has48 && device.HasFua);
                return Transfer(device, table, segments, sector, count == 0 ? 0x1_0000 : count, isWrite, true, true);
            case 0xc8:
            case 0xca:
                Assert.Equal(0ul, sector >> 24);
                sector |= (ulong)(fis[7] & 0xf) << 24;
                return Transfer(device, table, segments, sector, count == 0 ? 256 : count, isWrite, fis[2] == 0xca, false);
            case 0xea:
            case 0xe7:
                Assert.Equal(device.Has48, fis[2] == 0xea);
                device.Journal.Add("F");
                return Outcome.Done;
            case 0x06:
                return Trim(device, table, segments, count);
            case 0xa0:
                Assert.True((flags & 1 << 5) != 0);
                return Packet(device, table, segments);
            default:
                return Outcome.Error;
        }
    }

    private Outcome Transfer(FakeSataDevice device, ulong table, int segments, ulong sector, uint count, bool isWrite, bool wants, bool forced)
    {
        Assert.Equal(wants, isWrite);
        Assert.True(sector + count <= device.Sectors, "transfer beyond the disk");
        device.Journal.Add($"{(isWrite ? forced ? "WF" : "W" : "R")}{sector}");
        if (device.Meets(sector, count))
            return Outcome.Error;

        int at = (int)sector * device.SectorSize;
        int left = (int)count * device.SectorSize;
        for (int i = 0; i < segments; i++)
        {
            Span<byte> memory = Segment(table, i);
            Span<byte> disk = device.Contents.AsSpan(at, memory.Length);
            if (isWrite)
                memory.CopyTo(disk);
            else
                disk.CopyTo(memory);

            at += memory.Length;
            left -= memory.Length;
        }

        Assert.Equal(0, left);
        return Outcome.Done;
    }

    private Outcome Trim(FakeSataDevice device, ulong table, int segments, uint count)
    {
        Assert.Equal((1, 1u), (segments, count));
        Span<byte> ranges = Segment(table, 0);
        for (int i = 0; i < ranges.Length; i += 8)
        {
            ulong range = BinaryPrimitives.ReadUInt64LittleEndian(ranges[i..]);
            ulong sector = range & 0xffff_ffff_ffff;
            if (range >> 48 == 0)
                continue;

            device.Journal.Add($"T{sector}");
            device.Contents.AsSpan((int)sector * device.SectorSize, (int)(range >> 48) * device.SectorSize).Clear();
        }

        return Outcome.Done;
    }

    private Outcome Packet(FakeSataDevice device, ulong table, int segments)
    {
        if (device.Attentions > 0)
        {
            device.Attentions--;
            return Outcome.Error;
        }

        Span<byte> packet = _ram.At(table + 0x40, 16);
        uint address = BinaryPrimitives.ReadUInt32BigEndian(packet[2..]);
        switch (packet[0])
        {
            case 0x25:
                byte[] capacity = new byte[8];
                BinaryPrimitives.WriteUInt32BigEndian(capacity, (uint)device.Sectors - 1);
                BinaryPrimitives.WriteUInt32BigEndian(capacity.AsSpan(4), (uint)device.SectorSize);
                return Give(table, segments, capacity);
            case 0xa8:
                return Transfer(device, table, segments, address, BinaryPrimitives.ReadUInt32BigEndian(packet[6..]), false, false, false);
            default:
                return Outcome.Error;
        }
    }

    private Outcome Give(ulong table, int segments, byte[] data)
    {
        Assert.Equal(1, segments);
        data.CopyTo(Segment(table, 0));
        return Outcome.Done;
    }

    private Span<byte> Segment(ulong table, int index)
    {
        ulong at = table + 0x80 + (ulong)index * 16;
        uint length = _ram.U32(at + 12) + 1;
        Assert.True((length & 1) == 0 && length <= 4 << 20);
        return _ram.At(_ram.U64(at), (int)length);
    }

    private sealed class Port
    {
        public FakeSataDevice? Device;
        public ulong Clb;
        public uint Is;
        public uint Ie;
        public uint Cmd;
        public uint Tfd = 0x7f;
        public uint Sig = uint.MaxValue;
        public uint Sctl;
        public uint Serr;
        public uint Sact;
        public uint Ci;
        public bool Sent;
        public bool IsHalted;
        public ulong ResetAt;
        public ulong LinkAt = ulong.MaxValue;

        public List<int> Pending { get; } = [];

        public bool IsLinked(ulong now) => Device != null && now >= LinkAt;

        public bool IsQueued(int slot) => (Sact >> slot & 1) != 0;

        public void Abort()
        {
            Pending.Clear();
            Sact = 0;
            Ci = 0;
            IsHalted = false;
        }

        public void Reset()
        {
            Abort();
            Is = Ie = Cmd = Sctl = Serr = 0;
            Tfd = 0x7f;
            LinkAt = ulong.MaxValue;
            Sent = false;
        }
    }
}
