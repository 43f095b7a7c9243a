// Two threads on real memory: small rings, so that both ends sleep and wake often, and a checksum over all that came through.
using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Kilonova.Rings.Tests;

public sealed class StressTests : IDisposable
{
    private const int Records = 50_000;
    private const int Packets = 20_000;
    private const int MemorySize = 1 << 16;

    private readonly nuint _memory = Allocate();
    private readonly HostSemaphore _data = new(new SemaphoreSlim(0));
    private readonly HostSemaphore _space = new(new SemaphoreSlim(0));

    private MappedMemory Memory => new(_memory, MemorySize);

    public void Dispose() => Free(_memory);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(8, 3, 5)]
    [InlineData(256, 64, 1)]
    public async Task Every_record_arrives_once_and_in_order(int capacity, int publishEvery, int waitFor)
    {
        Assert.Equal(RingStatus.Ok, RingLayout.Create(Memory, RingGeometry.Records(4, capacity)));
        waitFor = Math.Clamp(waitFor, 1, Math.Max(1, capacity / 2));
        RecordProducer<MappedMemory, HostSemaphore>.Attach(Memory, _data, _space, 4, out var producer);
        RecordConsumer<MappedMemory, HostSemaphore>.Attach(Memory, _data, _space, 4, out var consumer);
        ulong deadline = Deadline();

        Task producing = Task.Run(() =>
        {
            ulong[] record = new ulong[4];
            for (ulong i = 0; i < Records; i++)
            {
                Fill(record, i);
                while (producer!.TryWrite(record) == RingStatus.Full)
                    Assert.Equal(RingStatus.Ok, producer.WaitForSpace(deadline));
                if (i % (ulong)publishEvery == 0)
                    Assert.Equal(RingStatus.Ok, producer.Publish());
            }

            Assert.Equal(RingStatus.Ok, producer!.Publish());
        });
        Task consuming = Task.Run(() =>
        {
            ulong[] record = new ulong[4];
            ulong[] expected = new ulong[4];
            for (ulong i = 0; i < Records; i++)
            {
                while (consumer!.TryRead(record) == RingStatus.Empty)
                    Assert.Equal(RingStatus.Ok, consumer.Wait(deadline, (int)Math.Min((ulong)waitFor, Records - i)));
                Fill(expected, i);
                Assert.Equal(expected, record);
            }

            Assert.Equal(RingStatus.Ok, consumer!.Release());
        });

        await Task.WhenAll(producing, consuming);
        Assert.Equal(RingStatus.Empty, consumer!.TryRead(new ulong[4]));
        Assert.Equal(RingStatus.Ok, producer!.WaitForSpace());
    }

    [Theory]
    [InlineData(64)]
    [InlineData(512)]
    [InlineData(8192)]
    public async Task Every_packet_arrives_whole(int capacity)
    {
        Assert.Equal(RingStatus.Ok, RingLayout.Create(Memory, RingGeometry.Packets(capacity)));
        PacketProducer<MappedMemory, HostSemaphore>.Attach(Memory, _data, _space, out var producer);
        PacketConsumer<MappedMemory, HostSemaphore>.Attach(Memory, _data, _space, out var consumer);
        ulong deadline = Deadline();

        Task producing = Task.Run(() =>
        {
            byte[] packet = new byte[producer!.MaximumLength];
            var random = new Random(6);
            for (uint i = 0; i < Packets; i++)
            {
                int length = random.Next(producer.MaximumLength + 1);
                packet.AsSpan(0, length).Fill((byte)i);
                while (producer.TryWrite(i, packet.AsSpan(0, length)) == RingStatus.Full)
                    Assert.Equal(RingStatus.Ok, producer.WaitForSpace(length, deadline));
                if (random.Next(3) == 0)
                    Assert.Equal(RingStatus.Ok, producer.Publish());
            }

            Assert.Equal(RingStatus.Ok, producer.Publish());
        });
        Task consuming = Task.Run(() =>
        {
            byte[] packet = new byte[consumer!.MaximumLength];
            var random = new Random(6);
            for (uint i = 0; i < Packets; i++)
            {
                int length;
                uint tag;
                while (consumer.TryRead(packet, out length, out tag) == RingStatus.Empty)
                    Assert.Equal(RingStatus.Ok, consumer.Wait(deadline));
                int expected = random.Next(consumer.MaximumLength + 1);
                _ = random.Next(3);
                Assert.Equal((i, expected), (tag, length));
                Assert.Equal(-1, packet.AsSpan(0, length).IndexOfAnyExcept((byte)i));
                if (i % 2 == 0)
                    Assert.Equal(RingStatus.Ok, consumer.Release());
            }
        });

        await Task.WhenAll(producing, consuming);
        Assert.Equal(RingStatus.Empty, consumer!.TrySkip());
    }

    [Fact]
    public void Writing_and_reading_allocate_nothing()
    {
        RingLayout.Create(Memory, RingGeometry.Records(4, 16));
        RecordProducer<MappedMemory, HostSemaphore>.Attach(Memory, _data, _space, 4, out var producer);
        RecordConsumer<MappedMemory, HostSemaphore>.Attach(Memory, _data, _space, 4, out var consumer);
        ulong[] record = new ulong[4];

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            producer!.TryWrite(record);
            producer.Publish();
            consumer!.TryRead(record);
            consumer.Wait(1);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void An_access_outside_the_mapping_does_not_happen()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.ReadWord(MemorySize));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.ReadWord(MemorySize - 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.WriteWord(-8, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.ReadWords(MemorySize - 8, new ulong[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.WriteBytes(int.MaxValue, new byte[1]));
        Assert.Equal(MemorySize, Memory.Length);
    }

    private static void Fill(ulong[] record, ulong number)
    {
        for (int i = 0; i < record.Length; i++)
            record[i] = (number * 0x9e37_79b9_7f4a_7c15) + (ulong)i;
    }

    private static ulong Deadline() => (ulong)(Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency));

    private static nuint Allocate() => (nuint)Marshal.AllocHGlobal(MemorySize);

    private static void Free(nuint memory) => Marshal.FreeHGlobal((nint)memory);
}
