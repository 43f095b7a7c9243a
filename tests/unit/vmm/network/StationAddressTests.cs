using System;
using System.Text;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class StationAddressTests
{
    [Theory]
    [InlineData("52:54:00:aB:34:56", "525400ab3456")]
    [InlineData("525400AB3456", "525400ab3456")]
    [InlineData("00:00:00:00:00:01", "000000000001")]
    public void It_reads_with_colons_and_without(string text, string address)
    {
        byte[] bytes = new byte[6];
        Assert.True(StationAddress.TryParse(Encoding.ASCII.GetBytes(text), bytes));
        Assert.Equal(address, Convert.ToHexStringLower(bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("52:54:00:12:34")]
    [InlineData("52:54:00:12:34:5")]
    [InlineData("52:54:00:12:34:567")]
    [InlineData("52-54-00-12-34-56")]
    [InlineData("5g:54:00:12:34:56")]
    [InlineData("52540012345x")]
    [InlineData("53:54:00:12:34:56")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("00:00:00:00:00:00")]
    public void Nothing_else_is_taken(string text) => Assert.False(StationAddress.TryParse(Encoding.ASCII.GetBytes(text), new byte[6]));
}
