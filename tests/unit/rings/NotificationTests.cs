// Who wakes whom, and when nobody is woken.
using Xunit;

namespace Kilonova.Rings.Tests;

public class NotificationTests
{
    private const int ProducerIndex = 128;
    private const int ConsumerIndex = 256;

    private readonly RecordRing _ring = new(1, 8);

    [Fact]
    public void A_consumer_that_is_awake_is_never_upped()
    {
        for (ulong i = 0; i < 100; i++)
        {
            Write(i);
            _ring.Producer.Publish();
            Assert.Equal(i, Read());
            _ring.Consumer.Release();
        }

        Assert.Equal(0, _ring.Data.Ups);
        Assert.Equal(0, _ring.Space.Ups);
        Assert.Equal(0UL, _ring.Producer.Wakes);
    }

    [Fact]
    public void Each_record_and_packet_is_noted_once_when_it_is_published()
    {
        Write(0);
        Write(1);
        Assert.Equal(0ul, _ring.Data.Noted);
        _ring.Producer.Publish();
        _ring.Producer.Publish();
        Assert.Equal(2ul, _ring.Data.Noted);

        PacketRing packets = new(256);
        packets.Producer.TryWrite(1, new byte[100]);
        packets.Producer.TryWrite(1, []);
        packets.Producer.Publish();
        Assert.Equal(2ul, packets.Data.Noted);
    }

    [Fact]
    public void A_sleeping_consumer_is_upped_once_for_a_batch()
    {
        _ring.Data.OnSleep = () =>
        {
            for (ulong i = 0; i < 5; i++)
                Write(i);
            _ring.Producer.Publish();
            Write(5);
            _ring.Producer.Publish();
        };

        Assert.Equal(RingStatus.Ok, _ring.Consumer.Wait());
        Assert.Equal(1, _ring.Data.Ups);
        Assert.Equal(1UL, _ring.Consumer.Sleeps);
        for (ulong i = 0; i < 6; i++)
            Assert.Equal(i, Read());
    }

    [Fact]
    public void Nothing_is_upped_before_publication()
    {
        _ring.Data.OnSleep = () => Write(1);

        Assert.Equal(RingStatus.TimedOut, _ring.Consumer.Wait());
        Assert.Equal(0, _ring.Data.Ups);
        Assert.Equal(RingStatus.Empty, _ring.Consumer.TryRead(new ulong[1]));
    }

    [Fact]
    public void A_consumer_that_waits_for_several_sleeps_until_there_are_as_many()
    {
        Assert.Equal(RingStatus.Empty, _ring.Consumer.Arm(4));
        for (ulong i = 0; i < 3; i++)
        {
            Write(i);
            _ring.Producer.Publish();
        }

        Assert.Equal(0, _ring.Data.Ups);
        Write(3);
        _ring.Producer.Publish();
        Assert.Equal(1, _ring.Data.Ups);
        Assert.Equal(RingStatus.Ok, _ring.Consumer.Arm(4));
    }

    [Fact]
    public void Waiting_returns_at_once_where_records_are_published_already()
    {
        Write(1);
        _ring.Producer.Publish();

        Assert.Equal(RingStatus.Ok, _ring.Consumer.Wait());
        Assert.Equal(0, _ring.Data.Downs);
    }

    [Fact]
    public void A_producer_on_a_full_ring_is_told_and_sleeps_until_space_is_released()
    {
        for (ulong i = 0; i < 8; i++)
            Write(i);
        Assert.Equal(RingStatus.Full, _ring.Producer.TryWrite([8]));
        _ring.Space.OnSleep = () =>
        {
            Assert.Equal(0UL, Read());
            Assert.Equal(0, _ring.Space.Ups);
            _ring.Consumer.Release();
        };

        Assert.Equal(RingStatus.Ok, _ring.Producer.WaitForSpace());
        Assert.Equal(1, _ring.Space.Ups);
        Assert.Equal(RingStatus.Ok, _ring.Producer.TryWrite([8]));
        Assert.Equal(RingStatus.Full, _ring.Producer.TryWrite([9]));
    }

    [Fact]
    public void A_producer_that_waits_for_several_is_upped_once_there_is_space_for_all()
    {
        for (ulong i = 0; i < 8; i++)
            Write(i);
        Assert.Equal(RingStatus.Full, _ring.Producer.ArmForSpace(3));
        for (int i = 0; i < 8; i++)
        {
            Read();
            _ring.Consumer.Release();
            Assert.Equal(i >= 2 ? 1 : 0, _ring.Space.Ups);
        }
    }

