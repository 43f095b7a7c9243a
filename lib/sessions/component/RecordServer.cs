using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;

namespace Kilonova.Sessions;

/// <summary>What a server does with its channels.</summary>
public interface IRecordService
{
    /// <summary>
    /// Handles a request: writes its completion, or remembers it for later. <see cref="RingStatus.Full"/> puts it off until there is space
    /// for a completion; anything else but Ok ends the session.
    /// </summary>
    /// <param name="channel">Where it came from.</param>
    /// <param name="slot">Number of the channel, below the server's capacity.</param>
    /// <param name="request">The request, a private copy.</param>
    RingStatus Handle(RecordServerChannel channel, int slot, ReadOnlySpan<ulong> request);

    /// <summary>A client shares memory for another purpose than the channel; false ends its session.</summary>
    bool Share(ulong session, ulong dataspace, uint pages, uint purpose);

    /// <summary>
    /// A session ends, and all of its memory is let go of as soon as this returns: no device may write there any more. Its requests that are
    /// not completed are nobody's.
    /// </summary>
    void End(int slot, ulong session);

    /// <summary>
    /// Before the server sleeps: what else the bell may have been rung for, and what is due. True to look at everything once more.
    /// </summary>
    /// <param name="channels">The channels, by slot; those without session serve nobody.</param>
    /// <param name="deadline">System time at which the server wakes up without being rung for; 0 for none.</param>
    bool Poll(ReadOnlySpan<RecordServerChannel> channels, out ulong deadline);
}

/// <summary>
/// A server of channels that is one thread: all that touches a session's memory happens there, so nothing of it is in use when it is let
/// go of. Each round gives every session the same turn.
/// </summary>
public sealed class RecordServer<TService>
    where TService : struct, IRecordService
{
    private const int RecordsPerTurn = 16;

    private readonly RecordServerChannel[] _channels;
    private readonly bool[] _isPending;
    private readonly ulong[][] _pending;
    private TService _service;

    /// <summary>Prepares for so many sessions at a time.</summary>
    public RecordServer(RecordChannelShape shape, int capacity, TService service)
    {
        _service = service;
        _channels = new RecordServerChannel[capacity];
        _pending = new ulong[capacity][];
        _isPending = new bool[capacity];
        for (var i = 0; i < capacity; i++)
        {
            _channels[i] = new RecordServerChannel(shape, Bell);
            _pending[i] = new ulong[shape.RequestWords];
        }
    }

    /// <summary>The bell: offer the service with it, and ring it for what <see cref="IRecordService.Poll"/> looks at.</summary>
    public Semaphore Bell { get; } = Component.NewSemaphore();

    /// <summary>The channels, whether they serve a session or not.</summary>
    public ReadOnlySpan<RecordServerChannel> Channels => _channels;

    /// <summary>Serves for ever.</summary>
    public void Run()
    {
        ulong seen = 0;
        while (true)
        {
            var attention = Component.Attention;
            if (attention != seen)
            {
                seen = attention;
                EndSessions();
                TakeShared();
            }

            var again = false;
            for (var i = 0; i < _channels.Length; i++)
                again |= _channels[i].Session != 0 && Turn(i);

            again |= _service.Poll(_channels, out var deadline);
            if (!again)
                _ = Bell.DownToZero(deadline);
        }
    }

    private void EndSessions()
    {
        while (Component.Parent.TakeClosed(out var session) == ContractStatus.Ok)
        {
            var slot = Find(session);
            if (slot >= 0)
                End(slot);
            else
                _ = Component.Parent.Release(session);
        }
    }

    private void TakeShared()
    {
        while (Component.Parent.TakeShared(out var session, out var dataspace, out var pages, out var purpose) == ContractStatus.Ok)
        {
            var slot = Find(0);
            var taken = purpose != RecordChannelShape.Purpose
                ? _service.Share(session, dataspace, pages, purpose)
                : Find(session) < 0 && slot >= 0 && _channels[slot].Attach(session, dataspace) == ContractStatus.Ok;
            if (!taken)
                Refuse(session);
        }
    }

    private void Refuse(ulong session)
    {
        _ = Component.Parent.Close(session);
        var slot = Find(session);
        if (slot >= 0)
            End(slot);
        else
            _ = Component.Parent.Release(session);
    }

    private void End(int slot)
    {
        _service.End(slot, _channels[slot].Session);
        _isPending[slot] = false;
        _channels[slot].Detach();
    }

    // True when there may be more to do at once.
    private bool Turn(int slot)
    {
        var channel = _channels[slot];
        var status = RingStatus.Ok;
        for (var i = 0; i < RecordsPerTurn && status == RingStatus.Ok; i++)
        {
            if (!_isPending[slot])
            {
                status = channel.Requests.TryRead(_pending[slot]);
                if (status != RingStatus.Ok)
                    break;

            }

            status = _service.Handle(channel, slot, _pending[slot]);

            // One that is put off is handed over again before the next is read.
            _isPending[slot] = status == RingStatus.Full;
        }

        var published = channel.Completions.Publish();
        if (status == RingStatus.Full)
            status = channel.Completions.ArmForSpace();
        else if (status == RingStatus.Empty)
            status = channel.Requests.Arm();

        if (published is RingStatus.Broken or RingStatus.Gone || status is not (RingStatus.Ok or RingStatus.Full or RingStatus.Empty))
        {
            Refuse(channel.Session);
            return true;
        }

        return status == RingStatus.Ok;
    }

    private int Find(ulong session)
    {
        for (var i = 0; i < _channels.Length; i++)
        {
            if (_channels[i].Session == session)
                return i;
        }

        return -1;
    }
}
