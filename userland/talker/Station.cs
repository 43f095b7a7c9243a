using System;
using System.Buffers.Binary;
using Kilonova.Contracts;
using Kilonova.Inspector;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Talker;

/// <summary>A station on a network: it answers whoever asks for its address, and returns what it is sent to.</summary>
internal sealed class Station
{
    private const uint Buffers = 32;
    private const uint SendBuffers = 16;
    private const int PageShift = 12;
    private const ulong PatienceMilliseconds = 200;
    private const uint Exchanges = 1000;
    private const ulong Forged = 0x0605_0403_0202;
    private const int TypeOffset = 12;
    private const int SequenceOffset = 16;
    private const int PatternOffset = 20;
    private const int ShortestPing = 60;

    // Local experiments have this EtherType: IEEE 802, section 9.2.3.
    private const byte TypeHigh = 0x88;
    private const byte TypeLow = 0xb5;
    private const byte Ping = 1;
    private const byte Pong = 2;

    private readonly NetClient _client = new("net"u8);
    private readonly Dataspace _data;
    private readonly byte[] _packet = new byte[NetRecord.BufferSize];
    private readonly bool[] _isSending = new bool[SendBuffers];
    private readonly byte[] _own;
    private readonly byte[] _peer;
    private ulong _address;
    private ulong _gatewayAddress;
    private ulong _peerAddress;

    // The packet that came back last.
    private uint _answered;
    private bool _isAnswered;

    internal Station(byte own, byte peer)
    {
        _own = [10, 0, 2, own];
        _peer = [10, 0, 2, peer];
        Component.Require(
            Dataspace.Create(((Buffers + SendBuffers) * NetRecord.BufferSize) >> PageShift, 0, DataspaceKinds.None, out _data),
            "memory for packets"u8);
    }

    private static ReadOnlySpan<byte> Gateway => [10, 0, 2, 2];

    /// <summary>Opens the first port that there is.</summary>
    internal void Open()
    {
        ContractStatus status;
        do
        {
            Component.Require(_client.Connect(), "net"u8);
            status = _client.Networks.Describe(0, out _address, out _);
            if (status == ContractStatus.Ok)
                status = _client.Open(0, false, _data);

            Component.Sleep(1);
        }
        while (status == ContractStatus.Busy || ClientSession.IsBreak(status));

        Component.Require(status, "open"u8);
        Array.Clear(_isSending, 0, _isSending.Length);
        for (var i = 0u; i < Buffers; i++)
            _ = _client.TryPost(i, i * NetRecord.BufferSize);

        _client.Publish();
        Log.Write($"port: {new AddressText(_address).Text}");
    }

    /// <summary>Asks for the gateway and the peer until both have answered.</summary>
    internal void Ask()
    {
        (_gatewayAddress, _peerAddress) = (0, 0);
        while (_gatewayAddress == 0)
        {
            ArpPacket.WriteRequest(_packet, _address, _own, Gateway);
            Send(ArpPacket.Length);
            Listen();
        }

        Log.Write($"net: 10.0.2.2 is at {new AddressText(_gatewayAddress).Text}");
        while (_peerAddress == 0)
        {
            ArpPacket.WriteRequest(_packet, _address, _own, _peer);
            Send(ArpPacket.Length);
            Listen();
        }

        Log.Write($"net: the peer is at {new AddressText(_peerAddress).Text}");
    }

    /// <summary>Sends the peer packets of all lengths and checks what comes back.</summary>
    internal void Exchange()
    {
        var start = Platform.Time;
        var repeated = 0u;
        _answered = 0;
        for (var sequence = 1u; sequence <= Exchanges;)
        {
            var length = ShortestPing + (int)(sequence * 37 % (PacketRules.MaxPacket - ShortestPing + 1));
            WriteAddresses(_peerAddress, _address);
            (_packet[TypeOffset], _packet[TypeOffset + 1], _packet[TypeOffset + 2], _packet[TypeOffset + 3]) = (TypeHigh, TypeLow, Ping, 0);
            BinaryPrimitives.WriteUInt32LittleEndian(_packet.AsSpan(SequenceOffset), sequence);
            for (var i = PatternOffset; i < length; i++)
                _packet[i] = (byte)(sequence + i);

            Send(length);
            Listen();
            if (_answered == sequence)
                sequence++;
            else
                repeated++;
        }

        var milliseconds = (Platform.Time - start) / Component.Milliseconds(1);
        Log.Write($"net: {Exchanges} packets came back within {milliseconds} ms, {repeated} had to be repeated");
    }

