using System;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Runtime.Tests;

public sealed class TextTests
{
    private static string Text(in Line line) => Encoding.UTF8.GetString(line.Text);

    [Fact]
    public void A_line_formats_like_the_host()
    {
        Assert.Equal("a 5 -7 18446744073709551615 true zä€😀.", Text($"a {5} {-7L} {ulong.MaxValue} {true} {"zä€😀"}."));
        Assert.Equal("ff 00ff 0 0000000000000001", Text($"{255ul:x} {255ul:x4} {0ul:x} {1ul:x16}"));
        Assert.Equal("bytes and nothing", Text($"{"bytes"u8} and {(string?)"nothing"}{(string?)null}"));
    }

    [Fact]
    public void Numbers_match_the_host_formatting() => Prop.ForAll<ulong, long>((unsigned, signed) =>
    {
        var buffer = new byte[32];
        var length = Utf8Format.Decimal(buffer, unsigned);
        Assert.Equal(unsigned.ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(buffer, 0, length));
        length = Utf8Format.Decimal(buffer, signed);
        Assert.Equal(signed.ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(buffer, 0, length));
        length = Utf8Format.Hexadecimal(buffer, unsigned, 1);
        Assert.Equal(unsigned.ToString("x", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(buffer, 0, length));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Extreme_numbers_are_whole()
    {
        Assert.Equal("-9223372036854775808", Text($"{long.MinValue}"));
        Assert.Equal("-1", Text($"{-1}"));
        Assert.Equal("ffffffffffffffff", Text($"{ulong.MaxValue:x16}"));
    }

    [Fact]
    public void Any_string_is_encoded_like_the_host() => Prop.ForAll<string>(text =>
    {
        var buffer = new byte[4096];
        var length = Utf8Format.Text(buffer, text.AsSpan());
        Assert.Equal(Encoding.UTF8.GetBytes(text), buffer.AsSpan(0, length).ToArray());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_lone_surrogate_becomes_a_replacement_character()
    {
        var buffer = new byte[16];
        var length = Utf8Format.Text(buffer, "\ud800x\udc00".AsSpan());
        Assert.Equal("\ufffdx\ufffd", Encoding.UTF8.GetString(buffer, 0, length));
    }

    [Fact]
    public void Text_that_does_not_fit_is_cut_off_between_characters()
    {
        var line = new Line(0, 0);
        line.AppendLiteral(new string('x', Line.Capacity - 1));
        line.AppendLiteral("€");
        line.AppendLiteral("yz");
        Assert.Equal(new string('x', Line.Capacity - 1) + "y", Text(line));
        line.AppendFormatted(12345ul);
        Assert.Equal(Line.Capacity, line.Text.Length);
    }
}
