using System;
using Kilonova.Registers;

namespace Kilonova.Blocks;

/// <summary>A disk as its server needs it.</summary>
public interface IDisk
{
    /// <summary>Hands a request over; Ok: its completion follows. Everything else: it was not taken.</summary>
    DiskStatus Submit(DiskRequest request);

    /// <summary>Stops the device for the sake of cancelled requests: they come back soon.</summary>
    void Abandon();
}

/// <summary>The rings of a session as its server sees them. What the client wrote is not to be trusted.</summary>
public interface IBlockChannel
{
    /// <summary>Takes the next request out of shared memory; false when there is none, or the channel is broken.</summary>
    bool TryRead(Span<ulong> record);

    /// <summary>Puts a completion in; false while the client leaves no space.</summary>
    bool TryWrite(ulong completion);

    /// <summary>Shows the client what was put in, and gives back what was taken.</summary>
    void Publish();

    /// <summary>Announces that the server sleeps; true where there is something to take or space again after all.</summary>
    /// <param name="wantsRequests">It would take requests.</param>
    /// <param name="wantsSpace">It has completions to put in.</param>
    bool Arm(bool wantsRequests, bool wantsSpace);
}

/// <summary>
/// A client of a disk: requests under way out of a pool of its own, and completions that it has not taken yet. Everything is bounded by
/// what the session was made with; a client that does not take its completions stops itself and nobody else.
/// </summary>
public sealed class BlockSession
{
    private readonly ulong[] _record = new ulong[BlockRecord.RequestWords];
    private readonly ulong[] _done = new ulong[BlockRecord.Capacity];
    private RequestQueue _free;
    private int _doneFirst;
    private int _doneCount;

    /// <summary>Prepares for sessions, one after the other.</summary>
    public BlockSession()
    {
        for (var i = 0; i < BlockRecord.Capacity; i++)
            _free.Add(new DiskRequest { Owner = this });

        Requests = CollectRequests();
    }

    /// <summary>Number of the session; 0 while it is unused.</summary>
    public ulong Number { get; private set; }

    /// <summary>The disk; null before the client has chosen one.</summary>
    public IDisk? Disk { get; private set; }

    /// <summary>Number of that disk.</summary>
    public int DiskNumber { get; private set; }

    /// <summary>What the client may see of it.</summary>
    public BlockWindow Window { get; private set; }

    /// <summary>The client's data memory.</summary>
    public DeviceMemory Memory { get; } = new();

    /// <summary>The client's rings; null before they are there.</summary>
    public IBlockChannel? Channel { get; private set; }

    /// <summary>Requests that the disk has.</summary>
    public int UnderWay { get; private set; }

    /// <summary>The session has ended; it is given back when nothing is under way.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>Requests done since the session was opened.</summary>
    public ulong Completions { get; private set; }

    /// <summary>Requests that were refused.</summary>
    public ulong Refusals { get; private set; }

    /// <summary>All requests of the pool, wherever they are.</summary>
    private DiskRequest[] Requests { get; }

    /// <summary>Begins a session.</summary>
    public void Open(ulong number)
    {
        Number = number;
        IsClosing = false;
        Completions = Refusals = 0;
        Disk = null;
        Window = default;
        Channel = null;
        Memory.Clear(false);
        _doneCount = 0;
    }

    /// <summary>Binds the session to a disk, once.</summary>
    public void Bind(IDisk disk, int number, BlockWindow window)
    {
        Disk = disk;
        DiskNumber = number;
        Window = window;
    }

    /// <summary>Connects the session's rings.</summary>
    public void Connect(IBlockChannel channel) => Channel = channel;

    /// <summary>The disk went: what comes is answered with <see cref="DiskStatus.Gone"/>.</summary>
    public void Unbind() => Disk = null;

    /// <summary>Ends the session: what the disk has not begun is cancelled. <see cref="IsIdle"/> tells when all is back.</summary>
    public void Close()
    {
        IsClosing = true;
        foreach (var request in Requests)
            request.IsCancelled = true;
    }

    /// <summary>Whether no device touches the client's memory any more.</summary>
    public bool IsIdle => UnderWay == 0;

    /// <summary>Makes the entry free for another session.</summary>
    public void Forget()
    {
        Number = 0;
        Channel = null;
        Disk = null;
    }

