using System;
using System.Collections.Generic;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Tests;

/// <summary>The server of a network as a <see cref="RemoteNetwork"/> sees it: it sees requests when they are published, and answers when told.</summary>
internal sealed class FakeNetServer(GuestMemory memory, int capacity = 16) : INetworkQueue
{
    private readonly byte[] _buffers = new byte[capacity * RemoteNetwork.BufferSize];
    private readonly List<Request> _unseen = [];

    /// <summary>Requests to send that it has seen and not answered.</summary>
    public List<Request> Sends { get; } = [];

    /// <summary>Buffers that it has seen and not filled.</summary>
    public List<int> Posts { get; } = [];

    /// <summary>Requests that the ring takes before it has no space.</summary>
    public int Space { get; set; } = int.MaxValue;

    public int Publications { get; private set; }

    public int Wakes { get; private set; }

    public int Capacity => capacity;

    public Span<byte> Buffer(int number) => _buffers.AsSpan(number * RemoteNetwork.BufferSize, RemoteNetwork.BufferSize);

    public bool TryPost(int number) => TryPut(new Request(number, IsPost: true, [], []));

    public bool TrySend(int number, int copied, ReadOnlySpan<GuestSegment> rest)
    {
        if (copied > RemoteNetwork.BufferSize || (copied != 0 ? 1 : 0) + rest.Length is 0 or > 2)
            throw new InvalidOperationException("not a packet that the contract knows");
        return TryPut(new Request(number, IsPost: false, Buffer(number)[..copied].ToArray(), rest.ToArray()));
    }

    public void Publish()
    {
        Publications++;
        foreach (Request request in _unseen)
        {
            if (request.IsPost)
                Posts.Add(request.Number);
            else
                Sends.Add(request);
        }

        _unseen.Clear();
    }

    public void Wake() => Wakes++;

    /// <summary>The bytes of a packet as they are now, from wherever they lie.</summary>
    public byte[] Read(Request request)
    {
        var packet = new List<byte>(request.Copied);
        foreach (GuestSegment segment in request.Rest)
        {
            var bytes = new byte[segment.Length];
            if (!memory.Read(segment.Address, bytes))
                throw new InvalidOperationException("a piece outside memory reached the server");
            packet.AddRange(bytes);
        }

        return [.. packet];
    }

    /// <summary>Answers the oldest packet to be sent.</summary>
    public void Answer(RemoteNetwork network)
    {
        int number = Sends[0].Number;
        Sends.RemoveAt(0);
        network.Completed(number);
    }

    /// <summary>A packet comes, into the oldest buffer.</summary>
    public void Deliver(RemoteNetwork network, byte[] packet)
    {
        int number = Posts[0];
        Posts.RemoveAt(0);
        packet.CopyTo(Buffer(number));
        network.Filled(number, (uint)packet.Length);
    }

    /// <summary>It ends, with all that it had.</summary>
    public void Die(RemoteNetwork network)
    {
        network.Closed();
        _unseen.Clear();
        Sends.Clear();
        Posts.Clear();
    }

    private bool TryPut(Request request)
    {
        if (Space == 0)
            return false;
        Space--;
        _unseen.Add(request);
        return true;
    }

    internal sealed record Request(int Number, bool IsPost, byte[] Copied, GuestSegment[] Rest);
}

/// <summary>A NIC that keeps what its network tells it.</summary>
internal sealed class FakeNic : INetworkOwner
{
    public List<byte[]> Frames { get; } = [];

    /// <summary>Frames that it has buffers for.</summary>
    public int Room { get; set; } = int.MaxValue;

    public int Offers { get; private set; }

    public List<int> Completed { get; } = [];

    public int Ready { get; private set; }

    public List<bool> Link { get; } = [];

    public ReceiveResult Receive(ReadOnlySpan<byte> frame)
    {
        Offers++;
        if (Room == 0)
            return ReceiveResult.NoRoom;
        Room--;
        Frames.Add(frame.ToArray());
        return ReceiveResult.Taken;
    }

    public void SendCompleted(int tag) => Completed.Add(tag);

    public void SendReady() => Ready++;

    public void SetLink(bool up) => Link.Add(up);
}
