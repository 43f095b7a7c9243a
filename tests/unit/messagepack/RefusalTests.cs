// What the reader and the writer refuse, and with which status.
using System;
using Xunit;

namespace Kilonova.MessagePack.Tests;

public class RefusalTests
{
    [Theory]
    [InlineData("", MessagePackStatus.Truncated)]
    [InlineData("c1", MessagePackStatus.InvalidFormat)]
    [InlineData("cd01", MessagePackStatus.Truncated)]
    [InlineData("a261", MessagePackStatus.Truncated)]
    [InlineData("d9", MessagePackStatus.Truncated)]
    [InlineData("dbffffffff61", MessagePackStatus.Truncated)]
    [InlineData("c6ffffffff", MessagePackStatus.Truncated)]
    [InlineData("c9ffffffff01", MessagePackStatus.Truncated)]
    [InlineData("c700", MessagePackStatus.Truncated)]
    [InlineData("ddffffffff0000", MessagePackStatus.Truncated)]
    [InlineData("dfffffffff0000", MessagePackStatus.Truncated)]
    [InlineData("df800000000000", MessagePackStatus.Truncated)]
    [InlineData("9200", MessagePackStatus.Truncated)]
    [InlineData("8100", MessagePackStatus.Truncated)]
    [InlineData("9191c1", MessagePackStatus.InvalidFormat)]
    [InlineData("91a180", MessagePackStatus.InvalidText)]
    public void Skipping_refuses(string encoded, MessagePackStatus expected)
    {
        var reader = new MessagePackReader(Convert.FromHexString(encoded));

        Assert.False(reader.TrySkip());
        Assert.Equal(expected, reader.Status);
    }

    [Fact]
    public void A_header_never_announces_more_elements_than_bytes_are_left()
    {
        var reader = new MessagePackReader(Convert.FromHexString("dc0003c0c0"));

        Assert.False(reader.TryReadArrayHeader(out int count));
        Assert.Equal(0, count);
        Assert.Equal(MessagePackStatus.Truncated, reader.Status);
    }

    [Fact]
    public void A_failure_sticks_and_the_reader_stays_where_it_failed()
    {
        var reader = new MessagePackReader(Convert.FromHexString("01c002"));

        Assert.True(reader.TryReadByte(out _));
        Assert.False(reader.TryReadByte(out byte value));
        Assert.Equal(0, value);
        Assert.False(reader.TryReadNil());
        Assert.Equal(MessagePackStatus.TypeMismatch, reader.Status);
        Assert.Equal(MessagePackType.None, reader.NextType);
        Assert.Equal(1, reader.Position);
    }

    [Fact]
    public void Integers_outside_the_type_are_out_of_range()
    {
        AssertOutOfRange("cd0100", (ref MessagePackReader reader) => reader.TryReadByte(out _));
        AssertOutOfRange("ff", (ref MessagePackReader reader) => reader.TryReadByte(out _));
        AssertOutOfRange("ce00010000", (ref MessagePackReader reader) => reader.TryReadUInt16(out _));
        AssertOutOfRange("cf0000000100000000", (ref MessagePackReader reader) => reader.TryReadUInt32(out _));
        AssertOutOfRange("d3ffffffffffffffff", (ref MessagePackReader reader) => reader.TryReadUInt64(out _));
        AssertOutOfRange("cc80", (ref MessagePackReader reader) => reader.TryReadSByte(out _));
        AssertOutOfRange("d1ff7f", (ref MessagePackReader reader) => reader.TryReadSByte(out _));
        AssertOutOfRange("cd8000", (ref MessagePackReader reader) => reader.TryReadInt16(out _));
        AssertOutOfRange("d2ffff7fff", (ref MessagePackReader reader) => reader.TryReadInt16(out _));
        AssertOutOfRange("ce80000000", (ref MessagePackReader reader) => reader.TryReadInt32(out _));
        AssertOutOfRange("d3ffffffff7fffffff", (ref MessagePackReader reader) => reader.TryReadInt32(out _));
        AssertOutOfRange("cf8000000000000000", (ref MessagePackReader reader) => reader.TryReadInt64(out _));
    }

