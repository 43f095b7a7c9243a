using System;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Visitor;

/// <summary>Doubles numbers by ring: a request is an identifier and a number, a completion the identifier and twice the number.</summary>
internal readonly struct DoublingService : IRecordService
{
    private readonly ulong _lifetime;

    internal DoublingService(ulong lifetime) => _lifetime = lifetime;

    public RingStatus Handle(RecordServerChannel channel, int slot, ReadOnlySpan<ulong> request)
    {
        if (_lifetime != 0 && ++s_handled > _lifetime)
            throw new InvalidOperationException("unlucky");

        Span<ulong> completion = stackalloc ulong[Bulk.CompletionWords];
        completion[0] = request[0];
        completion[1] = 2 * request[1];
        return channel.Completions.TryWrite(completion);
    }

    public bool Share(ulong session, ulong dataspace, uint pages, uint purpose) => false;

    public void End(int slot, ulong session) => Log.Write($"session {session} ended");

    public bool Poll(ReadOnlySpan<RecordServerChannel> channels, out ulong deadline)
    {
        deadline = 0;
        return false;
    }

    // Requests of this life, for a server that is to crash.
    private static ulong s_handled;
}

/// <summary>Portals that answer nothing: all goes through the rings.</summary>
internal struct SilentPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived) =>
        Header.Refuse(message, ContractStatus.UnknownOperation);
}

/// <summary>Client and server of a channel.</summary>
internal static class Bulk
{
    internal const int CompletionWords = 2;

    private const int RequestWords = 2;
    private const int Capacity = 32;
    private const int MaxSessions = 4;
    private const ulong ReportEvery = 1000;
    private const uint HeldPages = 4;

    private static readonly RecordChannelShape s_shape = new(RequestWords, CompletionWords, Capacity);

    internal static void Serve(ReadOnlySpan<byte> name)
    {
        var server = new RecordServer<DoublingService>(s_shape, MaxSessions, new DoublingService(Number("lifetime"u8)));
        Component.Require(ServiceThreads.Offer<SilentPortal>(name, server.Bell), "offer"u8);
        server.Run();
    }

    /// <summary>Keeps as many requests on their way as fit, and checks that each is completed once, in order, whatever happens to the server.</summary>
    internal static void Call(ReadOnlySpan<byte> name)
    {
        var session = new ClientSession(name);
        var channel = new RecordClientChannel(s_shape);
        var last = Number("requests"u8);
        ulong completed = 0;
        ulong reported = 0;
        while (last == 0 || completed < last)
        {
            Component.Require(session.Open(), "open"u8);

            // The server may be gone again.
            if (channel.Open(session) != ContractStatus.Ok)
                continue;

            var status = Exchange(channel, ref completed, last == 0 ? ulong.MaxValue : last, ref reported);
            if (status is RingStatus.Broken)
                Faults.Fail("a broken ring"u8);
        }

        Log.Write($"{completed} requests completed in {session.Openings} sessions");
        session.Close();
    }

    /// <summary>
    /// Opens and closes the session again and again, with requests on their way, while the server lives on: none of them is seen in the next.
    /// </summary>
    internal static void CallAgain(ReadOnlySpan<byte> name)
    {
        var session = new ClientSession(name);
        var channel = new RecordClientChannel(s_shape);
        var rounds = Number("rounds"u8);
        Span<ulong> record = stackalloc ulong[RequestWords];
        for (ulong round = 0; round < rounds; round++)
        {
            Component.Require(session.Open(), "open"u8);
            Component.Require(channel.Open(session), "channel"u8);
            ulong completed = 0;
            ulong reported = 0;
            if (Exchange(channel, ref completed, 2 * Capacity, ref reported) != RingStatus.Ok)
                Faults.Fail("a ring of another session"u8);

            record[0] = ulong.MaxValue;
            while (channel.Requests.TryWrite(record) == RingStatus.Ok)
            {
            }

            _ = channel.Requests.Publish();
            session.Close();
        }

        Log.Write($"{session.Openings} sessions had rings of their own");
    }

    private static RingStatus Exchange(RecordClientChannel channel, ref ulong completed, ulong last, ref ulong reported)
    {
        Span<ulong> record = stackalloc ulong[RequestWords];
        var sent = completed;
        while (completed < last)
        {
            while (sent < last && sent - completed < Capacity)
            {
                record[0] = sent;
                record[1] = 3 * sent;
                var status = channel.Requests.TryWrite(record);
                if (status == RingStatus.Full)
                    break;

                if (status != RingStatus.Ok)
                    return status;

                sent++;
            }

            var read = channel.Completions.TryRead(record);
            if (read == RingStatus.Empty)
                read = channel.Wait(orSpace: sent < last && sent - completed < Capacity);
            else if (read == RingStatus.Ok)
                Accept(record, ref completed, ref reported);

            if (read != RingStatus.Ok)
                return read;
        }

        return RingStatus.Ok;
    }

    private static void Accept(ReadOnlySpan<ulong> record, ref ulong completed, ref ulong reported)
    {
        if (record[0] != completed || record[1] != 6 * completed)
            Faults.Fail("a completion that is none"u8);

        if (++completed - reported < ReportEvery)
            return;

        reported = completed;
        Log.Write($"{completed} completed");
    }

    /// <summary>A server that sees what is shared with it and never lets go.</summary>
    internal static void Hold(ReadOnlySpan<byte> name)
    {
        var bell = Component.NewSemaphore();
        Component.Require(ServiceThreads.Offer<SilentPortal>(name, bell), "offer"u8);
        while (true)
        {
            _ = bell.DownToZero();
            while (Component.Parent.TakeShared(out var session, out var number, out var pages, out var purpose) == ContractStatus.Ok)
            {
                var status = Dataspace.Attach(number, session, pages, 0, out var dataspace);
                Log.Write($"attach {pages} pages for {purpose}: {(uint)status}, first word {dataspace.Memory.ReadWord(0)}");
            }
        }
    }

    /// <summary>Shares memory with a server and ends.</summary>
    internal static void ShareAndEnd(ReadOnlySpan<byte> name)
    {
        const ulong Word = 4711;
        const ulong PauseMilliseconds = 100;
        var session = new ClientSession(name);
        Component.Require(session.Open(), "open"u8);
        Component.Require(Dataspace.Create(HeldPages, 0, DataspaceKinds.None, out var dataspace), "dataspace"u8);
        dataspace.Memory.WriteWord(0, Word);
        Component.Require(dataspace.ShareWith(session, isWritable: false, HeldPages), "share"u8);
        Component.Sleep(PauseMilliseconds);
        Log.Write($"destroy while it is held: {(uint)dataspace.Destroy()}");
        Component.Exit(1);
    }

    internal static ulong Number(ReadOnlySpan<byte> name)
    {
        ulong number = 0;
        foreach (var digit in CommandLine.Value(Component.Arguments, name))
            number = 10 * number + digit - '0';

        return number;
    }
}
