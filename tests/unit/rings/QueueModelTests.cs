// Random sequences of operations on both ends, compared with a plain queue.
using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Rings.Tests;

public class QueueModelTests
{
    public enum Step
    {
        Write,
        Publish,
        Read,
        Release,
    }

    private static Arbitrary<(int Capacity, (Step Step, int Length)[] Steps)> Runs { get; } = Arb.From(
        from power in Gen.Choose(0, 4)
        from steps in (
            from step in Gen.Frequency(
                (4, Gen.Constant(Step.Write)), (2, Gen.Constant(Step.Publish)),
                    (4, Gen.Constant(Step.Read)), (2, Gen.Constant(Step.Release)))
            from length in Gen.Choose(0, 40)
            select (step, length)).ListOf()
        select (1 << power, steps.ToArray()));

    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(300);

    [Fact]
    public void Records_come_out_as_a_queue_would_give_them() =>
        Prop.ForAll(Runs, run => RecordsBehave(run.Capacity, run.Steps)).Check(Many);

    [Fact]
    public void Packets_come_out_as_a_queue_would_give_them() =>
        Prop.ForAll(Runs, run => PacketsBehave(8 * run.Capacity, run.Steps)).Check(Many);

    private static bool RecordsBehave(int capacity, (Step Step, int Length)[] steps)
    {
        var ring = new RecordRing(2, capacity);
        var model = new Model(capacity);
        ulong next = 1;
        foreach ((Step step, _) in steps)
        {
            switch (step)
            {
                case Step.Write:
                    bool fits = model.TryWrite(1, [next, ~next]);
                    if (ring.Producer.TryWrite([next, ~next]) != (fits ? RingStatus.Ok : RingStatus.Full))
                        return false;
                    next++;
                    break;
                case Step.Read:
                    ulong[] record = new ulong[2];
                    RingStatus status = ring.Consumer.TryRead(record);
                    bool read = model.TryRead(out ulong[] expected);
                    if (status != (read ? RingStatus.Ok : RingStatus.Empty) || (read && !expected.SequenceEqual(record)))
                        return false;
                    break;
                default:
                    Apply(step, model, ring.Producer, ring.Consumer);
                    break;
            }
        }

        return ring.Data.Ups == 0 && ring.Space.Ups == 0;
    }

    private static bool PacketsBehave(int capacity, (Step Step, int Length)[] steps)
    {
        var ring = new PacketRing(capacity);
        var model = new Model(capacity / 8);
        uint next = 1;
        foreach ((Step step, int length) in steps)
        {
            switch (step)
            {
                case Step.Write:
                    byte[] packet = Enumerable.Range(0, length).Select(i => (byte)(next * 7 + i)).ToArray();
                    RingStatus wrote = ring.Producer.TryWrite(next, packet);
                    if (length > capacity - 8 ? wrote != RingStatus.WrongSize
                        : wrote != (model.TryWrite(1 + ((length + 7) / 8), [next, .. packet.Select(b => (ulong)b)])
                            ? RingStatus.Ok : RingStatus.Full))
                        return false;
                    next++;
                    break;
                case Step.Read:
                    byte[] buffer = new byte[40];
                    RingStatus tooSmall = ring.Consumer.TryRead(default, out int wanted, out _);
                    RingStatus status = tooSmall == RingStatus.BufferTooSmall ? ring.Consumer.TryRead(buffer, out wanted, out _) : tooSmall;
                    bool read = model.TryRead(out ulong[] expected);
                    if (status != (read ? RingStatus.Ok : RingStatus.Empty))
                        return false;
                    if (read && !expected.Skip(1).SequenceEqual(buffer.Take(wanted).Select(b => (ulong)b)))
                        return false;
                    break;
                default:
                    Apply(step, model, ring.Producer, ring.Consumer);
                    break;
            }
        }

        return ring.Data.Ups == 0 && ring.Space.Ups == 0;
    }

    private static void Apply(
        Step step, Model model, RingProducer<FakeView, FakeSemaphore> producer, RingConsumer<FakeView, FakeSemaphore> consumer)
    {
        if (step == Step.Publish)
        {
            Assert.Equal(RingStatus.Ok, producer.Publish());
            model.Publish();
        }
        else
        {
            Assert.Equal(RingStatus.Ok, consumer.Release());
            model.Release();
        }
    }

    /// <summary>A queue whose entries are written, published, read and released.</summary>
    private sealed class Model(int capacity)
    {
        private readonly Queue<(int Slots, ulong[] Content)> _written = new();
        private readonly Queue<(int Slots, ulong[] Content)> _published = new();
        private int _used;
        private int _read;

        public bool TryWrite(int slots, ulong[] content)
        {
            if (_used + slots > capacity)
                return false;
            _used += slots;
            _written.Enqueue((slots, content));
            return true;
        }

        public void Publish()
        {
            while (_written.TryDequeue(out var entry))
                _published.Enqueue(entry);
        }

        public bool TryRead(out ulong[] content)
        {
            bool any = _published.TryDequeue(out var entry);
            content = entry.Content;
            _read += entry.Slots;
            return any;
        }

        public void Release()
        {
            _used -= _read;
            _read = 0;
        }
    }
}
