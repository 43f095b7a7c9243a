// The header to the byte, and what attaching refuses.
using System;
using Xunit;

namespace Kilonova.Rings.Tests;

public class LayoutTests
{
    private const int Words = 3;
    private const int Capacity = 8;

    [Fact]
    public void The_header_is_laid_out_as_documented()
    {
        FakeMemory memory = Created(RingGeometry.Records(Words, Capacity));

        Assert.Equal("KNLVRING"u8.ToArray(), memory.Bytes[..8]);
        Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0], memory.Bytes[8..16]);
        Assert.Equal([24, 0, 0, 0, 8, 0, 0, 0], memory.Bytes[16..24]);
        Assert.Equal(0UL, memory[24]);
        Assert.Equal(0UL, memory[128]);
        Assert.Equal(ulong.MaxValue, memory[136]);
        Assert.Equal(0UL, memory[256]);
        Assert.Equal(ulong.MaxValue, memory[264]);
        Assert.Equal(512 + (24 * 8), memory.Bytes.Length);
    }

    [Fact]
    public void Records_lie_slot_by_slot_and_the_index_is_published()
    {
        var ring = new RecordRing(2, 2);
        for (ulong i = 0; i < 3; i++)
        {
            Assert.Equal(RingStatus.Ok, ring.Producer.TryWrite([10 + i, 20 + i]));
            Assert.Equal(RingStatus.Ok, ring.Producer.Publish());
            Assert.Equal(RingStatus.Ok, ring.Consumer.TryRead(new ulong[2]));
            Assert.Equal(RingStatus.Ok, ring.Consumer.Release());
        }

        Assert.Equal([12UL, 22UL, 11UL, 21UL], [ring.Memory[512], ring.Memory[520], ring.Memory[528], ring.Memory[536]]);
        Assert.Equal(3UL, ring.Memory[128]);
        Assert.Equal(3UL, ring.Memory[256]);
    }

    [Fact]
    public void A_packet_has_length_and_tag_in_its_first_slot()
    {
        var ring = new PacketRing(64);
        Assert.Equal(RingStatus.Ok, ring.Producer.TryWrite(0xabcd, "123456789"u8));
        Assert.Equal(RingStatus.Ok, ring.Producer.Publish());

        Assert.Equal([9, 0, 0, 0, 0xcd, 0xab, 0, 0], ring.Memory.Bytes[512..520]);
        Assert.Equal("123456789"u8.ToArray(), ring.Memory.Bytes[520..529]);
        Assert.Equal(3UL, ring.Memory[128]);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(-1, 8)]
    [InlineData(513, 8)]
    [InlineData(1, 0)]
    [InlineData(1, -8)]
    [InlineData(1, 3)]
    [InlineData(1, 1 << 25)]
    [InlineData(512, 1 << 20)]
    public void Impossible_rings_of_records_are_not_created(int words, int capacity) =>
        Assert.Equal(RingStatus.WrongGeometry,
            RingLayout.Create(new FakeMemory(4096).View("owner"), RingGeometry.Records(words, capacity)));

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(24)]
    [InlineData(-8)]
    [InlineData(8192)]
    public void Impossible_rings_of_packets_are_not_created(int capacity) =>
        Assert.Equal(RingStatus.WrongGeometry, RingLayout.Create(new FakeMemory(4096).View("owner"), RingGeometry.Packets(capacity)));

    [Theory]
    [InlineData(0, 0UL, RingStatus.NoRing)]
    [InlineData(8, 2UL | (1UL << 32), RingStatus.WrongVersion)]
    [InlineData(8, 1UL, RingStatus.WrongGeometry)]
    [InlineData(8, 1UL | (2UL << 32), RingStatus.WrongGeometry)]
    [InlineData(8, 1UL | (0x101UL << 32), RingStatus.WrongGeometry)]
    [InlineData(16, 24UL, RingStatus.WrongGeometry)]
    [InlineData(16, 24UL | (7UL << 32), RingStatus.WrongGeometry)]
    [InlineData(16, 24UL | (16UL << 32), RingStatus.WrongGeometry)]
    [InlineData(16, 24UL | (0x8000_0000UL << 32), RingStatus.WrongGeometry)]
    [InlineData(16, 0UL | (8UL << 32), RingStatus.WrongGeometry)]
    [InlineData(16, 20UL | (8UL << 32), RingStatus.WrongGeometry)]
    [InlineData(16, 16UL | (8UL << 32), RingStatus.WrongGeometry)]
    [InlineData(24, 1UL, RingStatus.WrongGeometry)]
    public void Neither_end_attaches_to_a_wrong_header(int offset, ulong value, RingStatus expected)
    {
        FakeMemory memory = Created(RingGeometry.Records(Words, Capacity));
        memory[offset] = value;

        Assert.Equal(expected, AttachProducer(memory));
        Assert.Equal(expected, AttachConsumer(memory));
    }

    [Fact]
    public void Memory_without_room_for_a_header_holds_no_ring()
    {
        Assert.Equal(RingStatus.NoRing, AttachProducer(new FakeMemory(511)));
        Assert.Equal(RingStatus.NoRing, AttachConsumer(new FakeMemory(0)));
    }

    [Fact]
    public void Records_and_packets_do_not_mix()
    {
        FakeMemory packets = Created(RingGeometry.Packets(64));
        FakeMemory records = Created(RingGeometry.Records(1, 8));
        FakeSemaphore any = new Counter().Handle;

        Assert.Equal(RingStatus.WrongGeometry, RecordProducer<FakeView, FakeSemaphore>.Attach(packets.View("p"), any, any, 1, out _));
        Assert.Equal(RingStatus.WrongGeometry, RecordConsumer<FakeView, FakeSemaphore>.Attach(packets.View("c"), any, any, 1, out _));
        Assert.Equal(RingStatus.WrongGeometry, PacketProducer<FakeView, FakeSemaphore>.Attach(records.View("p"), any, any, out _));
        Assert.Equal(RingStatus.WrongGeometry, PacketConsumer<FakeView, FakeSemaphore>.Attach(records.View("c"), any, any, out _));
    }

    [Fact]
    public void An_end_that_was_used_cannot_be_taken_over()
    {
        FakeMemory memory = Created(RingGeometry.Records(Words, Capacity));
        memory[128] = 1;
        Assert.Equal(RingStatus.NotFresh, AttachProducer(memory));
        Assert.Equal(RingStatus.Ok, AttachConsumer(memory));
        memory[256] = 1;
        Assert.Equal(RingStatus.NotFresh, AttachConsumer(memory));
    }

    private static FakeMemory Created(RingGeometry geometry)
    {
        var memory = new FakeMemory((int)geometry.Size);
        Assert.Equal(RingStatus.Ok, RingLayout.Create(memory.View("owner"), geometry));
        return memory;
    }

    private static RingStatus AttachProducer(FakeMemory memory)
    {
        RingStatus status = RecordProducer<FakeView, FakeSemaphore>.Attach(
            memory.View("producer"), new Counter().Handle, new Counter().Handle, Words, out var producer);
        Assert.Equal(status == RingStatus.Ok, producer is not null);
        return status;
    }

    private static RingStatus AttachConsumer(FakeMemory memory)
    {
        RingStatus status = RecordConsumer<FakeView, FakeSemaphore>.Attach(
            memory.View("consumer"), new Counter().Handle, new Counter().Handle, Words, out var consumer);
        Assert.Equal(status == RingStatus.Ok, consumer is not null);
        return status;
    }
}
