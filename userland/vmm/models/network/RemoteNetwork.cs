// A network whose server is somewhere else: what a NIC model sends and receives goes by requests that the server's records can hold.
using System;
using System.Threading;

namespace Kilonova.Vmm.Models;

/// <summary>The way to the server of a network. Called under the lock of its <see cref="RemoteNetwork"/>: must not block nor call back.</summary>
public interface INetworkQueue
{
    /// <summary>Requests that may be under way, numbered from 0 on.</summary>
    int Capacity { get; }

    /// <summary>Memory of a request's own, <see cref="RemoteNetwork.BufferSize"/> bytes, which the server sees.</summary>
    Span<byte> Buffer(int number);

    /// <summary>Wants the buffer of a number to be filled with a packet; false when there is no space for the request now.</summary>
    bool TryPost(int number);

    /// <summary>Wants a packet to be sent; false when there is no space for the request now.</summary>
    /// <param name="number">A number that no request under way has.</param>
    /// <param name="copied">Bytes of the packet that lie in the number's buffer, at its beginning; 0 for none.</param>
    /// <param name="rest">Guest memory that follows: with the copied bytes two pieces at most.</param>
    bool TrySend(int number, int copied, ReadOnlySpan<GuestSegment> rest);

    /// <summary>Shows the server what was put in.</summary>
    void Publish();

    /// <summary>Makes the thread that serves the network call <see cref="RemoteNetwork.Settle"/>. Called without the lock.</summary>
    void Wake();
}

/// <summary>
/// A network behind an <see cref="INetworkQueue"/>. Half of the queue's numbers are buffers for packets that come, which are copied once into
/// the guest; the other half are packets that go, which stay in guest memory but for headers that the NIC has written and for what lies in more
/// pieces than a request may have. Packets are lost where the server is away; nothing waits without bound. The one thread that hears of the
/// server's answers calls all that is not <see cref="INetworkPort"/>, without locks. Allocates nothing after it is made.
/// </summary>
public sealed class RemoteNetwork : INetworkPort
{
    /// <summary>Bytes of a buffer.</summary>
    public const int BufferSize = 2048;

    /// <summary>Fewest bytes of a packet.</summary>
    public const int MinimumPacket = 14;

    /// <summary>Most bytes of a packet, without its check sequence.</summary>
    public const int MaximumPacket = 1514;

    private const int MaximumPieces = 2;

    // What a number is: of a buffer, or of a packet that goes.
    private const int Idle = -1;
    private const int UnderWay = -2;

    private readonly GuestMemory _memory;
    private readonly INetworkQueue _queue;
    private readonly ILock _lock;
    private readonly int _half;

    // By number: Idle, UnderWay, or the model's name for a packet whose guest memory is still needed.
    private readonly int[] _tags;

    // Numbers of packets that may go: a stack.
    private readonly int[] _free;

    // Buffers that are to be posted, as soon as there is space for the request: a stack. The thread's own.
    private readonly int[] _unposted;

    // Packets that the guest has no buffer for yet, oldest first. The thread's own.
    private readonly int[] _held;
    private readonly int[] _lengths;
    private INetworkOwner? _owner;
    private int _freeCount;
    private int _unpostedCount;
    private int _heldFirst;
    private int _heldCount;
    private bool _isOpen;
    private bool _isUnpublished;

    // A model was told that there is no room.
    private bool _wantsRoom;

    // Packets are held until the guest provides buffers. Written by the thread, read by whoever has provided some.
    private int _wantsBuffers;

    /// <summary>Makes a network that is not open: its link is down.</summary>
    /// <param name="memory">The memory that packets name.</param>
    /// <param name="queue">The way to its server.</param>
    /// <param name="guard">Guards it and the queue; a model's lock is taken before, never after.</param>
    public RemoteNetwork(GuestMemory memory, INetworkQueue queue, ILock guard)
    {
        if (queue.Capacity < 2)
            throw new ArgumentOutOfRangeException(nameof(queue));
        _memory = memory;
        _queue = queue;
        _lock = guard;
        _half = queue.Capacity / 2;
        _tags = new int[2 * _half];
        _free = new int[_half];
        _unposted = new int[_half];
        _held = new int[_half];
        _lengths = new int[_half];
        Array.Fill(_tags, Idle);
    }

