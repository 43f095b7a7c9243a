// The guest's network cards: each is a controller of a service, reached by a session whose data memory is the guest's own and the tail behind it.
using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;
using Kilonova.Vmm.Models;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Vmm.Monitors;

/// <summary>
/// A session with the server of a network, and the thread that hears of its answers. It is the NIC's alarm too: a model that sends when a timer
/// expires needs vector registers, which the threads of other timers do not have. While the server is away the guest sees a cable that is
/// pulled out.
/// </summary>
internal sealed class GuestNic : INetworkQueue, IAlarm, IWorker, IGuestDevice
{
    /// <summary>Most network cards of a guest.</summary>
    internal const int MaxNics = 8;

    private const ulong RetryTime = 20_000_000;
    private const ulong SpaceTime = 1_000_000;

    // Packets sent, received, and lost either way.
    private const int Figures = 3;

    private static int s_count;

    private readonly NetClient _client;
    private readonly MachineClock _clock;
    private readonly Semaphore _bell = MachineLock.NewSemaphore();
    private readonly TimerQueue _timers;
    private readonly RemoteNetwork _network;
    private readonly NetPiece[] _pieces = new NetPiece[NetRecord.MaxPieces];
    private readonly uint _number;
    private readonly ulong _buffers;
    private readonly byte[] _address = new byte[StationAddress.Length];

    // Numbers of its counters, in the order of Figures.
    private readonly int[] _counters = new int[Figures];

    // When the timers are to run. Written by whoever arms one.
    private ulong _deadline = TimerQueue.Never;

    // Until when the thread sleeps; 0 while it does not. Written by the thread, read by whoever arms a timer.
    private ulong _target;
    private ulong _nextTry;
    private bool _isOpen;
    private bool _isTold;

    private GuestNic(in DeviceWord word, int index, int count, GuestMemory memory, MachineClock clock)
    {
        _number = word.Number;
        _clock = clock;
        _client = new NetClient(word.Service, _bell);
        Name = System.Text.Encoding.ASCII.GetString(word.Text);
        Capacity = Math.Min(NetRecord.Capacity, (int)GuestTail.NetworksSize / RemoteNetwork.BufferSize / count);
        _buffers = GuestTail.Networks + (ulong)(index * Capacity * RemoteNetwork.BufferSize);
        _timers = new TimerQueue(clock, this, new MachineLock());
        _network = new RemoteNetwork(memory, this, new MachineLock());
    }

    public int Capacity { get; }

    /// <summary>The network that a model sees.</summary>
    internal INetworkPort Network => _network;

    /// <summary>The model's address.</summary>
    internal ReadOnlySpan<byte> Address => _address;

    /// <summary>Timers that run on the card's own thread.</summary>
    internal TimerQueue Timers => _timers;

    private string Name { get; }

    /// <summary>How many network cards the arguments name.</summary>
    internal static int Count(ReadOnlySpan<byte> arguments)
    {
        var count = 0;
        while (DeviceWord.TryTake(ref arguments, "net"u8, out _))
            count++;

        return count;
    }

    /// <summary>Finds the controller that a word of the arguments names; says why when it cannot.</summary>
    /// <param name="word">The word.</param>
    /// <param name="count">How many cards there are to be: they share the buffers.</param>
    /// <param name="memory">Guest memory.</param>
    /// <param name="clock">Guest time.</param>
    /// <returns>The way to it, for a model that is to be attached; null when there is no such controller for this component.</returns>
    internal static GuestNic? TryOpen(in DeviceWord word, int count, GuestMemory memory, MachineClock clock)
    {
        if (!word.IsValid || word.Part != 0 || count > MaxNics)
        {
            Log.Write(LogLevel.Error, $"{word.Text}: not net=SERVICE:CONTROLLER[,ADDRESS], or more than {MaxNics} network cards");
            return null;
        }

        var nic = new GuestNic(word, s_count, count, memory, clock);
        if (!nic.TryFindAddress(word.Options))
        {
            Log.Write(LogLevel.Error, $"{word.Text}: no such controller, or no address of a network card");
            return null;
        }

        s_count++;
        GuestDevices.Add(nic);
        return nic;
    }

    /// <summary>Gives it the model that sends and receives. Before the threads start.</summary>
    internal void Attach(INetworkOwner model) => _network.Attach(model);

    /// <inheritdoc/>
    /// <remarks>On the first CPU, where its server answers calls, if it does anywhere.</remarks>
    public void Start(SchedulingDescriptor descriptor) => _ = ComponentThreads.Start(this, Component.Information.Cpu, "network"u8, descriptor);

    /// <inheritdoc/>
    public void AddCounters()
    {
        string[] figures = [" packets sent", " packets received", " packets lost"];
        for (var figure = 0; figure < Figures; figure++)
            _counters[figure] = Component.Counters.Add(System.Text.Encoding.ASCII.GetBytes(Name + figures[figure]));
    }

