using System.Linq;
using System.Text;
using Xunit;

namespace Kilonova.Switching.Tests;

public class SwitchPolicyTests
{
    [Fact]
    public void Words_become_ports_with_their_rates()
    {
        PortPolicy[] ports = Read("nic:0 alpha=own  beta=any,packets:1000,bytes:2M,address:0200000000a7 nic:3,bytes:10G");
        Assert.Equal([true, false, false, true], ports.Select(port => port.IsUplink));
        Assert.Equal([false, true, false, false], ports.Select(port => port.IsOwnOnly));
        Assert.Equal([0ul, 0ul, 1000ul, 0ul], ports.Select(port => port.Packets));
        Assert.Equal([0ul, 0ul, 2_000_000ul, 10_000_000_000ul], ports.Select(port => port.Bytes));
        Assert.Equal(["", "alpha", "beta", ""], ports.Select(port => Encoding.ASCII.GetString(port.Client)));
        Assert.Equal((0u, 3u), (ports[0].Controller, ports[3].Controller));
        Assert.Equal(0xa700_0000_0002ul, ports[2].Address);
        Assert.Equal((1000u, 16u), (ports[1].Speed, ports[2].Speed));
    }

    [Theory]
    [InlineData("alpha")]
    [InlineData("alpha=mine")]
    [InlineData("=own")]
    [InlineData("nic:")]
    [InlineData("nic:256")]
    [InlineData("nic:x")]
    [InlineData("nic:0,address:020000000001")]
    [InlineData("nic:0 nic:0")]
    [InlineData("alpha=own,packets:0")]
    [InlineData("alpha=own,packets:1,packets:2")]
    [InlineData("alpha=own,bytes:M")]
    [InlineData("alpha=own,bytes:1001G")]
    [InlineData("alpha=own,bytes:99999999999999999999999")]
    [InlineData("alpha=own,speed:1")]
    [InlineData("alpha=own,address:0100000000a7")]
    [InlineData("alpha=own,address:000000000000")]
    [InlineData("alpha=own,address:0200000000A7")]
    [InlineData("alpha=own,address:02000000000")]
    [InlineData("alpha=own,address:020000000007 beta=own,address:020000000007")]
    public void Anything_else_is_named_as_wrong(string arguments)
    {
        byte[] text = Encoding.ASCII.GetBytes("ok=own " + arguments);
        string wrong = Encoding.ASCII.GetString(SwitchPolicy.Read(text, "switch"u8, out PortPolicy[] ports));
        Assert.Equal(arguments.Split(' ').Last(), wrong);
        Assert.Empty(ports);
    }

    [Fact]
    public void So_many_ports_and_no_more()
    {
        string words = string.Join(' ', Enumerable.Range(0, SwitchPolicy.MaxPorts).Select(i => $"c{i}=own"));
        Assert.Equal(SwitchPolicy.MaxPorts, Read(words).Length);
        Assert.False(SwitchPolicy.Read(Encoding.ASCII.GetBytes(words + " last=own"), "switch"u8, out _).IsEmpty);
    }

    [Fact]
    public void Addresses_are_made_of_the_manifest_local_and_all_different()
    {
        const string Words = "alpha=own alpha=own beta=own";
        ulong[] addresses = [.. Read(Words).Select(port => port.Address)];
        Assert.Equal(addresses, Read(Words).Select(port => port.Address));
        Assert.All(addresses, address => Assert.Equal(2ul, address & 3));
        _ = SwitchPolicy.Read(Encoding.ASCII.GetBytes(Words), "other"u8, out PortPolicy[] others);
        Assert.Equal(6, addresses.Concat(others.Select(port => port.Address)).Distinct().Count());

        // Neither those before nor those behind it change the address of a port.
        Assert.Equal(addresses[2], Read("beta=any,packets:7 gamma=own")[0].Address);
    }

    private static PortPolicy[] Read(string words)
    {
        Assert.Equal("", Encoding.ASCII.GetString(SwitchPolicy.Read(Encoding.ASCII.GetBytes(words), "switch"u8, out PortPolicy[] ports)));
        return ports;
    }
}
