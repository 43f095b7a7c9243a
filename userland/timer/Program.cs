using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Timer;

/// <summary>
/// Timeouts of one CPU: all on one thread, by rings. A scenario runs one per CPU on which timeouts matter. Argument "service=name", else the
/// name is "timer". Argument "clock=cmos": it tells the time of day too, and its line has the ports 0x70 and 0x71.
/// </summary>
internal static class Program
{
    internal const int MaxSessions = 16;
    internal const int Capacity = 32768;

    // Set before the service is offered. The moment at which the clock was read, and what it showed; 0 without a clock.
    internal static ulong ReadAt { get; private set; }

    internal static ulong Seconds { get; private set; }

    private static void Main()
    {
        if (CommandLine.Value(Component.Arguments, "clock"u8).SequenceEqual("cmos"u8))
            ReadClock();

        var name = CommandLine.Value(Component.Arguments, "service"u8);
        var server = new RecordServer<TimerService>(TimerProtocol.Shape, MaxSessions, default);
        Component.Require(ServiceThreads.Offer<TimePortal>(name.IsEmpty ? "timer"u8 : name, server.Bell), "offer"u8);
        server.Run();
    }

    private static void ReadClock()
    {
        ReadAt = Platform.Time;
        if (CmosClock.TryRead(default(CmosPorts), out var seconds))
            Seconds = seconds;
        else
            Log.Write(LogLevel.Warning, "the clock shows no time"u8);
    }

    private struct CmosPorts : ICmos
    {
        private const uint Index = 0x70;
        private const uint Data = 0x71;

        public readonly byte Read(byte register)
        {
            Ports.Out8(Index, register);
            return (byte)Ports.In8(Data);
        }
    }
}

/// <summary>Calls ask for the time of day; timeouts go through rings.</summary>
internal struct TimePortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = default(WallTimeService);
        return WallTimeDispatcher.Dispatch(ref service, message, arrived);
    }
}

/// <summary>What has been found out at the start does not change.</summary>
internal readonly struct WallTimeService : IWallTime
{
    public ContractStatus Tell(out ulong counter, out ulong seconds)
    {
        (counter, seconds) = (Program.ReadAt, Program.Seconds);
        return seconds == 0 ? ContractStatus.NotFound : ContractStatus.Ok;
    }
}

/// <summary>What the timer does with its channels.</summary>
internal struct TimerService : IRecordService
{
    // What is left is for the others.
    private const int MaxOfSession = Program.Capacity / 4 * 3;

    private static readonly TimeoutTable s_timeouts = new(Program.Capacity, Program.MaxSessions);

    // Timeouts that have come while the client's ring was full, in order, one list per session.
    private static readonly Backlog s_backlog = new(Program.Capacity, Program.MaxSessions);

    public RingStatus Handle(RecordServerChannel channel, int slot, ReadOnlySpan<ulong> request)
    {
        var (operation, token, deadline) = (request[0], request[1], request[2]);
        if (operation == TimerProtocol.Cancel)
        {
            _ = s_timeouts.TryCancel(slot, token);
            return RingStatus.Ok;
        }

        if (operation != TimerProtocol.Set)
            return RingStatus.Broken;

        var isSet = s_timeouts.CountOf(slot) + s_backlog.CountOf(slot) < MaxOfSession && s_timeouts.TrySet(slot, token, deadline);
        return isSet ? RingStatus.Ok : Complete(channel, token, deadline, 0);
    }

    public bool Share(ulong session, ulong dataspace, uint pages, uint purpose) => false;

    public void End(int slot, ulong session)
    {
        s_timeouts.Clear(slot);
        s_backlog.Clear(slot);
    }

    public bool Poll(ReadOnlySpan<RecordServerChannel> channels, out ulong deadline)
    {
        var again = false;
        for (var slot = 0; slot < channels.Length; slot++)
            again |= s_backlog.CountOf(slot) != 0 && Flush(channels[slot], slot);

        while (s_timeouts.TryTake(Platform.Time, out var owner, out var token, out var due))
        {
            var channel = channels[owner];
            if (s_backlog.CountOf(owner) != 0 || Complete(channel, token, due, Platform.Time) == RingStatus.Full)
                s_backlog.Add(owner, token, due);

            again = true;
        }

        deadline = s_timeouts.NextDeadline;
        return again;
    }

    // True where the client may have made space meanwhile: else its next release rings the bell.
    private static bool Flush(RecordServerChannel channel, int slot)
    {
        while (s_backlog.TryPeek(slot, out var token, out var due))
        {
            if (Complete(channel, token, due, Platform.Time) == RingStatus.Full)
                return channel.Completions.ArmForSpace() == RingStatus.Ok;

            s_backlog.Drop(slot);
        }

        return true;
    }

    private static RingStatus Complete(RecordServerChannel channel, ulong token, ulong deadline, ulong noticed)
    {
        Span<ulong> record = stackalloc ulong[TimerProtocol.Words];
        record[0] = token;
        record[1] = deadline;
        record[2] = noticed;
        return channel.Completions.TryWrite(record);
    }
}
