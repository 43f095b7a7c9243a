using System;
using Kilonova.Net;

namespace Kilonova.Switching;

/// <summary>What the manifest says of a port.</summary>
public sealed class PortPolicy
{
    // A bucket holds what its rate adds in a tenth of a second.
    private const ulong BucketsPerSecond = 10;

    // What a port without a limit says of itself: drivers have no number for "as fast as memory".
    private const uint FullSpeed = 1000;

    private const ulong BytesPerMegabit = 125_000;

    private readonly byte[] _client;

    internal PortPolicy(ReadOnlySpan<byte> client, uint controller, bool isOwnOnly, ulong packets, ulong bytes, ulong address)
    {
        _client = client.ToArray();
        Controller = controller;
        IsOwnOnly = isOwnOnly;
        Packets = packets;
        Bytes = bytes;
        Address = address;
    }

    /// <summary>Name of the component that may open it; empty for a controller.</summary>
    public ReadOnlySpan<byte> Client => _client;

    /// <summary>Whether it is a controller.</summary>
    public bool IsUplink => _client.Length == 0;

    /// <summary>Number of the controller.</summary>
    public uint Controller { get; }

    /// <summary>Whether its client may send from its own address alone.</summary>
    public bool IsOwnOnly { get; }

    /// <summary>Packets a second that it may send; 0 for any number.</summary>
    public ulong Packets { get; }

    /// <summary>Bytes a second that it may send; 0 for any number.</summary>
    public ulong Bytes { get; }

    /// <summary>Its address; 0 for a controller's port.</summary>
    public ulong Address { get; internal set; }

    /// <summary>Speed in Mbit/s, rounded up.</summary>
    public uint Speed => Bytes == 0 ? FullSpeed : (uint)((Bytes + BytesPerMegabit - 1) / BytesPerMegabit);

    /// <summary>The rate of packets.</summary>
    public TokenBucket PacketBucket => new(Packets, Math.Max(Packets / BucketsPerSecond, 1));

    /// <summary>The rate of bytes; its bucket holds the longest packet at least.</summary>
    public TokenBucket ByteBucket => new(Bytes, Math.Max(Bytes / BucketsPerSecond, PacketRules.MaxArriving));
}