    /// <summary>Packets that were given to the server.</summary>
    public ulong Sent { get; private set; }

    /// <summary>Packets to be sent of which at least a part was copied.</summary>
    public ulong Copies { get; private set; }

    /// <summary>Packets to be sent that no network takes: too short, too long, or not in memory.</summary>
    public ulong Refused { get; private set; }

    /// <summary>Packets to be sent that came while the server was away, or that it had when it ended.</summary>
    public ulong Lost { get; private set; }

    /// <summary>Packets that the guest has got.</summary>
    public ulong Received { get; private set; }

    /// <summary>Packets that came and that the guest did not want.</summary>
    public ulong Unwanted { get; private set; }

    /// <summary>Answers that make no sense.</summary>
    public ulong Nonsense { get; private set; }

    /// <summary>
    /// Whether requests wait for space in the queue although their number is free: nobody tells when there is some, so that
    /// <see cref="Settle"/> must be called again soon.
    /// </summary>
    public bool WantsSpace => _isOpen && (_unpostedCount != 0 || (_wantsRoom && _freeCount != 0));

    /// <summary>Connects the model; its cable is pulled out until the network is open.</summary>
    public void Attach(INetworkOwner owner)
    {
        _owner = owner;
        owner.SetLink(false);
    }

    /// <inheritdoc/>
    public SendResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> rest, int tag)
    {
        _lock.Enter();
        SendResult result = TrySend(header, rest, tag);
        _lock.Leave();
        return result;
    }

    /// <inheritdoc/>
    public void Publish()
    {
        _lock.Enter();
        PublishRequests();
        _lock.Leave();
    }

    /// <inheritdoc/>
    public void ReceiveReady()
    {
        if (Volatile.Read(ref _wantsBuffers) != 0)
            _queue.Wake();
    }

    /// <summary>The server is there, and has no requests.</summary>
    public void Opened()
    {
        _lock.Enter();
        _isOpen = true;
        for (int i = 0; i < _half; i++)
        {
            _tags[i] = _tags[_half + i] = Idle;
            _unposted[i] = _half - 1 - i;
            _free[i] = (2 * _half) - 1 - i;
        }

        _freeCount = _unpostedCount = _half;
        _lock.Leave();
        _heldCount = 0;
        Settle();
        _owner!.SetLink(true);
    }

    /// <summary>The server is gone with all that was under way. Its cable is pulled out, and what is sent is lost.</summary>
    public void Closed()
    {
        _lock.Enter();
        bool wasOpen = _isOpen;
        _isOpen = false;
        _lock.Leave();
        if (!wasOpen)
            return;
        _owner!.SetLink(false);
        _heldCount = 0;
        Volatile.Write(ref _wantsBuffers, 0);
        ulong lost = 0;
        for (int number = _half; number < _tags.Length; number++)
        {
            int tag = _tags[number];
            _tags[number] = Idle;
            if (tag != Idle)
                lost++;
            if (tag >= 0)
                _owner.SendCompleted(tag);
        }

        _lock.Enter();
        Lost += lost;
        _lock.Leave();
        OfferRoom();
    }

    /// <summary>A packet was sent, or lost: its memory is free again.</summary>
    public void Completed(int number)
    {
        _lock.Enter();
        int tag = number >= _half && number < _tags.Length ? _tags[number] : Idle;
        if (tag != Idle)
        {
            _tags[number] = Idle;
            _free[_freeCount++] = number;
        }

        _lock.Leave();
        if (tag == Idle)
            Nonsense++;
        else if (tag >= 0)
            _owner!.SendCompleted(tag);
    }

    /// <summary>A buffer has come back.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="length">Bytes of the packet in it; 0 for none.</param>
    public void Filled(int number, uint length)
    {
        if ((uint)number >= (uint)_half || _tags[number] != UnderWay || length > BufferSize)
        {
            Nonsense++;
            return;
        }

        _tags[number] = Idle;
        if (length >= MinimumPacket && (_heldCount != 0 || !TryDeliver(number, (int)length)))
        {
            int last = (_heldFirst + _heldCount++) % _half;
            _held[last] = number;
            _lengths[last] = (int)length;
            return;
        }

        _unposted[_unpostedCount++] = number;
    }

    /// <summary>Does what can be done after answers were taken, or after <see cref="INetworkQueue.Wake"/>.</summary>
    public void Settle()
    {
        if (!_isOpen)
            return;
        DeliverHeld();
        _lock.Enter();
        while (_unpostedCount != 0 && _queue.TryPost(_unposted[_unpostedCount - 1]))
        {
            _tags[_unposted[--_unpostedCount]] = UnderWay;
            _isUnpublished = true;
        }

        _lock.Leave();
        OfferRoom();
        Publish();
    }

    private SendResult TrySend(ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> rest, int tag)
    {
        if (!_isOpen)
        {
            Lost++;
            return SendResult.Sent;
        }

        int length = header.Length;
        foreach (GuestSegment segment in rest)
            length += segment.Length;
        if (length is < MinimumPacket or > MaximumPacket)
        {
            Refused++;
            return SendResult.Sent;
        }

        if (_freeCount == 0)
        {
            _wantsRoom = true;
            return SendResult.NoRoom;
        }

        // What does not go as it is goes by way of the buffer, but for the last piece.
        int number = _free[_freeCount - 1];
        int gathered = header.IsEmpty && rest.Length <= MaximumPieces ? 0 : Math.Max(rest.Length - 1, 0);
        if (!TryGather(_queue.Buffer(number), header, rest.Slice(0, gathered), out int copied))
        {
            Refused++;
            return SendResult.Sent;
        }

        ReadOnlySpan<GuestSegment> left = rest.Slice(gathered);
        if (!_queue.TrySend(number, copied, left))
        {
            _wantsRoom = true;
            return SendResult.NoRoom;
        }

        _freeCount--;
        _tags[number] = left.IsEmpty ? UnderWay : tag;
        _isUnpublished = true;
        Sent++;
        if (copied != 0)
            Copies++;
        return left.IsEmpty ? SendResult.Sent : SendResult.Pending;
    }

    private bool TryGather(Span<byte> buffer, ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> segments, out int copied)
    {
        header.CopyTo(buffer);
        copied = header.Length;
        foreach (GuestSegment segment in segments)
        {
            if (!_memory.Read(segment.Address, buffer.Slice(copied, segment.Length)))
                return false;
            copied += segment.Length;
        }

        return true;
    }

    private void PublishRequests()
    {
        if (!_isUnpublished || !_isOpen)
            return;
        _isUnpublished = false;
        _queue.Publish();
    }

    private void OfferRoom()
    {
        _lock.Enter();
        bool offers = _wantsRoom && (_freeCount != 0 || !_isOpen);
        if (offers)
            _wantsRoom = false;
        _lock.Leave();
        if (offers)
            _owner!.SendReady();
    }

    private bool TryDeliver(int number, int length)
    {
        ReceiveResult result = _owner!.Receive(_queue.Buffer(number).Slice(0, length));
        if (result == ReceiveResult.Taken)
            Received++;
        else if (result == ReceiveResult.Dropped)
            Unwanted++;
        return result != ReceiveResult.NoRoom;
    }

    private void DeliverHeld()
    {
        if (_heldCount == 0)
            return;

        // Buffers that are provided from here on are told of; those that were provided before are found.
        Volatile.Write(ref _wantsBuffers, 1);
        Interlocked.MemoryBarrier();
        while (_heldCount != 0 && TryDeliver(_held[_heldFirst], _lengths[_heldFirst]))
        {
            _unposted[_unpostedCount++] = _held[_heldFirst];
            _heldFirst = (_heldFirst + 1) % _half;
            _heldCount--;
        }

        if (_heldCount == 0)
            Volatile.Write(ref _wantsBuffers, 0);
    }
}
