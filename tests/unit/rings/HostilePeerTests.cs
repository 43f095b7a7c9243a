// The other end lies. The honest end gets a status; it never leaves the memory, never believes twice, never hangs.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using Xunit;

namespace Kilonova.Rings.Tests;

public class HostilePeerTests
{
    private const int ProducerIndex = 128;
    private const int ConsumerIndex = 256;
    private const int FirstSlot = 512;

    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(4);

    [Theory]
    [InlineData(9UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(1UL << 32)]
    public void A_producer_index_beyond_the_ring_breaks_it(ulong index)
    {
        var ring = new RecordRing(1, 8);
        ring.Memory[ProducerIndex] = index;

        Assert.Equal(RingStatus.Broken, ring.Consumer.TryRead(new ulong[1]));
        Assert.True(ring.Consumer.IsBroken);
        ring.Memory[ProducerIndex] = 1;
        Assert.Equal(RingStatus.Broken, ring.Consumer.TryRead(new ulong[1]));
        Assert.Equal(RingStatus.Broken, ring.Consumer.Wait());
        Assert.Equal(RingStatus.Broken, ring.Consumer.Release());
    }

    [Fact]
    public void A_producer_index_that_moves_back_breaks_the_ring()
    {
        var ring = new RecordRing(1, 8);
        ring.Memory[ProducerIndex] = 3;
        for (int i = 0; i < 3; i++)
            Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(new ulong[1]));
        ring.Memory[ProducerIndex] = 2;

        Assert.Equal(RingStatus.Broken, ring.Consumer.TryRead(new ulong[1]));
    }

    [Fact]
    public void A_producer_that_overwrites_what_was_not_released_breaks_the_ring()
    {
        var ring = new RecordRing(1, 8);
        ring.Memory[ProducerIndex] = 8;
        for (int i = 0; i < 8; i++)
            Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(new ulong[1]));
        ring.Memory[ProducerIndex] = 9;

