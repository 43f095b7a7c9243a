using System;
using Kilonova.Contracts;
using Kilonova.Rings;

namespace Kilonova.Sessions;

/// <summary>
/// What goes through the channel of a "timer" service. A request is operation, token, deadline; a completion is token, deadline, and the
/// system time at which the timeout was noticed, 0 where it could not be set. Times are values of the system time counter.
/// </summary>
public static class TimerProtocol
{
    /// <summary>Sets a timeout, or moves it when the token has one.</summary>
    public const ulong Set = 1;

    /// <summary>Cancels a timeout. What has come already has come.</summary>
    public const ulong Cancel = 2;

    /// <summary>Words of a request, and of a completion.</summary>
    public const int Words = 3;

    /// <summary>The channel.</summary>
    public static RecordChannelShape Shape => new(Words, Words, Capacity);

    private const int Capacity = 512;
}

/// <summary>
/// Timeouts from a "timer" service, absolute, so that periodic ones do not drift: the next deadline is the last plus the period. One thread
/// uses it.
/// </summary>
public sealed class TimerChannel
{
    private readonly ClientSession _session;
    private readonly RecordClientChannel _channel = new(TimerProtocol.Shape);

    /// <summary>Prepares for a service of this name.</summary>
    public TimerChannel(ReadOnlySpan<byte> name) => _session = new ClientSession(name);

    /// <summary>Opens the session, or opens it again. Timeouts of the session before are gone.</summary>
    public ContractStatus Open()
    {
        var status = _session.Open();
        return status == ContractStatus.Ok ? _channel.Open(_session) : status;
    }

    /// <summary>Sets a timeout; the service is told at the next wait or when <see cref="Publish"/> is called.</summary>
    /// <returns>Full: publish, and take what has come; or Broken.</returns>
    public RingStatus Set(ulong token, ulong deadline) => Write(TimerProtocol.Set, token, deadline);

    /// <summary>Cancels a timeout, which may have come already.</summary>
    public RingStatus Cancel(ulong token) => Write(TimerProtocol.Cancel, token, 0);

    /// <summary>Tells the service.</summary>
    public RingStatus Publish() => _channel.Requests.Publish();

    /// <summary>Takes a timeout that has come.</summary>
    /// <param name="token">Its token.</param>
    /// <param name="deadline">When it was to come.</param>
    /// <param name="noticed">When it was noticed; 0 where it could not be set.</param>
    /// <returns>Empty when there is none; Broken.</returns>
    public RingStatus TryTake(out ulong token, out ulong deadline, out ulong noticed)
    {
        Span<ulong> record = stackalloc ulong[TimerProtocol.Words];
        var status = _channel.Completions.TryRead(record);
        (token, deadline, noticed) = (record[0], record[1], record[2]);
        return status;
    }

    /// <summary>Waits for a timeout to come, or until the deadline; or for space to set further ones.</summary>
    public RingStatus Wait(bool orSpace = false, ulong deadline = 0) => _channel.Wait(orSpace, deadline);

    private RingStatus Write(ulong operation, ulong token, ulong deadline)
    {
        Span<ulong> record = stackalloc ulong[TimerProtocol.Words];
        record[0] = operation;
        record[1] = token;
        record[2] = deadline;
        return _channel.Requests.TryWrite(record);
    }
}