    [Fact]
    public void Integers_at_the_border_of_the_type_are_read()
    {
        var reader = new MessagePackReader(
            Convert.FromHexString("ccffcdffffceffffffffcfffffffffffffffffd080d18000d280000000d38000000000000000"));

        Assert.True(reader.TryReadByte(out byte u8) && u8 == byte.MaxValue);
        Assert.True(reader.TryReadUInt16(out ushort u16) && u16 == ushort.MaxValue);
        Assert.True(reader.TryReadUInt32(out uint u32) && u32 == uint.MaxValue);
        Assert.True(reader.TryReadUInt64(out ulong u64) && u64 == ulong.MaxValue);
        Assert.True(reader.TryReadSByte(out sbyte s8) && s8 == sbyte.MinValue);
        Assert.True(reader.TryReadInt16(out short s16) && s16 == short.MinValue);
        Assert.True(reader.TryReadInt32(out int s32) && s32 == int.MinValue);
        Assert.True(reader.TryReadInt64(out long s64) && s64 == long.MinValue);
        Assert.True(reader.TryReadEnd());
    }

    [Fact]
    public void Every_type_is_refused_as_every_other()
    {
        string[] encoded = ["c0", "c3", "05", "ca00000000", "cb0000000000000000", "a161", "c40161", "90", "80", "d40561", "d6ff00000000"];
        Read[] reads =
        [
            (ref MessagePackReader reader) => reader.TryReadNil(),
            (ref MessagePackReader reader) => reader.TryReadBoolean(out _),
            (ref MessagePackReader reader) => reader.TryReadUInt64(out _),
            (ref MessagePackReader reader) => reader.TryReadSingle(out _),
            (ref MessagePackReader reader) => reader.TryReadDoubleBits(out _),
            (ref MessagePackReader reader) => reader.TryReadString(out _),
            (ref MessagePackReader reader) => reader.TryReadBinary(out _),
            (ref MessagePackReader reader) => reader.TryReadArrayHeader(out _),
            (ref MessagePackReader reader) => reader.TryReadMapHeader(out _),
            (ref MessagePackReader reader) => reader.TryReadExtension(out sbyte type, out _) && type != -1,
            (ref MessagePackReader reader) => reader.TryReadTimestamp(out _),
        ];

        for (int i = 0; i < encoded.Length; i++)
        {
            for (int k = 0; k < reads.Length; k++)
            {
                var reader = new MessagePackReader(Convert.FromHexString(encoded[i]));
                Assert.True(i == k == reads[k](ref reader), $"{encoded[i]} read by {k}");
            }
        }
    }

    [Theory]
    [InlineData("80")]
    [InlineData("c080")]
    [InlineData("c1bf")]
    [InlineData("e09f80")]
    [InlineData("eda080")]
    [InlineData("f08f8080")]
    [InlineData("f4908080")]
    [InlineData("f5808080")]
    [InlineData("c3")]
    [InlineData("e282")]
    [InlineData("e28228")]
    [InlineData("f0908028")]
    [InlineData("61ff")]
    public void Text_that_is_not_utf8_is_refused_unless_the_reader_was_told_not_to_look(string text)
    {
        byte[] bytes = Convert.FromHexString(text);
        byte[] encoded = [(byte)(0xa0 + bytes.Length), .. bytes];
        var strict = new MessagePackReader(encoded);
        var lenient = new MessagePackReader(encoded, validateText: false);
        var writer = new MessagePackWriter(new byte[16]);
        writer.WriteString(bytes);

        Assert.False(strict.TryReadString(out _));
        Assert.Equal(MessagePackStatus.InvalidText, strict.Status);
        Assert.True(lenient.TryReadString(out ReadOnlySpan<byte> read));
        Assert.Equal(bytes, read.ToArray());
        Assert.Equal(MessagePackStatus.InvalidText, writer.Status);
        Assert.Equal(0, writer.Position);
    }

