// The real classes in thousands of random orders of their accesses, on CPUs that keep stores back.
using Xunit;

namespace Kilonova.Rings.Tests;

public class ScheduleTests
{
    private const int Records = 6;
    private const int Schedules = 300;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    public void No_schedule_loses_a_wake_up_or_a_record(int capacity, int batch)
    {
        for (int seed = 0; seed < Schedules; seed++)
            Assert.True(ComesToItsEnd(capacity, batch, seed, fences: true), $"schedule {seed} sleeps for ever");
    }

    [Fact]
    public void Without_fences_some_schedule_loses_a_wake_up()
    {
        int seed = 0;
        while (ComesToItsEnd(2, 1, seed, fences: false))
            Assert.True(seed++ < 20 * Schedules, "no schedule shows what the fences are for");
    }

    private static bool ComesToItsEnd(int capacity, int batch, int seed, bool fences)
    {
        RingGeometry geometry = RingGeometry.Records(1, capacity);
        var machine = new TsoMachine((int)geometry.Size, seed, fences);
        Assert.Equal(RingStatus.Ok, RingLayout.Create(machine.Memory.View("owner"), geometry));
        return machine.Run(() => Produce(machine, batch), () => Consume(machine, batch));
    }

    private static void Produce(TsoMachine machine, int batch)
    {
        RingStatus attached = RecordProducer<TsoMachine.View, TsoMachine.Semaphore>.Attach(
            new(machine, 0), new(machine, 0, 0), new(machine, 0, 1), 1, out var producer);
        Assert.Equal(RingStatus.Ok, attached);
        for (ulong i = 0; i < Records; i++)
        {
            while (producer!.TryWrite([i]) == RingStatus.Full)
                Assert.Equal(RingStatus.Ok, producer.WaitForSpace());
            if (i % (ulong)batch == 0)
                Assert.Equal(RingStatus.Ok, producer.Publish());
        }

        Assert.Equal(RingStatus.Ok, producer!.Publish());
    }

    private static void Consume(TsoMachine machine, int batch)
    {
        RingStatus attached = RecordConsumer<TsoMachine.View, TsoMachine.Semaphore>.Attach(
            new(machine, 1), new(machine, 1, 0), new(machine, 1, 1), 1, out var consumer);
        Assert.Equal(RingStatus.Ok, attached);
        ulong[] record = new ulong[1];
        for (ulong i = 0; i < Records; i++)
        {
            while (consumer!.TryRead(record) == RingStatus.Empty)
                Assert.Equal(RingStatus.Ok, consumer.Wait());
            Assert.Equal(i, record[0]);
            if (i % (ulong)batch == 0)
                Assert.Equal(RingStatus.Ok, consumer.Release());
        }
    }
}
