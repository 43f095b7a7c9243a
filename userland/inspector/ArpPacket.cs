using System;

namespace Kilonova.Inspector;

/// <summary>Requests and replies of the Address Resolution Protocol for IPv4 over Ethernet: RFC 826.</summary>
internal static class ArpPacket
{
    /// <summary>Bytes of a packet, Ethernet header included.</summary>
    internal const int Length = 42;

    /// <summary>Bytes of an Ethernet address.</summary>
    internal const int AddressLength = 6;

    private const int SourceOffset = 6;
    private const int TypeOffset = 12;
    private const int OperationOffset = 20;
    private const int SenderOffset = 22;
    private const int SenderProtocolOffset = 28;
    private const int TargetOffset = 32;
    private const int TargetProtocolOffset = 38;
    private const int ProtocolLength = 4;
    private const byte Request = 1;
    private const byte Reply = 2;

    // EtherType ARP, hardware Ethernet, protocol IPv4, their lengths.
    private static ReadOnlySpan<byte> Head => [0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0];

    /// <summary>Writes the question who has an address.</summary>
    /// <param name="packet">Room for it.</param>
    /// <param name="address">Ethernet address of the sender, first byte lowest.</param>
    /// <param name="sender">IPv4 address of the sender.</param>
    /// <param name="target">IPv4 address that is asked for.</param>
    internal static void WriteRequest(Span<byte> packet, ulong address, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> target)
    {
        packet.Slice(0, Length).Clear();
        packet.Slice(0, AddressLength).Fill(0xff);
        Write(packet, Request, address, sender, target);
    }

    /// <summary>Turns a question into its answer.</summary>
    /// <param name="packet">The question, for the one that answers.</param>
    /// <param name="address">Ethernet address of the one that answers, first byte lowest.</param>
    internal static void WriteReply(Span<byte> packet, ulong address)
    {
        Span<byte> own = stackalloc byte[ProtocolLength];
        Span<byte> asker = stackalloc byte[ProtocolLength];
        packet.Slice(TargetProtocolOffset, ProtocolLength).CopyTo(own);
        packet.Slice(SenderProtocolOffset, ProtocolLength).CopyTo(asker);
        packet.Slice(SenderOffset, AddressLength).CopyTo(packet.Slice(TargetOffset));
        packet.Slice(SenderOffset, AddressLength).CopyTo(packet);
        Write(packet, Reply, address, own, asker);
    }

    /// <summary>Whether a packet asks who has an address.</summary>
    internal static bool IsRequest(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> target) =>
        Is(packet, Request) && packet.Slice(TargetProtocolOffset, target.Length).SequenceEqual(target);

    /// <summary>Reads the answer of the one who was asked for.</summary>
    /// <param name="packet">A packet.</param>
    /// <param name="target">IPv4 address that was asked for.</param>
    /// <param name="address">Its Ethernet address, first byte lowest.</param>
    /// <returns>False for everything else.</returns>
    internal static bool TryReadReply(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> target, out ulong address)
    {
        address = 0;
        if (!Is(packet, Reply) || !packet.Slice(SenderProtocolOffset, target.Length).SequenceEqual(target))
            return false;

        for (var i = 0; i < AddressLength; i++)
            address |= (ulong)packet[SenderOffset + i] << (8 * i);

        return true;
    }

    private static bool Is(ReadOnlySpan<byte> packet, byte operation) =>
        packet.Length >= Length && packet.Slice(TypeOffset, Head.Length).SequenceEqual(Head) && packet[OperationOffset + 1] == operation;

    private static void Write(Span<byte> packet, byte operation, ulong address, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> target)
    {
        for (var i = 0; i < AddressLength; i++)
        {
            packet[SourceOffset + i] = (byte)(address >> (8 * i));
            packet[SenderOffset + i] = packet[SourceOffset + i];
        }

        Head.CopyTo(packet.Slice(TypeOffset));
        packet[OperationOffset + 1] = operation;
        sender.CopyTo(packet.Slice(SenderProtocolOffset));
        target.CopyTo(packet.Slice(TargetProtocolOffset));
    }
}
