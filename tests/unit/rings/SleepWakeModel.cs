// A model of the sleep and wake protocol in explicit small steps, on two CPUs with store buffers (x86 TSO): each load, each store into
// the own buffer, each drain of one buffered store, each fence, up and down is a step of its own, and any order of them may happen.
using System.Collections.Generic;

namespace Kilonova.Rings.Tests;

/// <summary>
/// What the two ends do: how many records, in what batches, and which of the fences they have. An eager end waits for as many slots as
/// it wants before it touches one; the other kind waits only when it can do nothing more.
/// </summary>
internal sealed record Scenario(int Capacity, int Records, int PublishEvery, int ReleaseEvery, int WaitFor, int WaitForSpace)
{
    public bool IsEager { get; init; }

    public bool MoverFence { get; init; } = true;

    public bool SleeperFence { get; init; } = true;
}

internal enum Step : byte
{
    Work,
    MoveStore,
    MoveFence,
    MoveCheck,
    Up,
    FirstLook,
    Arm,
    ArmFence,
    SecondLook,
    Down,
    Done,
}

/// <summary>One end: where it is in its program, what it knows privately, and its CPU's store buffer.</summary>
internal readonly record struct End(
    Step Step, bool SleepsAfterMove, int Own, int Told, int ToldBefore, int Seen, bool OtherIsCrossed, Stores Buffer)
{
    public static End Start => new(Step.Work, false, 0, 0, 0, 0, false, default);
}

/// <summary>A store buffer of up to eight stores, oldest first. Index 0 or wake point 1, and the value.</summary>
internal readonly record struct Stores(ulong Packed, int Count)
{
    public Stores Push(int field, int value) => new(Packed | ((ulong)((field << 7) | value) << (8 * Count)), Count + 1);

    public (int Field, int Value, Stores Younger) Pop() =>
        ((int)(Packed >> 7) & 1, (int)Packed & 0x7f, new Stores(Packed >> 8, Count - 1));
}

/// <summary>The whole machine. Indices 0 and 1 are the ends': producer and consumer.</summary>
internal readonly record struct State(
    End Producer, End Consumer, int ProducerIndex, int ProducerWakePoint,
        int ConsumerIndex, int ConsumerWakePoint, int DataCredits, int SpaceCredits)
{
    public const int Never = 0x7f;

    public static State Start => new(End.Start, End.Start, 0, Never, 0, Never, 0, 0);

    public bool IsDone => Producer.Step == Step.Done && Consumer.Step == Step.Done;
}

/// <summary>Generates every state that can be reached, and keeps what is wrong with them.</summary>
internal sealed class SleepWakeModel(Scenario scenario)
{
    private readonly HashSet<State> _seen = [];
    private readonly Stack<State> _open = new();

    public int States => _seen.Count;

    /// <summary>States in which nobody can take a step though not everything is done: somebody sleeps for ever.</summary>
    public List<State> Stuck { get; } = [];

    /// <summary>States in which a record is read that was not published, or a slot written that was not released.</summary>
    public List<State> Corrupt { get; } = [];

    public SleepWakeModel Explore()
    {
        Reach(State.Start);
        while (_open.TryPop(out State state))
        {
            int before = _steps;
            StepProducer(state);
            StepConsumer(state);
            Drain(state);
            if (_steps == before && !state.IsDone)
                Stuck.Add(state);
        }

        return this;
    }

    private int _steps;

    private void Reach(State state)
    {
        _steps++;
        int unread = state.Producer.Told - state.Consumer.Own;
        if (unread < 0 || state.Producer.Own - state.Consumer.Told > scenario.Capacity)
            Corrupt.Add(state);
        if (_seen.Add(state))
            _open.Push(state);
    }

    private void Drain(State state)
    {
        if (state.Producer.Buffer.Count > 0)
        {
            (int field, int value, Stores rest) = state.Producer.Buffer.Pop();
            State next = state with { Producer = state.Producer with { Buffer = rest } };
            Reach(field == 0 ? next with { ProducerIndex = value } : next with { ProducerWakePoint = value });
        }

        if (state.Consumer.Buffer.Count > 0)
        {
            (int field, int value, Stores rest) = state.Consumer.Buffer.Pop();
            State next = state with { Consumer = state.Consumer with { Buffer = rest } };
            Reach(field == 0 ? next with { ConsumerIndex = value } : next with { ConsumerWakePoint = value });
        }
    }

