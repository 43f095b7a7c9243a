using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Nic;
using Xunit;

namespace Kilonova.Drivers.Tests.Nic;

/// <summary>A controller of any model at the level of its registers, with a wire whose other end is the test.</summary>
internal sealed class FakeNic(FakeRam ram, NicModel model, ulong address = 0x5634_1200_5452) : IFakeDevice
{
    public const int RegisterLength = 0x2_0000;
    private const uint Reset = 1u << 26;
    private const uint MasterDisable = 1u << 2;
    private const uint LinkUp = 2;
    private const uint Master = 1u << 19;

    private readonly Dictionary<int, uint> _registers = [];
    private readonly Queue<(byte[] Bytes, byte Status, byte Errors)> _wire = [];

    public List<byte[]> Sent { get; } = [];

    public bool IsUp { get; set; } = true;

    public bool HasEeprom { get; init; } = true;

    public bool IsStuck { get; set; }

    public int Resets { get; private set; }

    private bool IsAdvanced => model == NicModel.I82576;

    private int ReceiveFirst => IsAdvanced ? 0xc000 : 0x2800;

    private int TransmitFirst => IsAdvanced ? 0xe000 : 0x3800;

    public bool IsInterrupting => (this[0xc0] & this[0xd0]) != 0;

    private uint this[int register]
    {
        get => _registers.GetValueOrDefault(register);
        set => _registers[register] = value;
    }

    /// <summary>A packet comes; status and errors as in the descriptor's legacy form.</summary>
    public void Arrive(byte[] bytes, byte status = 0, byte errors = 0) => _wire.Enqueue((bytes, status, errors));

    public void Signal(uint causes) => this[0xc0] |= causes;

    public uint Read(int offset)
    {
        switch (offset)
        {
            case 0x00:
                return this[0] & ~Reset;
            case 0x08:
                return (IsUp ? LinkUp : 0) | 2u << 6 | ((this[0] & MasterDisable) == 0 && !IsStuck ? Master : 0);
            case 0x10:
                return 1u << 9;
            case 0x14:
                int word = (int)(model == NicModel.I82540 ? this[0x14] >> 8 & 0xff : this[0x14] >> 2 & 0x3fff);
                return (uint)(address >> (16 * word) & 0xffff) << 16 | (model == NicModel.I82540 ? 1u << 4 : 1u << 1);
            case 0x20:
                return this[0x20] | 1u << 28;
            case 0xc0:
                uint causes = this[0xc0];
                this[0xc0] = 0;
                return causes;
            case >= 0x4000 and < 0x4100:
                uint count = this[offset];
                this[offset] = 0;
                return count;
            default:
                return this[offset];
        }
    }

    public void Write(int offset, uint value)
    {
        switch (offset)
        {
            case 0x00 when (value & Reset) != 0:
                Resets++;
                _registers.Clear();
                if (HasEeprom)
                {
                    this[0x5400] = (uint)address;
                    this[0x5404] = (uint)(address >> 32) & 0xffff | 1u << 31;
                }

                break;
            case 0xd0:
                this[0xd0] |= value;
                break;
            case 0xd8:
                this[0xd0] &= ~value;
                break;
            default:
                this[offset] = value;
                break;
        }
    }

    /// <summary>Sends and receives what it can.</summary>
    public void Run()
    {
        if ((this[0x400] & 2) != 0 && !IsStuck)
            Transmit();

        while (_wire.Count != 0 && (this[0x100] & 2) != 0 && IsUp)
        {
            (byte[] bytes, byte status, byte errors) = _wire.Dequeue();
            if (Accepts(bytes))
                Receive(bytes, status, errors);
        }
    }

