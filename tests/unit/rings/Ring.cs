// A ring with both ends over fake memory and counting semaphores.
using Xunit;

namespace Kilonova.Rings.Tests;

internal sealed class RecordRing
{
    public RecordRing(int words, int capacity)
    {
        RingGeometry geometry = RingGeometry.Records(words, capacity);
        Memory = new FakeMemory((int)geometry.Size);
        Assert.Equal(RingStatus.Ok, RingLayout.Create(Memory.View("owner"), geometry));
        FakeView producing = Memory.View("producer");
        FakeView consuming = Memory.View("consumer");
        RingStatus attached = RecordProducer<FakeView, FakeSemaphore>.Attach(producing, Data.Handle, Space.Handle, words, out var producer);
        Assert.Equal(RingStatus.Ok, attached);
        attached = RecordConsumer<FakeView, FakeSemaphore>.Attach(consuming, Data.Handle, Space.Handle, words, out var consumer);
        Assert.Equal(RingStatus.Ok, attached);
        Producer = producer!;
        Consumer = consumer!;
    }

    public FakeMemory Memory { get; }

    public Counter Data { get; } = new();

    public Counter Space { get; } = new();

    public RecordProducer<FakeView, FakeSemaphore> Producer { get; }

    public RecordConsumer<FakeView, FakeSemaphore> Consumer { get; }
}

internal sealed class PacketRing
{
    public PacketRing(int capacity)
    {
        RingGeometry geometry = RingGeometry.Packets(capacity);
        Memory = new FakeMemory((int)geometry.Size);
        Assert.Equal(RingStatus.Ok, RingLayout.Create(Memory.View("owner"), geometry));
        FakeView producing = Memory.View("producer");
        FakeView consuming = Memory.View("consumer");
        Assert.Equal(RingStatus.Ok, PacketProducer<FakeView, FakeSemaphore>.Attach(producing, Data.Handle, Space.Handle, out var producer));
        Assert.Equal(RingStatus.Ok, PacketConsumer<FakeView, FakeSemaphore>.Attach(consuming, Data.Handle, Space.Handle, out var consumer));
        Producer = producer!;
        Consumer = consumer!;
    }

    public FakeMemory Memory { get; }

    public Counter Data { get; } = new();

    public Counter Space { get; } = new();

    public PacketProducer<FakeView, FakeSemaphore> Producer { get; }

    public PacketConsumer<FakeView, FakeSemaphore> Consumer { get; }
}
