using System;
using Kilonova.Contracts;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Inspector;

/// <summary>Asks on every network controller who has the address 10.0.2.2.</summary>
internal sealed class NetTrial
{
    private const uint Buffers = 16;
    private const uint SendNumber = Buffers;
    private const int PageShift = 12;
    private const uint Attempts = 20;
    private const ulong AttemptMilliseconds = 500;

    private readonly NetClient _client = new("net"u8);
    private readonly Dataspace _data;
    private readonly byte[] _packet = new byte[NetRecord.BufferSize];

    internal NetTrial() =>
        Component.Require(
            Dataspace.Create(((Buffers + 1) * NetRecord.BufferSize + (1 << PageShift) - 1) >> PageShift, 0, DataspaceKinds.None, out _data),
            "memory for packets"u8);

    private static ReadOnlySpan<byte> Own => [10, 0, 2, 15];

    private static ReadOnlySpan<byte> Wanted => [10, 0, 2, 2];

    /// <summary>Tries all controllers.</summary>
    internal void Run()
    {
        for (var nic = 0u; TryDescribe(nic, out var address); nic++)
        {
            ContractStatus status;
            while ((status = _client.Open(nic, false, _data)) == ContractStatus.Busy || ClientSession.IsBreak(status))
                Component.Sleep(1);

            if (status != ContractStatus.Ok)
                Log.Write($"controller {nic} cannot be opened: {(uint)status}");
            else if (TryAsk(address, out var peer))
                Log.Write($"net: {new AddressText(address).Text} 10.0.2.2 is at {new AddressText(peer).Text}");
            else
                Log.Write($"net: {new AddressText(address).Text} 10.0.2.2 does not answer");

            _client.Close();
        }
    }

    private bool TryDescribe(uint nic, out ulong address)
    {
        ContractStatus status;
        do
        {
            Component.Require(_client.Connect(), "net"u8);
            status = _client.Networks.Describe(nic, out address, out _);
        }
        while (ClientSession.IsBreak(status));

        return status == ContractStatus.Ok;
    }

    private bool TryAsk(ulong address, out ulong peer)
    {
        peer = 0;
        for (var i = 0u; i < Buffers; i++)
            _ = _client.TryPost(i, i * NetRecord.BufferSize);

        var isSending = false;
        for (var attempt = 0u; attempt < Attempts; attempt++)
        {
            if (!isSending)
            {
                ArpPacket.WriteRequest(_packet, address, Own, Wanted);
                _data.Memory.WriteBytes((int)(SendNumber * NetRecord.BufferSize), _packet.AsSpan(0, ArpPacket.Length));
                isSending = _client.TrySend(SendNumber, SendNumber * NetRecord.BufferSize, ArpPacket.Length);
                _client.Publish();
            }

            // While the link is not up, or the answer gets lost, nothing comes: ask again.
            var deadline = Platform.Time + Component.Milliseconds(AttemptMilliseconds);
            while (_client.TryComplete(out var number, out var outcome, out var length, deadline))
            {
                if (number >= Buffers)
                {
                    isSending = false;
                    continue;
                }

                var size = (int)Math.Min(length, NetRecord.BufferSize);
                _data.Memory.ReadBytes((int)(number * NetRecord.BufferSize), _packet.AsSpan(0, size));
                if (outcome == NetOutcome.Received && ArpPacket.TryReadReply(_packet.AsSpan(0, size), Wanted, out peer))
                    return true;

                _ = _client.TryPost(number, number * NetRecord.BufferSize);
                _client.Publish();
            }
        }

        return false;
    }
}