        Assert.Equal(RingStatus.Broken, ring.Consumer.TryRead(new ulong[1]));
    }

    [Theory]
    [InlineData(3UL)]
    [InlineData(ulong.MaxValue)]
    public void A_consumer_index_beyond_what_was_published_breaks_the_ring(ulong index)
    {
        var ring = new RecordRing(1, 2);
        ring.Producer.TryWrite([1]);
        ring.Producer.TryWrite([2]);
        ring.Producer.Publish();
        ring.Memory[ConsumerIndex] = index;

        Assert.Equal(RingStatus.Broken, ring.Producer.TryWrite([3]));
        Assert.True(ring.Producer.IsBroken);
        ring.Memory[ConsumerIndex] = 1;
        Assert.Equal(RingStatus.Broken, ring.Producer.TryWrite([3]));
        Assert.Equal(RingStatus.Broken, ring.Producer.WaitForSpace());
        Assert.Equal(RingStatus.Broken, ring.Producer.Publish());
    }

    [Fact]
    public void A_consumer_that_gives_back_what_was_written_but_not_published_breaks_the_ring()
    {
        var ring = new RecordRing(1, 2);
        ring.Producer.TryWrite([1]);
        ring.Producer.TryWrite([2]);
        ring.Memory[ConsumerIndex] = 1;

        Assert.Equal(RingStatus.Broken, ring.Producer.TryWrite([3]));
    }

    [Fact]
    public void A_consumer_index_that_moves_back_breaks_the_ring()
    {
        var ring = new RecordRing(1, 2);
        ring.Producer.TryWrite([1]);
        ring.Producer.TryWrite([2]);
        ring.Producer.Publish();
        ring.Memory[ConsumerIndex] = 1;
        Assert.Equal(RingStatus.Ok, ring.Producer.TryWrite([3]));
        ring.Memory[ConsumerIndex] = 0;

        Assert.Equal(RingStatus.Broken, ring.Producer.TryWrite([4]));
    }

    [Theory]
    [InlineData(9UL, 2UL)]
    [InlineData(57UL, 8UL)]
    [InlineData(0xffff_ffffUL, 8UL)]
    [InlineData(0x8000_0000UL, 8UL)]
    public void A_packet_longer_than_what_was_published_breaks_the_ring(ulong head, ulong published)
    {
        var ring = new PacketRing(64);
        ring.Memory[FirstSlot] = head;
        ring.Memory[ProducerIndex] = published;

        Assert.Equal(RingStatus.Broken, ring.Consumer.TryRead(new byte[100], out int length, out uint tag));
        Assert.Equal(0, length);
        Assert.Equal(0U, tag);
    }

    [Fact]
    public void A_packets_head_is_loaded_once_however_often_it_is_asked_for()
    {
        var ring = new PacketRing(64);
        ring.Producer.TryWrite(7, new byte[8]);
        ring.Producer.Publish();
        int loads = 0;
        ring.Memory.OnAccess = (_, offset, size, stores) =>
        {
            if (offset <= FirstSlot && offset + size > FirstSlot && !stores)
                loads++;
        };

        Assert.Equal(RingStatus.Ok, ring.Consumer.TryPeek(out int length, out _));
        ring.Memory[FirstSlot] = 48;
        Assert.Equal(RingStatus.BufferTooSmall, ring.Consumer.TryRead(new byte[7], out _, out _));
        Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(new byte[8], out int again, out uint tag));
        Assert.Equal(8, length);
        Assert.Equal(8, again);
        Assert.Equal(7U, tag);
        Assert.Equal(1, loads);
    }

    [Fact]
    public void No_word_is_loaded_twice_by_one_read()
    {
        var ring = new PacketRing(256);
        var loaded = new HashSet<int>();
        for (int i = 0; i < 50; i++)
        {
            ring.Producer.TryWrite(1, new byte[i]);
            ring.Producer.Publish();
            loaded.Clear();
            ring.Memory.OnAccess = (name, offset, size, stores) =>
            {
                for (int at = offset; at < offset + size; at++)
                    Assert.True(name != "consumer" || stores || loaded.Add(at), $"offset {at} is loaded twice");
            };
            Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(new byte[64], out _, out _));
            ring.Memory.OnAccess = null;
            ring.Consumer.Release();
        }
    }

    [Fact]
    public void The_geometry_is_never_looked_at_again()
    {
        var ring = new RecordRing(1, 4);
        ring.Memory.Bytes.AsSpan(0, 128).Fill(0xff);
        for (ulong i = 0; i < 20; i++)
        {
            Assert.Equal(RingStatus.Ok, ring.Producer.TryWrite([i]));
            Assert.Equal(RingStatus.Ok, ring.Producer.Publish());
            ulong[] record = new ulong[1];
            Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(record));
            Assert.Equal(RingStatus.Ok, ring.Consumer.Release());
            Assert.Equal(i, record[0]);
        }
    }

    [Fact]
    public void Random_scribbling_over_the_whole_area_does_no_harm()
    {
        var random = new Random(5);
        long end = Stopwatch.GetTimestamp() + (long)(s_budget.TotalSeconds * Stopwatch.Frequency);
        int broken = 0;
        int rounds = 0;
        for (; Stopwatch.GetTimestamp() < end; rounds++)
            broken += (rounds & 1) == 0 ? ScribbleOverRecords(random) : ScribbleOverPackets(random);

        Assert.True(rounds > 1000, $"only {rounds} rounds");
        Assert.True(broken > rounds / 10, $"only {broken} of {rounds} rings broke");
    }

    private static int ScribbleOverRecords(Random random)
    {
        var ring = new RecordRing(2, 4);
        ulong[] record = new ulong[2];
        for (int step = 0; step < 40; step++)
        {
            Scribble(ring.Memory, random);
            RingStatus status = random.Next(6) switch
            {
                0 or 1 => ring.Producer.TryWrite(record),
                2 => ring.Producer.WaitForSpace(records: random.Next(3)),
                3 => ring.Producer.Publish(),
                4 => ring.Consumer.TryRead(record),
                _ => ring.Consumer.Wait(records: random.Next(3)),
            };
            Assert.True(status <= RingStatus.WrongSize, $"{status}");
        }

        return ring.Producer.IsBroken || ring.Consumer.IsBroken ? 1 : 0;
    }

    private static int ScribbleOverPackets(Random random)
    {
        var ring = new PacketRing(64);
        byte[] packet = new byte[64];
        for (int step = 0; step < 40; step++)
        {
            Scribble(ring.Memory, random);
            RingStatus status = random.Next(6) switch
            {
                0 or 1 => ring.Producer.TryWrite(3, packet.AsSpan(0, random.Next(64))),
                2 => ring.Producer.WaitForSpace(random.Next(64)),
                3 => ring.Producer.Publish(),
                4 => ring.Consumer.TryRead(packet, out _, out _),
                _ => ring.Consumer.Wait(),
            };
            Assert.True(status <= RingStatus.WrongSize, $"{status}");
        }

        return ring.Producer.IsBroken || ring.Consumer.IsBroken ? 1 : 0;
    }

    /// <summary>Half the time near the truth, where lies are hardest to see.</summary>
    private static void Scribble(FakeMemory memory, Random random)
    {
        if (random.Next(3) != 0)
            return;
        int offset = random.Next(3) switch
        {
            0 => 128 + (8 * random.Next(2)),
            1 => 256 + (8 * random.Next(2)),
            _ => 8 * random.Next(memory.Bytes.Length / 8),
        };
        memory[offset] = random.Next(2) == 0 ? memory[offset] + (ulong)random.Next(-3, 4) : (ulong)random.NextInt64() >> random.Next(64);
    }
}
