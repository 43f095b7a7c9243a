// Encodings to the byte, written by hand from the specification.
using System;
using Xunit;

namespace Kilonova.MessagePack.Tests;

public class EncodingTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7f")]
    [InlineData(128, "cc80")]
    [InlineData(255, "ccff")]
    [InlineData(256, "cd0100")]
    [InlineData(65535, "cdffff")]
    [InlineData(65536, "ce00010000")]
    [InlineData(4294967295, "ceffffffff")]
    [InlineData(4294967296, "cf0000000100000000")]
    [InlineData(long.MaxValue, "cf7fffffffffffffff")]
    [InlineData(-1, "ff")]
    [InlineData(-32, "e0")]
    [InlineData(-33, "d0df")]
    [InlineData(-128, "d080")]
    [InlineData(-129, "d1ff7f")]
    [InlineData(-32768, "d18000")]
    [InlineData(-32769, "d2ffff7fff")]
    [InlineData(int.MinValue, "d280000000")]
    [InlineData(int.MinValue - 1L, "d3ffffffff7fffffff")]
    [InlineData(long.MinValue, "d38000000000000000")]
    public void Integers_take_their_smallest_encoding(long value, string expected)
    {
        Assert.Equal(expected, new Value.Integer(value).EncodedHex());
        var reader = new MessagePackReader(Convert.FromHexString(expected));
        Assert.True(reader.TryReadInt64(out long read));
        Assert.Equal(value, read);
    }

    [Fact]
    public void The_largest_integer_has_nine_bytes() =>
        Assert.Equal("cfffffffffffffffff", new Value.Integer(ulong.MaxValue).EncodedHex());

    [Fact]
    public void Nil_and_truth_have_one_byte()
    {
        Assert.Equal("c0", new Value.Nil().EncodedHex());
        Assert.Equal("c2", new Value.Truth(false).EncodedHex());
        Assert.Equal("c3", new Value.Truth(true).EncodedHex());
    }

    [Fact]
    public void Floating_point_numbers_are_big_endian()
    {
        Assert.Equal("ca3fc00000", new Value.Single(BitConverter.SingleToUInt32Bits(1.5f)).EncodedHex());
        Assert.Equal("cb3ff8000000000000", new Value.Double(BitConverter.DoubleToUInt64Bits(1.5)).EncodedHex());
    }

    [Theory]
    [InlineData(0, "a0")]
    [InlineData(31, "bf")]
    [InlineData(32, "d920")]
    [InlineData(255, "d9ff")]
    [InlineData(256, "da0100")]
    [InlineData(65535, "daffff")]
    [InlineData(65536, "db00010000")]
    public void Strings_take_their_smallest_head(int length, string head)
    {
        string encoded = new Value.Text(new string('k', length)).EncodedHex();

        Assert.StartsWith(head, encoded);
        Assert.Equal(head.Length / 2 + length, encoded.Length / 2);
    }

    [Theory]
    [InlineData(0, "c400")]
    [InlineData(255, "c4ff")]
    [InlineData(256, "c50100")]
    [InlineData(65536, "c600010000")]
    public void Binaries_take_their_smallest_head(int length, string head) =>
        Assert.Equal(head + new string('0', 2 * length), new Value.Binary(new string('0', 2 * length)).EncodedHex());

    [Theory]
    [InlineData(0, "c70005")]
    [InlineData(1, "d405")]
    [InlineData(2, "d505")]
    [InlineData(3, "c70305")]
    [InlineData(4, "d605")]
    [InlineData(8, "d705")]
    [InlineData(16, "d805")]
    [InlineData(17, "c71105")]
    [InlineData(256, "c8010005")]
    [InlineData(65536, "c90001000005")]
    public void Extensions_take_their_smallest_head(int length, string head) =>
        Assert.Equal(head + new string('0', 2 * length), new Value.Extension(5, new string('0', 2 * length)).EncodedHex());

    [Theory]
    [InlineData(0, "90", "80")]
    [InlineData(15, "9f", "8f")]
    [InlineData(16, "dc0010", "de0010")]
    [InlineData(65535, "dcffff", "deffff")]
    [InlineData(65536, "dd00010000", "df00010000")]
    public void Containers_take_their_smallest_head(int count, string array, string map)
    {
        byte[] output = new byte[16];
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader((uint)count);
        writer.WriteMapHeader((uint)count);

        Assert.Equal(array + map, Convert.ToHexStringLower(writer.Written));
    }

    [Theory]
    [InlineData(0, 0, "d6ff00000000")]
    [InlineData(4294967295, 0, "d6ffffffffff")]
    [InlineData(4294967296, 0, "d7ff0000000100000000")]
    [InlineData(0, 1, "d7ff0000000400000000")]
    [InlineData(17179869183, 999999999, "d7ffee6b27ffffffffff")]
    [InlineData(17179869184, 0, "c70cff000000000000000400000000")]
    [InlineData(-1, 5, "c70cff00000005ffffffffffffffff")]
    public void Timestamps_take_their_smallest_encoding(long seconds, uint nanoseconds, string expected) =>
        Assert.Equal(expected, new Value.Time(seconds, nanoseconds).EncodedHex());

    [Theory]
    [InlineData("d001")]
    [InlineData("cc01")]
    [InlineData("cd0001")]
    [InlineData("d10001")]
    [InlineData("ce00000001")]
    [InlineData("d200000001")]
    [InlineData("cf0000000000000001")]
    [InlineData("d30000000000000001")]
    public void Integers_are_read_from_every_encoding(string encoded)
    {
        var reader = new MessagePackReader(Convert.FromHexString(encoded));

        Assert.True(reader.TryReadByte(out byte value));
        Assert.Equal(1, value);
        Assert.True(reader.TryReadEnd());
    }
}

internal static class ValueHex
{
    public static string EncodedHex(this Value value) => Convert.ToHexStringLower(value.Encode());
}