    /// <summary>Sends from an address that is not its own, and tells how many packets were thrown away.</summary>
    internal void Forge()
    {
        WriteAddresses(_peerAddress, Forged);
        Send(ShortestPing);
        Listen();
        Component.Require(_client.Networks.ReadStatistics(0, out _, out _, out _, out _, out _, out var damaged), "statistics"u8);
        Log.Write($"net: {damaged} packets from a forged address were thrown away");
    }

    /// <summary>Answers for ever.</summary>
    internal void Answer()
    {
        while (true)
            Listen();
    }

    // Until an answer comes, or none does for a while.
    private void Listen()
    {
        var deadline = Platform.Time + Component.Milliseconds(PatienceMilliseconds);
        for (_isAnswered = false; !_isAnswered && Platform.Time < deadline;)
        {
            if (!_client.TryComplete(out var number, out var outcome, out var length, deadline))
            {
                if (!_client.IsGone)
                    return;

                // The switch has started again.
                _client.Close();
                Open();
                return;
            }

            if (number >= Buffers)
            {
                _isSending[number - Buffers] = false;
                continue;
            }

            var size = (int)Math.Min(length, NetRecord.BufferSize);
            _data.Memory.ReadBytes((int)(number * NetRecord.BufferSize), _packet.AsSpan(0, size));
            _ = _client.TryPost(number, number * NetRecord.BufferSize);
            _client.Publish();
            if (outcome == NetOutcome.Received)
                Take(size);
        }
    }

    private void Take(int length)
    {
        var packet = _packet.AsSpan(0, length);
        if (ArpPacket.IsRequest(packet, _own))
        {
            ArpPacket.WriteReply(packet, _address);
            Send(ArpPacket.Length);
        }
        else if (ArpPacket.TryReadReply(packet, Gateway, out var address))
        {
            _gatewayAddress = address;
            _isAnswered = true;
        }
        else if (ArpPacket.TryReadReply(packet, _peer, out address))
        {
            _peerAddress = address;
            _isAnswered = true;
        }
        else if (length >= ShortestPing && packet[TypeOffset] == TypeHigh && packet[TypeOffset + 1] == TypeLow)
        {
            TakePing(packet);
        }
    }

    private void TakePing(Span<byte> packet)
    {
        var sequence = BinaryPrimitives.ReadUInt32LittleEndian(packet.Slice(SequenceOffset));
        if (packet[TypeOffset + 2] == Ping)
        {
            // Back to whom it came from.
            packet.Slice(ArpPacket.AddressLength, ArpPacket.AddressLength).CopyTo(packet);
            WriteSource(_address);
            packet[TypeOffset + 2] = Pong;
            Send(packet.Length);
            return;
        }

        for (var i = PatternOffset; i < packet.Length; i++)
        {
            if (packet[i] != (byte)(sequence + i))
                Faults.Fail("a packet came back with something else in it"u8);
        }

        _answered = sequence;
        _isAnswered = true;
    }

    // With too many under way this one is lost, as packets are.
    private void Send(int length)
    {
        var free = 0u;
        while (free < SendBuffers && _isSending[free])
            free++;

        if (free == SendBuffers)
            return;

        var number = Buffers + free;
        _data.Memory.WriteBytes((int)(number * NetRecord.BufferSize), _packet.AsSpan(0, length));
        _isSending[free] = _client.TrySend(number, number * NetRecord.BufferSize, (uint)length);
        _client.Publish();
    }

    private void WriteAddresses(ulong destination, ulong source)
    {
        for (var i = 0; i < ArpPacket.AddressLength; i++)
            _packet[i] = (byte)(destination >> (8 * i));

        WriteSource(source);
    }

    private void WriteSource(ulong source)
    {
        for (var i = 0; i < ArpPacket.AddressLength; i++)
            _packet[ArpPacket.AddressLength + i] = (byte)(source >> (8 * i));
    }
}