    private void StepProducer(State state)
    {
        // The last records are too few to wait for space for many.
        int wanted = int.Min(scenario.WaitForSpace, scenario.Records - state.Producer.Own);
        var view = new View(
            Wanted: wanted,
            WakePoint: state.Producer.Own + wanted - scenario.Capacity - 1,
            Limit: scenario.Records,
            Batch: scenario.PublishEvery,
            OtherIndex: state.ConsumerIndex,
            OtherWakePoint: state.ConsumerWakePoint,
            Credits: state.SpaceCredits,
            Room: scenario.Capacity);
        foreach ((End end, int credits, bool up) in Next(state.Producer, view))
            Reach(state with { Producer = end, SpaceCredits = credits, DataCredits = state.DataCredits + (up ? 1 : 0) });
    }

    private void StepConsumer(State state)
    {
        int wanted = int.Min(scenario.WaitFor, scenario.Records - state.Consumer.Own);
        var view = new View(
            Wanted: wanted,
            WakePoint: state.Consumer.Own + wanted - 1,
            Limit: scenario.Records,
            Batch: scenario.ReleaseEvery,
            OtherIndex: state.ProducerIndex,
            OtherWakePoint: state.ProducerWakePoint,
            Credits: state.DataCredits,
            Room: 0);
        foreach ((End end, int credits, bool up) in Next(state.Consumer, view))
            Reach(state with { Consumer = end, DataCredits = credits, SpaceCredits = state.SpaceCredits + (up ? 1 : 0) });
    }

    /// <summary>What an end sees. Slots that it may use = the other's index + room - its own index.</summary>
    private sealed record View(
        int Wanted, int WakePoint, int Limit, int Batch, int OtherIndex, int OtherWakePoint, int Credits, int Room);

    /// <summary>The program that both ends run, line by line that of RingProducer and RingConsumer.</summary>
    private IEnumerable<(End End, int Credits, bool Up)> Next(End end, View view)
    {
        End next = end;
        int credits = view.Credits;
        bool up = false;
        switch (end.Step)
        {
            case Step.Work when end.Own == view.Limit:
                next = end with { Step = end.Told == end.Own ? Step.Done : Step.MoveStore };
                break;
            case Step.Work when end.Own - end.Told == view.Batch:
                next = end with { Step = Step.MoveStore };
                break;
            case Step.Work when end.Seen + view.Room >= end.Own + (scenario.IsEager ? view.Wanted : 1):
                next = end with { Own = end.Own + 1 };
                break;
            case Step.Work when view.OtherIndex != end.Seen:
                next = end with { Seen = view.OtherIndex };
                break;
            case Step.Work:
                next = end with { Step = end.Told == end.Own ? Step.FirstLook : Step.MoveStore, SleepsAfterMove = true };
                break;
            case Step.MoveStore:
                next = end with { Step = Step.MoveFence, ToldBefore = end.Told, Told = end.Own, Buffer = end.Buffer.Push(0, end.Own) };
                break;
            case Step.MoveFence when scenario.MoverFence && end.Buffer.Count > 0:
                yield break;
            case Step.MoveFence:
                next = end with { Step = Step.MoveCheck };
                break;
            case Step.MoveCheck:
                bool crossed = end.ToldBefore <= view.OtherWakePoint && view.OtherWakePoint < end.Told;
                next = AfterMove(end) with { OtherIsCrossed = crossed };
                next = crossed ? next with { Step = Step.Up } : next;
                break;
            case Step.Up:
                next = AfterMove(end) with { OtherIsCrossed = false };
                up = true;
                break;
            case Step.FirstLook:
                next = Look(end, view, Step.Arm);
                break;
            case Step.Arm:
                next = end with { Step = Step.ArmFence, Buffer = end.Buffer.Push(1, view.WakePoint) };
                break;
            case Step.ArmFence when scenario.SleeperFence && end.Buffer.Count > 0:
                yield break;
            case Step.ArmFence:
                next = end with { Step = Step.SecondLook };
                break;
            case Step.SecondLook:
                next = Look(end, view, Step.Down);
                break;
            case Step.Down when view.Credits == 0:
                yield break;
            case Step.Down:
                next = end with { Step = Step.FirstLook };
                credits--;
                break;
            case Step.Done:
                yield break;
        }

        yield return (next, credits, up);
    }

    private static End AfterMove(End end) => end with { Step = end.SleepsAfterMove ? Step.FirstLook : Step.Work };

    private static End Look(End end, View view, Step otherwise) =>
        view.OtherIndex + view.Room - end.Own >= view.Wanted
            ? end with { Step = Step.Work, Seen = view.OtherIndex, SleepsAfterMove = false }
            : end with { Step = otherwise, Seen = view.OtherIndex };
}