    [Fact]
    public void Waiting_for_space_publishes_first()
    {
        for (ulong i = 0; i < 8; i++)
            Write(i);
        Assert.Equal(RingStatus.TimedOut, _ring.Producer.WaitForSpace());

        Assert.Equal(8UL, _ring.Memory[ProducerIndex]);
    }

    [Fact]
    public void Waiting_for_records_releases_first()
    {
        Write(1);
        _ring.Producer.Publish();
        Read();
        Assert.Equal(RingStatus.TimedOut, _ring.Consumer.Wait());

        Assert.Equal(1UL, _ring.Memory[ConsumerIndex]);
    }

    [Fact]
    public void A_credit_left_over_is_no_reason_to_believe_in_records()
    {
        _ring.Data.Credits = 3;

        Assert.Equal(RingStatus.TimedOut, _ring.Consumer.Wait());
        Assert.Equal(4, _ring.Data.Downs);
    }

    [Theory]
    [InlineData(0, RingStatus.WrongSize)]
    [InlineData(-1, RingStatus.WrongSize)]
    [InlineData(4, RingStatus.TimedOut)]
    [InlineData(5, RingStatus.WrongSize)]
    public void Nobody_waits_for_more_than_half_the_ring(int records, RingStatus expected)
    {
        Assert.Equal(expected, _ring.Consumer.Wait(records: records));
        for (ulong i = 0; i < 8; i++)
            Write(i);
        Assert.Equal(expected, _ring.Producer.WaitForSpace(records: records));
    }

    [Fact]
    public void In_a_ring_of_one_record_both_ends_may_wait_for_one()
    {
        var ring = new RecordRing(1, 1);

        Assert.Equal(RingStatus.TimedOut, ring.Consumer.Wait());
        Assert.Equal(RingStatus.Ok, ring.Producer.TryWrite([7]));
        Assert.Equal(RingStatus.TimedOut, ring.Producer.WaitForSpace());
        Assert.Equal(1, ring.Data.Ups);
    }

    [Fact]
    public void A_producer_of_packets_waits_for_as_much_space_as_its_packet_needs()
    {
        var ring = new PacketRing(64);
        ring.Producer.TryWrite(1, new byte[16]);
        ring.Producer.TryWrite(2, new byte[16]);
        Assert.Equal(RingStatus.Full, ring.Producer.ArmForSpace(24));
        Assert.Equal(RingStatus.Ok, ring.Producer.ArmForSpace(8));
        Assert.Equal(RingStatus.Ok, ring.Consumer.TrySkip());
        ring.Consumer.Release();

        Assert.Equal(1, ring.Space.Ups);
        Assert.Equal(RingStatus.WrongSize, ring.Producer.ArmForSpace(57));
        Assert.Equal(RingStatus.WrongSize, ring.Producer.WaitForSpace(-1));
    }

    [Fact]
    public void A_consumer_whose_producer_is_gone_reads_what_is_left_and_is_told_then()
    {
        _ring.Data.OnSleep = () =>
        {
            Write(1);
            _ring.Producer.Publish();
            _ring.Data.Gone = true;
        };

        Assert.Equal(RingStatus.Ok, _ring.Consumer.Wait());
        Assert.Equal(1UL, Read());
        Assert.Equal(RingStatus.Gone, _ring.Consumer.Wait());
    }

    [Fact]
    public void A_producer_whose_consumer_is_gone_is_told_when_it_waits_or_wakes()
    {
        Assert.Equal(RingStatus.Empty, _ring.Consumer.Arm());
        _ring.Data.Gone = true;
        _ring.Space.Gone = true;
        for (ulong i = 0; i < 8; i++)
            Write(i);

        Assert.Equal(RingStatus.Gone, _ring.Producer.Publish());
        Assert.Equal(RingStatus.Gone, _ring.Producer.WaitForSpace());
    }

    private void Write(ulong value) => Assert.Equal(RingStatus.Ok, _ring.Producer.TryWrite([value]));

    private ulong Read()
    {
        ulong[] record = new ulong[1];
        Assert.Equal(RingStatus.Ok, _ring.Consumer.TryRead(record));
        return record[0];
    }
}
