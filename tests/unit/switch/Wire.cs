using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Net;
using Kilonova.Registers;

namespace Kilonova.Switching.Tests;

/// <summary>Memory whose other user may write at any time: <see cref="OnRead"/> is what it does after a read.</summary>
internal sealed class Memory(int size)
{
    public byte[] Bytes { get; } = new byte[size];

    public Action? OnRead { get; set; }
}

internal readonly struct View(Memory memory) : IPacketMemory<View>
{
    private readonly Memory _memory = memory;

    public void Read(ulong offset, Span<byte> bytes)
    {
        _memory.Bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);
        _memory.OnRead?.Invoke();
    }

    public void Write(ulong offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_memory.Bytes.AsSpan((int)offset));

    public void CopyTo(ulong offset, View target, ulong targetOffset, uint length) =>
        _memory.Bytes.AsSpan((int)offset, (int)length).CopyTo(target._memory.Bytes.AsSpan((int)targetOffset));
}

/// <summary>A client at its port: it sends from the beginning of its memory and posts the buffers behind.</summary>
internal sealed class Client
{
    public const ulong BufferSize = NetRecord.BufferSize;

    private const int Buffers = 16;
    private uint _posted;

    public Client(PacketSwitch<View> owner, PortPolicy policy, bool all = false)
    {
        Port = new ClientPort<View>(owner, policy);
        Port.Begin(all);
        Port.Use(new View(Memory));
    }

    public ClientPort<View> Port { get; }

    public ulong Address => Port.Address;

    public Memory Memory { get; } = new((Buffers + 1) * (int)BufferSize);

    public void Post(int count = 1)
    {
        for (int i = 0; i < count; i++, _posted++)
            Port.TryPost(((_posted % Buffers) + 1) * BufferSize, _posted);
    }

    public bool TrySend(byte[] packet, ChecksumRequest checksum = default)
    {
        packet.CopyTo(Memory.Bytes, 0);
        return TrySend([new DmaSegment(0, (uint)packet.Length)], checksum);
    }

    public bool TrySend(DmaSegment[] pieces, ChecksumRequest checksum = default) =>
        Port.CanSend(pieces, checksum) && Port.TrySend(pieces, 0, checksum) && Port.TryReclaim(out _);

    public List<(byte[] Packet, ReceiveFlags Flags)> Take()
    {
        List<(byte[], ReceiveFlags)> packets = [];
        while (Port.TryReceive(out ReceivedPacket packet))
            packets.Add((Memory.Bytes.AsSpan((int)(((packet.Tag % Buffers) + 1) * BufferSize), (int)packet.Length).ToArray(), packet.Flags));

        return packets;
    }
}

/// <summary>A controller without a driver: what it was given lies in lists.</summary>
internal sealed class Link : IUplink
{
    private readonly Queue<(uint Number, NetOutcome Outcome, uint Length)> _done = [];
    private readonly Queue<(uint Number, ulong Offset)> _posted = [];

    public Link(PacketSwitch<View> owner, PortPolicy policy)
    {
        Port = new UplinkPort<View>(owner, policy);
        Port.Begin(this, new View(Memory));
    }

    public UplinkPort<View> Port { get; }

    public Memory Memory { get; } = new((int)UplinkPort<View>.MemorySize);

    public int Posted => _posted.Count;

    public bool Keeps { get; set; }

    public List<(byte[] Packet, ChecksumRequest Checksum)> Sent { get; } = [];

    public bool TryPost(uint number, ulong offset)
    {
        _posted.Enqueue((number, offset));
        return true;
    }

    public bool TrySend(uint number, ulong offset, uint length, ChecksumRequest checksum = default)
    {
        Sent.Add((Memory.Bytes.AsSpan((int)offset, (int)length).ToArray(), checksum));
        if (!Keeps)
            _done.Enqueue((number, NetOutcome.Sent, 0));

        return true;
    }

    public bool TryTake(out uint number, out NetOutcome outcome, out uint length, out ReceiveFlags flags)
    {
        flags = ReceiveFlags.IpChecked;
        bool isThere = _done.TryDequeue(out (uint Number, NetOutcome Outcome, uint Length) done);
        (number, outcome, length) = done;
        return isThere;
    }

    public void Publish()
    {
    }

    public void Complete(uint number, NetOutcome outcome, uint length) => _done.Enqueue((number, outcome, length));

    public void Arrive(byte[] packet)
    {
        (uint number, ulong offset) = _posted.Dequeue();
        packet.CopyTo(Memory.Bytes, (int)offset);
        Complete(number, NetOutcome.Received, (uint)packet.Length);
        while (Port.Serve())
        {
        }
    }
}

internal static class Wire
{
    public const ulong Broadcast = EthernetAddress.Broadcast;

    public static PortPolicy[] Policies(string words)
    {
        string wrong = Encoding.ASCII.GetString(SwitchPolicy.Read(Encoding.ASCII.GetBytes(words), "switch"u8, out PortPolicy[] ports));
        return wrong.Length == 0 ? ports : throw new ArgumentException(wrong);
    }

    public static ulong Station(int number) => EthernetAddress.Local((ulong)number << 8);

    public static byte[] Packet(ulong destination, ulong source, int length = 100, int seed = 0)
    {
        byte[] packet = new byte[length];
        new Random(seed).NextBytes(packet);
        for (int i = 0; i < EthernetAddress.Length; i++)
        {
            packet[i] = (byte)(destination >> (8 * i));
            packet[EthernetAddress.Length + i] = (byte)(source >> (8 * i));
        }

        return packet;
    }
}