    [Theory]
    [InlineData(0xd800)]
    [InlineData(0x61, 0xd800, 0x61)]
    [InlineData(0xdc00, 0xd800)]
    [InlineData(0xd800, 0xd800, 0xdc00)]
    public void A_surrogate_without_partner_is_not_written(params int[] text)
    {
        var writer = new MessagePackWriter(new byte[64]);
        writer.WriteString(Array.ConvertAll(text, unit => (char)unit));

        Assert.Equal(MessagePackStatus.InvalidText, writer.Status);
        Assert.Equal(0, writer.Position);
    }

    [Theory]
    [InlineData("d5ff0000")]
    [InlineData("d7ffee6b280000000000")]
    [InlineData("c70cff3b9aca000000000000000000")]
    [InlineData("c700ff")]
    public void A_timestamp_of_odd_length_or_with_too_many_nanoseconds_is_refused(string encoded)
    {
        var reader = new MessagePackReader(Convert.FromHexString(encoded));
        var writer = new MessagePackWriter(new byte[64]);
        writer.WriteTimestamp(new MessagePackTimestamp(0, MessagePackTimestamp.NanosecondsPerSecond));

        Assert.False(reader.TryReadTimestamp(out _));
        Assert.Equal(MessagePackStatus.InvalidTimestamp, reader.Status);
        Assert.Equal(MessagePackStatus.InvalidTimestamp, writer.Status);
    }

    [Fact]
    public void Nesting_is_passed_over_to_the_maximum_and_no_further()
    {
        byte[] deepest = new byte[MessagePackReader.MaximumDepth + 1];
        Array.Fill(deepest, (byte)0x91);
        deepest[^1] = 0xc0;
        byte[] deeper = [0x91, .. deepest];
        var shallow = new MessagePackReader(deepest);
        var deep = new MessagePackReader(deeper);

        Assert.True(shallow.TrySkip() && shallow.TryReadEnd());
        Assert.False(deep.TrySkip());
        Assert.Equal(MessagePackStatus.TooDeep, deep.Status);
    }

    [Fact]
    public void Data_behind_the_last_value_is_told()
    {
        var reader = new MessagePackReader([0xc0, 0xc0]);

        Assert.True(reader.TryReadNil());
        Assert.False(reader.TryReadEnd());
        Assert.Equal(MessagePackStatus.TrailingData, reader.Status);
    }

    [Theory]
    [InlineData("", MessagePackStatus.Truncated)]
    [InlineData("c0c0", MessagePackStatus.TrailingData)]
    [InlineData("92c0", MessagePackStatus.Truncated)]
    public void Raw_data_that_is_not_one_value_is_not_written(string encoded, MessagePackStatus expected)
    {
        var writer = new MessagePackWriter(new byte[16]);
        writer.WriteRaw(Convert.FromHexString(encoded));

        Assert.Equal(expected, writer.Status);
        Assert.Equal(0, writer.Position);
    }

    [Fact]
    public void The_writers_first_failure_sticks()
    {
        var writer = new MessagePackWriter(new byte[2]);
        writer.WriteUInt64(ushort.MaxValue);
        writer.WriteString("\ud800");
        writer.WriteNil();

        Assert.Equal(MessagePackStatus.OutputFull, writer.Status);
        Assert.Equal(0, writer.Position);
    }

    private delegate bool Read(ref MessagePackReader reader);

    private static void AssertOutOfRange(string encoded, Read read)
    {
        var reader = new MessagePackReader(Convert.FromHexString(encoded));
        Assert.False(read(ref reader));
        Assert.Equal(MessagePackStatus.OutOfRange, reader.Status);
    }
}
