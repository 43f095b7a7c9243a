using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Management.Tests;

public class FrameTests
{
    private const int Longest = 2048;

    [Fact]
    public void What_is_framed_arrives_and_no_byte_between_is_zero() => Prop.ForAll<byte[]>(message =>
    {
        byte[] frame = Frame(message);
        return Read(frame).Single().SequenceEqual(message) && frame[1..^1].All(value => value != FrameFormat.Delimiter)
            && frame[0] == FrameFormat.Delimiter && frame[^1] == FrameFormat.Delimiter;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(249)]
    [InlineData(250)]
    [InlineData(251)]
    [InlineData(253)]
    [InlineData(254)]
    [InlineData(255)]
    [InlineData(507)]
    [InlineData(508)]
    [InlineData(Longest)]
    public void Messages_of_every_length_fit_what_is_promised(int length)
    {
        foreach (byte filler in (byte[])[0, 1, 0xff])
        {
            byte[] message = Enumerable.Repeat(filler, length).ToArray();
            Assert.Equal(message, Read(Frame(message)).Single());
        }
    }

    [Fact]
    public void The_check_is_the_one_of_IEEE_802_3() => Assert.Equal(0xcbf43926, FrameFormat.Check("123456789"u8));

    [Fact]
    public void A_message_survives_whatever_stands_before_it() => Prop.ForAll<byte[], byte[]>((noise, message) =>
        Read([.. noise, .. Frame(message)]).Last().SequenceEqual(message)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_frame_with_one_damaged_byte_is_dropped()
    {
        byte[] good = Frame(Encoding.ASCII.GetBytes("a message with \0 zeros \0 in it"));
        for (int i = 1; i < good.Length - 1; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] bad = [.. good];
                bad[i] ^= (byte)(1 << bit);
                Assert.Empty(Read(bad));
            }
        }
    }

    [Fact]
    public void What_is_too_long_is_dropped_and_counted_and_the_next_arrives()
    {
        FrameReader reader = new(Longest);
        List<byte[]> messages = Feed(reader, [.. Frame(new byte[Longest + 1]), .. Frame([7])]);

        Assert.Equal([7], Assert.Single(messages));
        Assert.Equal(1ul, reader.Dropped);
    }

    [Fact]
    public void An_endless_stream_without_delimiter_costs_nothing_but_a_count()
    {
        FrameReader reader = new(16);
        List<byte[]> messages = Feed(reader, [.. Enumerable.Repeat((byte)0x41, 100_000), .. Frame([1, 2])]);

        Assert.Equal([1, 2], Assert.Single(messages));
        Assert.Equal(1ul, reader.Dropped);
    }

    [Fact]
    public void Nothing_between_delimiters_is_no_frame()
    {
        FrameReader reader = new(16);

        Assert.Empty(Feed(reader, [0, 0, 0, 0]));
        Assert.Equal(0ul, reader.Dropped);
    }

    internal static byte[] Frame(ReadOnlySpan<byte> message)
    {
        byte[] frame = new byte[FrameFormat.MaxLength(message.Length)];
        return frame[..FrameFormat.Write(message, frame)];
    }

    internal static List<byte[]> Feed(FrameReader reader, byte[] bytes)
    {
        List<byte[]> messages = [];
        foreach (byte value in bytes)
        {
            if (reader.TryTake(value))
                messages.Add(reader.Message.ToArray());
        }

        return messages;
    }

    private static List<byte[]> Read(byte[] bytes) => Feed(new FrameReader(Longest), bytes);
}
