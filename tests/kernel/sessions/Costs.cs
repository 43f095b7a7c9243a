using System;
using Kilonova.Formats;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.KernelTests.Sessions;

/// <summary>
/// What generated calls and rings cost. The system time counter counts instructions when the emulator is told so; the word "icount" on the
/// command line tells the program. Otherwise the numbers mean nothing, and the budget is not looked at.
/// </summary>
internal static unsafe class Costs
{
    private const uint Rounds = 64;
    private const uint Words = 4;
    private const int RecordWords = 4;
    private const int Batch = 32;

    // Budget of a generated call of four words above the bare portal.
    private const ulong CallBudget = 40;

    internal static void Run()
    {
        Suite.Run("A_generated_call_costs_little_more_than_the_bare_portal"u8, &Calls);
        Suite.Run("A_record_costs_little"u8, &Records);
    }

    private static void Calls()
    {
        var bare = Bare(RelayServerOnWords.Portal());
        var generated = Generated(new RelayClient<PortalTransport>(new PortalTransport(ContractTests.Plain)));
        Log.Write($"cost: bare call {bare}, generated call {generated}");
        if (IsCounting())
            Check.Between(generated, 0, bare + CallBudget, "instructions"u8);
    }

    private static ulong Bare(Portal portal)
    {
        var smallest = ulong.MaxValue;
        for (var i = 0u; i < Rounds; i++)
        {
            var before = Platform.Time;
            _ = portal.Call(Words, out _);
            smallest = Math.Min(smallest, Platform.Time - before);
        }

        return smallest;
    }

    private static ulong Generated(RelayClient<PortalTransport> client)
    {
        var smallest = ulong.MaxValue;
        for (var i = 0u; i < Rounds; i++)
        {
            var before = Platform.Time;
            var status = client.Add(1, 2, 3, out var sum);
            smallest = Math.Min(smallest, Platform.Time - before);
            Check.Equal(sum + (ulong)status, 6, "sum"u8);
        }

        return smallest;
    }

    private static void Records()
    {
        var memory = RingTests.Create(RingGeometry.Records(RecordWords, 2 * Batch));
        var (data, space) = RingTests.Semaphores();
        _ = RecordProducer<MappedMemory, RingSemaphore>.Attach(memory, data, space, RecordWords, out var producer);
        _ = RecordConsumer<MappedMemory, RingSemaphore>.Attach(memory, data, space, RecordWords, out var consumer);
        Span<ulong> record = stackalloc ulong[RecordWords];
        var single = Pass(producer!, consumer!, record, 1);
        var batched = Pass(producer!, consumer!, record, Batch);
        Log.Write($"cost: a record of {RecordWords} words, there and back, {single} alone, {batched} in batches of {Batch}");
        Check.Equal(producer!.Wakes + consumer!.Wakes, 0, "ups"u8);
    }

    /// <summary>Ticks per record, smallest of some rounds.</summary>
    private static ulong Pass(
        RecordProducer<MappedMemory, RingSemaphore> producer, RecordConsumer<MappedMemory, RingSemaphore> consumer,
            Span<ulong> record, int batch)
    {
        var smallest = ulong.MaxValue;
        for (var round = 0u; round < Rounds; round++)
        {
            var before = Platform.Time;
            for (var i = 0; i < batch; i++)
                _ = producer.TryWrite(record);

            _ = producer.Publish();
            for (var i = 0; i < batch; i++)
                _ = consumer.TryRead(record);

            _ = consumer.Release();
            smallest = Math.Min(smallest, (Platform.Time - before) / (ulong)batch);
        }

        return smallest;
    }

    // Whoever starts the emulator with icount says so on the command line.
    private static bool IsCounting() => CommandLine.Has(RootTask.CommandLine, "icount"u8);
}