    /// <summary>Takes up to so many requests.</summary>
    /// <returns>Whether there may be more.</returns>
    internal bool Serve(int quantum)
    {
        if (Channel == null || IsClosing)
            return false;

        for (var i = 0; i < quantum; i++)
        {
            // A request needs a place for its completion.
            if (UnderWay + _doneCount == BlockRecord.Capacity || !Channel.TryRead(_record))
                return false;

            Begin();
        }

        return true;
    }

    /// <summary>A request of this session came back.</summary>
    internal void Complete(DiskRequest request)
    {
        UnderWay--;
        _free.Add(request);
        if (!IsClosing)
            Answer((uint)request.Tag, request.Status);
    }

    /// <summary>Shows the client what is done.</summary>
    internal void Publish()
    {
        if (Channel == null || IsClosing)
            return;

        while (_doneCount != 0 && Channel.TryWrite(_done[_doneFirst]))
        {
            _doneFirst = (_doneFirst + 1) % BlockRecord.Capacity;
            _doneCount--;
        }

        Channel.Publish();
    }

    internal bool Arm() =>
        Channel != null && !IsClosing && Channel.Arm(UnderWay + _doneCount < BlockRecord.Capacity, _doneCount != 0);

    private void Begin()
    {
        var number = BlockRecord.Number(_record[0]);
        if (Disk == null)
        {
            Answer(number, DiskStatus.Gone);
            return;
        }

        var request = _free.Take();
        if (!BlockRecord.TryRead(_record, Window, Memory, request))
        {
            _free.Add(request);
            Refusals++;
            Answer(number, DiskStatus.Invalid);
            return;
        }

        request.Tag = number;
        var status = Disk.Submit(request);
        if (status == DiskStatus.Ok)
        {
            UnderWay++;
            return;
        }

        _free.Add(request);
        Answer(number, status);
    }

    private void Answer(uint number, DiskStatus status)
    {
        Completions++;
        _done[(_doneFirst + _doneCount++) % BlockRecord.Capacity] = BlockRecord.Completion(number, status);
    }

    private DiskRequest[] CollectRequests()
    {
        var requests = new DiskRequest[BlockRecord.Capacity];
        for (var i = 0; i < requests.Length; i++)
        {
            requests[i] = _free.Take();
            _free.Add(requests[i]);
        }

        return requests;
    }
}

/// <summary>
/// Serves the sessions of all disks of a driver, a few requests of each in turn, so that none starves another. One thread at a time.
/// </summary>
public sealed class BlockServer
{
    /// <summary>Requests that a session may put in before it is the next one's turn.</summary>
    public const int Quantum = 8;

    private readonly BlockSession[] _sessions;
    private int _next;

    /// <summary>A server for so many sessions.</summary>
    public BlockServer(int sessions)
    {
        _sessions = new BlockSession[sessions];
        for (var i = 0; i < sessions; i++)
            _sessions[i] = new BlockSession();
    }

    /// <summary>All entries, used or not.</summary>
    public ReadOnlySpan<BlockSession> Sessions => _sessions;

    /// <summary>The session of a number; null when there is none.</summary>
    public BlockSession? Find(ulong number)
    {
        foreach (var session in _sessions)
        {
            if (number != 0 && session.Number == number)
                return session;
        }

        return null;
    }

    /// <summary>Begins a session; null when all entries are used.</summary>
    public BlockSession? Open(ulong number)
    {
        foreach (var session in _sessions)
        {
            if (session.Number == 0 && session.IsIdle)
            {
                session.Open(number);
                return session;
            }
        }

        return null;
    }

    /// <summary>A request came back from its disk.</summary>
    public static void Complete(DiskRequest request) => ((BlockSession)request.Owner!).Complete(request);

    /// <summary>Serves every session once, another one first each time.</summary>
    /// <returns>Whether some have more.</returns>
    public bool Serve()
    {
        var more = false;
        for (var i = 0; i < _sessions.Length; i++)
            more |= _sessions[(_next + i) % _sessions.Length].Serve(Quantum);

        _next = (_next + 1) % _sessions.Length;
        foreach (var session in _sessions)
            session.Publish();

        return more;
    }

    /// <summary>Announces that the server sleeps.</summary>
    /// <returns>True where there is something to do after all.</returns>
    public bool Arm()
    {
        var found = false;
        foreach (var session in _sessions)
            found |= session.Arm();

        return found;
    }
}
