using System;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.KernelTests.Sessions;

/// <summary>Rings between two threads that sleep on kernel semaphores, on one CPU and on two.</summary>
internal static unsafe class RingTests
{
    private const int RecordWords = 4;
    private const int Capacity = 8;
    private const uint Records = 2000;
    private const uint Packets = 500;
    private const int PacketCapacity = 256;
    private const ulong Patience = 60_000;
    private const ulong Spread = 0x9e37_79b9_7f4a_7c15;
    private const ulong Pages = 1;
    private const int PageSize = 4096;

    // Written by the first thread before the producer starts, and the count by the producer.
    private static RecordProducer<MappedMemory, RingSemaphore>? s_records;
    private static PacketProducer<MappedMemory, RingSemaphore>? s_packets;
    private static Nova.Semaphore s_done;
    private static ulong s_deadline;
    private static RingStatus s_end;

    internal static void Run()
    {
        Suite.Run("Records_cross_a_ring_on_one_cpu"u8, &RecordsHere);
        Suite.Run("Packets_cross_a_ring_on_one_cpu"u8, &PacketsHere);
        if (Lab.CpuCount > 1)
        {
            Suite.Run("Records_cross_a_ring_between_cpus"u8, &RecordsThere);
            Suite.Run("Packets_cross_a_ring_between_cpus"u8, &PacketsThere);
        }

        Suite.Run("A_consumer_without_producer_times_out"u8, &TimesOut);
    }

    private static void RecordsHere() => PassRecords(Lab.BootCpu);

    private static void RecordsThere() => PassRecords(Lab.OtherCpu);

    private static void PacketsHere() => PassPackets(Lab.BootCpu);

    private static void PacketsThere() => PassPackets(Lab.OtherCpu);

    private static void PassRecords(uint cpu)
    {
        var memory = Create(RingGeometry.Records(RecordWords, Capacity));
        var (data, space) = Semaphores();
        _ = RecordProducer<MappedMemory, RingSemaphore>.Attach(memory, data, space, RecordWords, out s_records);
        var status = RecordConsumer<MappedMemory, RingSemaphore>.Attach(memory, data, space, RecordWords, out var consumer);
        Check.Equal((ulong)status, (ulong)RingStatus.Ok, "attach"u8);
        _ = Lab.Run(cpu, &ProduceRecords);

        Span<ulong> record = stackalloc ulong[RecordWords];
        for (var i = 0u; i < Records && status == RingStatus.Ok; i++)
        {
            while ((status = consumer!.TryRead(record)) == RingStatus.Empty && (status = consumer.Wait(s_deadline)) == RingStatus.Ok)
            {
            }

            for (var word = 0; word < RecordWords; word++)
                Check.Equal(record[word], i * Spread + (ulong)word, "word"u8);
        }

        Check.Equal((ulong)status, (ulong)RingStatus.Ok, "consumer"u8);
        Check.Equal((ulong)consumer!.Release(), (ulong)RingStatus.Ok, "release"u8);
        Finish();
    }

    private static void ProduceRecords(nint argument)
    {
        Span<ulong> record = stackalloc ulong[RecordWords];
        var status = RingStatus.Ok;
        for (var i = 0u; i < Records && status == RingStatus.Ok; i++)
        {
            for (var word = 0; word < RecordWords; word++)
                record[word] = i * Spread + (ulong)word;

            while ((status = s_records!.TryWrite(record)) == RingStatus.Full
                && (status = s_records.WaitForSpace(s_deadline)) == RingStatus.Ok)
            {
            }
        }

        s_end = status == RingStatus.Ok ? s_records!.Publish() : status;
        _ = s_done.Up();
    }

    private static void PassPackets(uint cpu)
    {
        var memory = Create(RingGeometry.Packets(PacketCapacity));
        var (data, space) = Semaphores();
        _ = PacketProducer<MappedMemory, RingSemaphore>.Attach(memory, data, space, out s_packets);
        var status = PacketConsumer<MappedMemory, RingSemaphore>.Attach(memory, data, space, out var consumer);
        Check.Equal((ulong)status, (ulong)RingStatus.Ok, "attach"u8);
        _ = Lab.Run(cpu, &ProducePackets);

        Span<byte> packet = stackalloc byte[PacketCapacity];
        for (var i = 0u; i < Packets && status == RingStatus.Ok; i++)
        {
            int length;
            uint tag;
            while ((status = consumer!.TryRead(packet, out length, out tag)) == RingStatus.Empty
                && (status = consumer.Wait(s_deadline)) == RingStatus.Ok)
            {
            }

            Check.Equal(tag, i, "tag"u8);
            Check.Equal((ulong)length, Length(i), "length"u8);
            for (var at = 0; at < length; at++)
                Check.Equal(packet[at], (byte)(i + (uint)at), "byte"u8);
        }

        Check.Equal((ulong)status, (ulong)RingStatus.Ok, "consumer"u8);
        Finish();
    }

    private static void ProducePackets(nint argument)
    {
        Span<byte> packet = stackalloc byte[PacketCapacity];
        var status = RingStatus.Ok;
        for (var i = 0u; i < Packets && status == RingStatus.Ok; i++)
        {
            var length = (int)Length(i);
            for (var at = 0; at < length; at++)
                packet[at] = (byte)(i + (uint)at);

            while ((status = s_packets!.TryWrite(i, packet.Slice(0, length))) == RingStatus.Full
                && (status = s_packets.WaitForSpace(length, s_deadline)) == RingStatus.Ok)
            {
            }
        }

        s_end = status == RingStatus.Ok ? s_packets!.Publish() : status;
        _ = s_done.Up();
    }

    private static ulong Length(uint number) => number * 37 % (PacketCapacity - sizeof(ulong) + 1);

    private static void TimesOut()
    {
        var memory = Create(RingGeometry.Records(RecordWords, Capacity));
        var (data, space) = Semaphores();
        _ = RecordConsumer<MappedMemory, RingSemaphore>.Attach(memory, data, space, RecordWords, out var consumer);
        Check.Equal((ulong)consumer!.Wait(Lab.After(20)), (ulong)RingStatus.TimedOut, "status"u8);
    }

    private static void Finish()
    {
        Check.Succeeds(Lab.WaitFor(s_done), "the producer's end"u8);
        Check.Equal((ulong)s_end, (ulong)RingStatus.Ok, "producer"u8);
    }

    internal static MappedMemory Create(RingGeometry geometry)
    {
        s_done = Lab.Semaphore(0);
        s_deadline = Lab.After(Patience);
        var memory = new MappedMemory((nuint)Lab.Memory(Pages), PageSize);
        Check.Equal((ulong)RingLayout.Create(memory, geometry), (ulong)RingStatus.Ok, "create"u8);
        return memory;
    }

    internal static (RingSemaphore Data, RingSemaphore Space) Semaphores() => (new(Lab.Semaphore(0)), new(Lab.Semaphore(0)));
}
