// Either end dies at every single access to memory. The survivor keeps what was published, is never broken by it and never hangs.
using System;
using System.Collections.Generic;
using Xunit;

namespace Kilonova.Rings.Tests;

public class DeathTests
{
    private const int Capacity = 4;

    [Fact]
    public void Ends_go_on_in_a_fresh_ring_when_the_session_begins_anew()
    {
        var ring = new RecordRing(1, Capacity);
        ring.Producer.TryWrite([1]);
        ring.Producer.Publish();
        Assert.Equal(RingStatus.NotFresh, ring.Producer.Reattach(ring.Memory.View("producer"), ring.Data.Handle, ring.Space.Handle));
        ring.Memory[128] = 99;
        ulong[] record = [0];
        Assert.Equal(RingStatus.Broken, ring.Consumer.TryRead(record));

        var other = new RecordRing(1, 2 * Capacity);
        var fresh = new FakeMemory((int)RingGeometry.Records(1, 2 * Capacity).Size);
        Assert.Equal(RingStatus.Ok, RingLayout.Create(fresh.View("owner"), RingGeometry.Records(1, 2 * Capacity)));
        Assert.Equal(RingStatus.Ok, ring.Producer.Reattach(fresh.View("producer"), other.Data.Handle, other.Space.Handle));
        Assert.Equal(RingStatus.Ok, ring.Consumer.Reattach(fresh.View("consumer"), other.Data.Handle, other.Space.Handle));
        for (ulong i = 0; i < 2 * Capacity; i++)
            Assert.Equal(RingStatus.Ok, ring.Producer.TryWrite([i]));

        ring.Producer.Publish();
        for (ulong i = 0; i < 2 * Capacity; i++)
        {
            Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(record));
            Assert.Equal(i, record[0]);
        }
    }

    [Fact]
    public void A_packet_end_forgets_the_head_it_had_read_when_it_is_attached_anew()
    {
        var ring = new PacketRing(8 * 16);
        ring.Producer.TryWrite(7, new byte[50]);
        ring.Producer.Publish();
        Assert.Equal(RingStatus.BufferTooSmall, ring.Consumer.TryRead(new byte[10], out _, out _));

        var fresh = new FakeMemory((int)RingGeometry.Packets(8 * 16).Size);
        Assert.Equal(RingStatus.Ok, RingLayout.Create(fresh.View("owner"), RingGeometry.Packets(8 * 16)));
        Assert.Equal(RingStatus.Ok, ring.Producer.Reattach(fresh.View("producer"), ring.Data.Handle, ring.Space.Handle));
        Assert.Equal(RingStatus.Ok, ring.Consumer.Reattach(fresh.View("consumer"), ring.Data.Handle, ring.Space.Handle));
        Assert.Equal(RingStatus.Empty, ring.Consumer.TryRead(new byte[10], out _, out _));
        ring.Producer.TryWrite(8, new byte[3]);
        ring.Producer.Publish();
        Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(new byte[10], out int length, out uint tag));
        Assert.Equal((3, 8u), (length, tag));
    }

    [Fact]
    public void The_consumer_survives_the_producers_death_at_every_step()
    {
        int deaths = 0;
        for (int last = 0; ; last++)
        {
            var ring = new PacketRing(8 * 16);
            var published = new Queue<byte>();
            bool died = DiesAt(ring.Memory, "producer", last, () => Produce(ring, published));
            byte[] buffer = new byte[64];
            byte expected = 0;
            while (ring.Consumer.TryRead(buffer, out int length, out uint tag) == RingStatus.Ok)
            {
                Assert.Equal(expected, tag);
                Assert.All(buffer[..length], b => Assert.Equal((byte)tag, b));
                expected++;
            }

            // The publication that it died in may or may not have come through; each packet that did is whole.
            Assert.InRange(expected, published.Count, published.Count + 2);
            Assert.Equal(RingStatus.TimedOut, ring.Consumer.Wait());
            Assert.False(ring.Consumer.IsBroken);
            if (!died)
                break;
            deaths++;
        }

        Assert.True(deaths > 20, $"only {deaths} deaths");
    }

    [Fact]
    public void The_producer_survives_the_consumers_death_at_every_step()
    {
        int deaths = 0;
        for (int last = 0; ; last++)
        {
            var ring = new RecordRing(1, Capacity);
            for (ulong i = 0; i < Capacity; i++)
                ring.Producer.TryWrite([i]);
            ring.Producer.Publish();
            bool died = DiesAt(ring.Memory, "consumer", last, () => Consume(ring));
            int written = 0;
            while (ring.Producer.TryWrite([9]) == RingStatus.Ok)
                written++;

            Assert.InRange(written, 0, Capacity);
            Assert.Equal(RingStatus.TimedOut, ring.Producer.WaitForSpace());
            Assert.False(ring.Producer.IsBroken);
            if (!died)
                break;
            deaths++;
        }

        Assert.True(deaths > 10, $"only {deaths} deaths");
    }

    private static void Produce(PacketRing ring, Queue<byte> published)
    {
        byte tag = 0;
        for (int batch = 0; batch < 3; batch++)
        {
            for (int i = 0; i < 2; i++, tag++)
                Assert.Equal(RingStatus.Ok, ring.Producer.TryWrite(tag, Filled(tag)));
            Assert.Equal(RingStatus.Ok, ring.Producer.Publish());
            published.Enqueue(tag);
            published.Enqueue(tag);
        }

        Assert.Equal(RingStatus.TimedOut, ring.Producer.WaitForSpace(ring.Producer.MaximumLength));
    }

    private static byte[] Filled(byte value)
    {
        byte[] bytes = new byte[5 + value];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static void Consume(RecordRing ring)
    {
        for (int i = 0; i < Capacity; i++)
        {
            Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(new ulong[1]));
            if (i % 2 == 0)
                Assert.Equal(RingStatus.Ok, ring.Consumer.Release());
        }

        Assert.Equal(RingStatus.TimedOut, ring.Consumer.Wait());
    }

    /// <summary>Runs an end and cuts it off before its access number <paramref name="last"/>. False if it came to its end before.</summary>
    private static bool DiesAt(FakeMemory memory, string victim, int last, Action end)
    {
        int accesses = 0;
        memory.OnAccess = (name, _, _, _) =>
        {
            if (name == victim && accesses++ == last)
                throw new OperationCanceledException();
        };
        try
        {
            end();
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        finally
        {
            memory.OnAccess = null;
        }
    }
}
