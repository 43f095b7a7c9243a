using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Sockets;
using Kilonova.Vmm;
using Kilonova.Vmm.Models;

namespace Kilonova.Qtest;

/// <summary>
/// A network on a stream socket: each frame behind its length in four bytes, big-endian. Without a socket, a cable that leads nowhere.
/// </summary>
internal sealed class SocketNetwork : INetworkPort, IDisposable
{
    private const int LengthSize = 4;
    private const int MaximumFrame = 1 << 16;

    private readonly GuestMemory _memory;
    private readonly Socket? _socket;
    private readonly Queue<byte[]> _received = [];
    private readonly List<byte> _stream = [];
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly byte[] _frame = new byte[LengthSize + MaximumFrame];
    private bool _closed;

    public SocketNetwork(GuestMemory memory, OptionValue options)
    {
        _memory = memory;
        if (options["type"] != "socket")
            return;
        if (!int.TryParse(options.Require("netdev socket", "fd"), NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor))
            throw new UsageException("-netdev socket: fd wants a number");
        try
        {
            _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = true };
        }
        catch (SocketException exception)
        {
            throw new UsageException($"-netdev socket: {descriptor} is no socket: {exception.Message}");
        }
    }

    /// <summary>The NIC.</summary>
    public INetworkOwner? Owner { get; set; }

    public void Dispose() => _socket?.Dispose();

    /// <summary>Waits for this network, too.</summary>
    public void AddTo(List<Socket> sockets)
    {
        if (_socket is not null && !_closed)
            sockets.Add(_socket);
    }

    /// <summary>Reads what has arrived and gives the NIC what it takes.</summary>
    public void Run()
    {
        while (_socket is not null && !_closed && _socket.Poll(0, SelectMode.SelectRead))
        {
            int length = Read();
            _closed = length == 0;
            _stream.AddRange(new ReadOnlySpan<byte>(_buffer, 0, length));
            Split();
        }

        ReceiveReady();
    }

    public SendResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> rest, int tag)
    {
        if (_socket is null || _closed)
            return SendResult.Sent;
        Span<byte> frame = _frame.AsSpan(LengthSize);
        header.CopyTo(frame);
        int length = header.Length;
        foreach (GuestSegment segment in rest)
        {
            if (!_memory.Read(segment.Address, frame.Slice(length, segment.Length)))
                return SendResult.Sent;
            length += segment.Length;
        }

        BinaryPrimitives.WriteInt32BigEndian(_frame, length);
        try
        {
            for (int sent = 0; sent < LengthSize + length;)
                sent += _socket.Send(_frame, sent, LengthSize + length - sent, SocketFlags.None);
        }
        catch (SocketException)
        {
            _closed = true;
        }

        return SendResult.Sent;
    }

    // Frames go at once.
    public void Publish()
    {
    }

    public void ReceiveReady()
    {
        while (_received.TryPeek(out byte[]? frame) && Owner!.Receive(frame) != ReceiveResult.NoRoom)
            _received.Dequeue();
    }

    private int Read()
    {
        try
        {
            return _socket!.Receive(_buffer);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    // A length that no frame has means that the stream is not what it should be: nothing after it makes sense.
    private void Split()
    {
        while (_stream.Count >= LengthSize)
        {
            uint length = (uint)((_stream[0] << 24) | (_stream[1] << 16) | (_stream[2] << 8) | _stream[3]);
            if (length > MaximumFrame)
            {
                _closed = true;
                _stream.Clear();
                return;
            }

            if (_stream.Count < LengthSize + length)
                return;
            _received.Enqueue([.. _stream.GetRange(LengthSize, (int)length)]);
            _stream.RemoveRange(0, LengthSize + (int)length);
        }
    }
}
