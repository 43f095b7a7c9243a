// Random and mutated input: whatever the bytes, the reader ends, stays inside its input, throws nothing and allocates nothing.
using System;
using System.Diagnostics;
using System.Linq;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.MessagePack.Tests;

public class HostileInputTests
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(5);

    [Fact]
    public void Random_bytes_do_no_harm()
    {
        var random = new Random(1);
        byte[] input = new byte[256];
        RunUntilBudget(() =>
        {
            random.NextBytes(input);
            Exercise(input.AsSpan(0, random.Next(input.Length)), random);
        });
    }

    [Fact]
    public void Mutated_values_do_no_harm()
    {
        var random = new Random(2);
        byte[][] seeds = Values.Any.Sample(300, size: 30).Select(value => value.Encode()).Where(seed => seed.Length < 4096).ToArray();
        RunUntilBudget(() =>
        {
            byte[] input = (byte[])seeds[random.Next(seeds.Length)].Clone();
            for (int mutations = random.Next(1, 5); mutations > 0; mutations--)
                input[random.Next(input.Length)] = random.Next(3) == 0 ? (byte)random.Next(0xc0, 0xe0) : (byte)random.Next(256);
            Exercise(input, random);
        });
    }

    [Fact]
    public void What_the_reader_accepts_the_writer_writes_and_the_reader_reads_again()
    {
        var random = new Random(3);
        byte[] input = new byte[24];
        int accepted = 0;
        for (int i = 0; i < 200_000; i++)
        {
            random.NextBytes(input);
            var reader = new MessagePackReader(input);
            if (Value.Read(ref reader) is not Value value)
                continue;
            accepted++;
            var again = new MessagePackReader(value.Encode());
            Assert.Equal(value.Describe(), Value.Read(ref again)!.Describe());
            Assert.True(value.Encode().Length <= reader.Position, value.Describe());
        }

        Assert.True(accepted > 10_000, $"only {accepted} inputs were well formed");
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        byte[] encoded = new Value.Map([
            (new Value.Text("name"), new Value.Sequence([new Value.Integer(-5), new Value.Double(0), new Value.Time(1, 1)])),
            (new Value.Text("data"), new Value.Binary("00ff"))]).Encode();
        byte[] output = new byte[64];
        var random = new Random(4);
        Exercise(encoded, random);
        Write(output);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Exercise(encoded, random);
            Write(output);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Write(byte[] output)
    {
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(1);
        writer.WriteString("key"u8);
        writer.WriteString("text\u00e4".AsSpan());
        writer.WriteTimestamp(new MessagePackTimestamp(-1, 1));
        writer.WriteDouble(1.5);
    }

    private static void RunUntilBudget(Action round)
    {
        long end = Stopwatch.GetTimestamp() + (long)(s_budget.TotalSeconds * Stopwatch.Frequency);
        int rounds = 0;
        for (; Stopwatch.GetTimestamp() < end; rounds++)
            round();
        Assert.True(rounds > 1000, $"only {rounds} rounds");
    }

    /// <summary>
    /// Skips through the input, then reads it once more by operations chosen at random, holding the reader to its promises.
    /// </summary>
    private static void Exercise(ReadOnlySpan<byte> input, Random random)
    {
        var skipper = new MessagePackReader(input);
        while (skipper.TryReadRaw(out ReadOnlySpan<byte> raw))
            Require(raw.Length > 0);
        Require(skipper.Status != MessagePackStatus.Ok && skipper.Position <= input.Length);

        var reader = new MessagePackReader(input, validateText: random.Next(2) == 0);
        int steps = 0;
        while (true)
        {
            int before = reader.Position;
            bool read = ReadAtRandom(ref reader, random, out int counted);
            Require(counted <= reader.Remaining);
            Require(read ? reader.Position > before : reader.Position >= before && reader.Status != MessagePackStatus.Ok);
            Require(++steps <= input.Length + 1);
            if (!read)
                return;
        }
    }

    private static bool ReadAtRandom(ref MessagePackReader reader, Random random, out int count)
    {
        count = 0;
        switch (random.Next(4) == 0 ? (MessagePackType)random.Next(13) : reader.NextType)
        {
            case MessagePackType.Nil: return reader.TryReadNil();
            case MessagePackType.Boolean: return reader.TryReadBoolean(out _);
            case MessagePackType.Integer: return random.Next(2) == 0 ? reader.TryReadInt64(out _) : reader.TryReadUInt16(out _);
            case MessagePackType.Float32: return reader.TryReadSingle(out _);
            case MessagePackType.Float64: return reader.TryReadDouble(out _);
            case MessagePackType.String: return reader.TryReadString(out _);
            case MessagePackType.Binary: return reader.TryReadBinary(out _);
            case MessagePackType.Array: return reader.TryReadArrayHeader(out count);
            case MessagePackType.Map: return reader.TryReadMapHeader(out count);
            case MessagePackType.Extension when random.Next(2) == 0: return reader.TryReadTimestamp(out _);
            case MessagePackType.Extension: return reader.TryReadExtension(out _, out _);
            default: return reader.TrySkip();
        }
    }

    private static void Require(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException("the reader broke a promise");
    }
}