    /// <inheritdoc/>
    public void SetCounters()
    {
        Component.Counters.Set(_counters[0], _network.Sent);
        Component.Counters.Set(_counters[1], _network.Received);
        Component.Counters.Set(_counters[2], _network.Lost + _network.Unwanted);
    }

    /// <inheritdoc/>
    public void Report()
    {
        Log.Write($"{Name}: {_network.Sent} packets sent, {_network.Copies} of them copied, {_network.Received} received");
        Log.Write($"{Name}: {_network.Lost} lost, {_network.Refused} refused, {_network.Unwanted} unwanted, {_network.Nonsense} senseless answers");
    }

    public Span<byte> Buffer(int number) => GuestImages.Memory(OffsetOf(number), RemoteNetwork.BufferSize);

    public bool TryPost(int number) => _client.TryPost((uint)number, OffsetOf(number));

    public bool TrySend(int number, int copied, ReadOnlySpan<GuestSegment> rest)
    {
        var count = 0;
        if (copied != 0)
            _pieces[count++] = new NetPiece(OffsetOf(number), (uint)copied);

        foreach (var segment in rest)
            _pieces[count++] = new NetPiece(GuestLayout.OffsetOf(segment.Address), (uint)segment.Length);

        return _client.TrySend((uint)number, _pieces.AsSpan(0, count));
    }

    public void Publish() => _client.Publish();

    public void Wake() => _ = _bell.Up();

    public void Set(ulong deadline)
    {
        Volatile.Write(ref _deadline, deadline);
        Interlocked.MemoryBarrier();
        if (deadline < Volatile.Read(ref _target))
            _ = _bell.Up();
    }

    private ulong OffsetOf(int number) => _buffers + (ulong)(number * RemoteNetwork.BufferSize);

    // The one that the arguments give, else the controller's own.
    private bool TryFindAddress(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
            return StationAddress.TryParse(text, _address);

        var status = _client.Connect();
        ulong address = 0;
        while (status == ContractStatus.Ok)
        {
            status = _client.Networks.Describe(_number, out address, out _);
            if (!ClientSession.IsBreak(status))
                break;

            status = _client.Connect();
        }

        for (var i = 0; i < StationAddress.Length; i++)
            _address[i] = (byte)(address >> (8 * i));

        return status == ContractStatus.Ok && StationAddress.IsStation(_address);
    }

    /// <summary>The thread's life.</summary>
    public void Run()
    {
        while (true)
        {
            if (Volatile.Read(ref _deadline) <= _clock.Now)
                _timers.Run();

            if (_isOpen)
                Serve();
            else if (_nextTry <= _clock.Now)
                Open();

            Sleep();
        }
    }

    private void Serve()
    {
        while (_client.TryTake(out var number, out var outcome, out var length, out _))
        {
            if (outcome is NetOutcome.Received or NetOutcome.Returned || (outcome == NetOutcome.Refused && number < Capacity / 2))
                _network.Filled((int)number, outcome == NetOutcome.Received ? length : 0);
            else
                _network.Completed((int)number);
        }

        _network.Settle();
        if (!_client.IsGone)
            return;

        Log.Write($"{Name}: its server is gone");
        _client.Close();
        _network.Closed();
        _isOpen = false;
        _nextTry = 0;
    }

    private void Open()
    {
        var status = _client.TryOpen(_number, all: true, Dataspace.OfGuest());
        _isOpen = status == ContractStatus.Ok;
        if (_isOpen)
        {
            Log.Write($"{Name}: open");
            _network.Opened();
            _isTold = false;
            return;
        }

        _nextTry = _clock.Now + RetryTime;
        if (status != ContractStatus.Busy && !ClientSession.IsBreak(status) && !_isTold)
        {
            Log.Write(LogLevel.Error, $"{Name}: contract status {(uint)status}; tried again and again");
            _isTold = true;
        }
    }

    private void Sleep()
    {
        var target = Target();
        Volatile.Write(ref _target, target);
        Interlocked.MemoryBarrier();

        // What was set or answered before the target could be seen.
        if (Volatile.Read(ref _deadline) >= target && (!_isOpen || _client.Arm()))
            _ = target == TimerQueue.Never ? _bell.DownToZero() : _bell.DownToZero(_clock.CounterAt(target));

        Volatile.Write(ref _target, 0);
    }

    private ulong Target()
    {
        var target = Volatile.Read(ref _deadline);
        if (!_isOpen)
            target = Math.Min(target, _nextTry);
        else if (_network.WantsSpace)
            target = Math.Min(target, _clock.Now + SpaceTime);

        return target;
    }
}
