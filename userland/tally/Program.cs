using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Tally;

/// <summary>The server of the tutorial: counts votes.</summary>
internal static class Program
{
    private const int MaxNames = 64;

    // Used by the thread that answers, which is the only one on the component's only CPU.
    internal static VoteTable Votes { get; } = new(MaxNames);

    internal static int Counter { get; private set; }

    private static void Main()
    {
        Counter = Component.Counters.Add("votes"u8);
        Component.Require(ServiceThreads.Offer<TallyPortal>("tally"u8, bell: default), "offer"u8);
        Log.Write($"{Component.Name} takes votes, life {Component.Information.Life}");
    }
}

/// <summary>Answers the calls of all sessions.</summary>
internal readonly struct TallyService : ITally, IScratch
{
    private static readonly ulong[] s_scratch = new ulong[TallyDispatcher.ScratchWords];

    public Span<ulong> Scratch => s_scratch;

    public ContractStatus Vote(ReadOnlySpan<byte> name, out ulong votes)
    {
        votes = 0;
        if (name.IsEmpty)
            return ContractStatus.InvalidArgument;

        if (!Program.Votes.TryAdd(name, out votes))
            return ContractStatus.Exhausted;

        Component.Counters.Set(Program.Counter, Program.Votes.Sum);
        return ContractStatus.Ok;
    }
}

/// <summary>Its portals.</summary>
internal struct TallyPortal : IPortalHandler
{
    private static TallyService s_service;

    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived) =>
        TallyDispatcher.Dispatch(ref s_service, message, arrived);
}