    private bool Accepts(byte[] bytes)
    {
        uint control = this[0x100];
        ulong target = Enumerable.Range(0, 6).Aggregate(0ul, (sum, i) => sum | (ulong)bytes[i] << (8 * i));
        if (target == 0xffff_ffff_ffff)
            return (control & 1 << 15) != 0;

        if ((target & 1) != 0)
        {
            uint hash = (uint)(target >> 36) & 0xfff;
            return (control & 1 << 4) != 0 || (this[0x5200 + (int)(hash >> 5) * 4] >> (int)(hash & 31) & 1) != 0;
        }

        return (control & 1 << 3) != 0 || Enumerable.Range(0, 16).Any(i =>
            (this[0x5404 + 8 * i] & 1u << 31) != 0 && (this[0x5400 + 8 * i] | (ulong)(ushort)this[0x5404 + 8 * i] << 32) == target);
    }

    private void Receive(byte[] bytes, byte status, byte errors)
    {
        int first = ReceiveFirst;
        uint head = this[first + 0x10];
        if (head == this[first + 0x18])
        {
            this[0x4010]++;
            this[0xc0] |= 1 << 6;
            return;
        }

        Assert.True(!IsAdvanced || (this[first + 0x28] & 1u << 25) != 0, "queue not enabled");
        ulong descriptor = (this[first] | (ulong)this[first + 4] << 32) + head * 16;
        ulong buffer = ram.U64(descriptor);
        bytes.CopyTo(ram.At(buffer, 2048));
        Span<byte> back = ram.At(descriptor, 16);
        if (IsAdvanced)
        {
            back.Clear();
            BitConverter.TryWriteBytes(back[8..], 3u | status | (uint)errors << 24);
            BitConverter.TryWriteBytes(back[12..], (ushort)bytes.Length);
        }
        else
        {
            BitConverter.TryWriteBytes(back[8..], (ushort)bytes.Length);
            back[12] = (byte)(3 | status);
            back[13] = errors;
        }

        this[first + 0x10] = (head + 1) % (this[first + 8] / 16);
        this[0x4074]++;
        this[0x4088] += (uint)bytes.Length + 4;
        this[0xc0] |= 1 << 7;
    }

    private void Transmit()
    {
        int first = TransmitFirst;
        uint count = this[first + 8] / 16;
        List<byte> packet = [];
        (int Start, int At)? checksum = null;
        (int Start, int At) context = default;
        while (this[first + 0x10] != this[first + 0x18])
        {
            uint head = this[first + 0x10];
            ulong descriptor = (this[first] | (ulong)this[first + 4] << 32) + head * 16;
            ulong low = ram.U64(descriptor);
            ulong high = ram.U64(descriptor + 8);
            this[first + 0x10] = (head + 1) % count;
            if (IsAdvanced && (high >> 20 & 0xf) == 2)
            {
                int start = (int)(low >> 9 & 0x7f) + (int)(low & 0x1ff);
                context = (start, start + ((high >> 11 & 3) == 1 ? 16 : 6));
                continue;
            }

            packet.AddRange(ram.At(low, (int)(high & 0xffff)));
            if (IsAdvanced)
            {
                Assert.Equal(3ul, high >> 20 & 0xf);
                checksum = (high >> 41 & 1) != 0 ? context : null;
            }
            else if ((high >> 26 & 1) != 0)
            {
                checksum = ((int)(high >> 40 & 0xff), (int)(high >> 16 & 0xff));
            }

            if ((high >> 24 & 1) == 0)
                continue;

            byte[] bytes = [.. packet];
            if (checksum is (int from, int at))
                Sum(bytes, from).CopyTo(bytes, at);

            Assert.True(!IsAdvanced || (int)(high >> 46) == bytes.Length);
            Sent.Add(bytes);
            packet.Clear();
            checksum = null;
            if ((high >> 27 & 1) != 0)
                ram.At(descriptor + 12, 1)[0] |= 1;

            this[0x4080]++;
            this[0x4090] += (uint)bytes.Length + 4;
            this[0xc0] |= 1;
        }

        Assert.Empty(packet);
    }

    private static byte[] Sum(byte[] bytes, int from)
    {
        uint sum = 0;
        for (int i = from; i < bytes.Length; i += 2)
            sum += (uint)(bytes[i] << 8 | (i + 1 < bytes.Length ? bytes[i + 1] : 0));

        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);

        return [(byte)(~sum >> 8), (byte)~sum];
    }
}
