using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using Kilonova.Boot;
using Xunit;
using static Kilonova.Userland.Tests.ManifestLines;

namespace Kilonova.Userland.Tests;

/// <summary>Debian's kernel with network cards of the monitors "linux" and "micro", over the driver of the machine's own controller.</summary>
public class GuestNetworkTests
{
    private const int Megabyte = 1 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    // A vector for each direction, which virtio's driver names, and one for all else.
    [Theory]
    [InlineData("linux", "igb", "eth0", 3)]
    [InlineData("micro", "virtio_net", "put.0", 2)]
    public async Task Debians_driver_gets_an_address_and_moves_streams_both_ways(string monitor, string driver, string vector, int vectors)
    {
        using World world = Boot($"net-{monitor}", "net=net:0", 2, "52:54:00:00:00:0a", monitor: monitor);

        Starts(world, monitor);
        world.Expect("Enter 'help'");

        // The address is the controller's own.
        world.Do("cat /sys/class/net/eth0/address", "52:54:00:00:00:0a");
        world.Do("basename $(readlink /sys/class/net/eth0/device/driver)", driver);
        world.Do("ping -c 3 10.0.2.2", "3 packets received, 0% packet loss");
        world.Do($"echo $(grep -c {vector} /proc/interrupts) vectors", $"{vectors} vectors");

        byte[] pattern = Pattern(Megabyte);
        using TcpListener download = Listen(out int port);
        Task sending = SendAsync(download, pattern);
        world.Do($"nc 10.0.2.2 {port} | md5sum", Hash(pattern));
        await sending.WaitAsync(s_patience);

        using TcpListener upload = Listen(out port);
        Task<byte[]> receiving = ReceiveAsync(upload);

        // The command may be echoed twice, before the prompt and behind it; two spaces are the checksum's only.
        string sum = world.Do($"nc 10.0.2.2 {port} < /bin/busybox; md5sum /bin/busybox", "  /bin/busybox").Split(' ')[0];
        byte[] received = await receiving.WaitAsync(s_patience);
        Assert.True(received.Length > Megabyte);
        Assert.Contains(Hash(received), sum, StringComparison.Ordinal);

        world.Press("exit\r");
        world.Press("\u00140");
        world.Expect("the guest switched its machine off", "packets sent");
        world.Expect("0 lost, 0 refused", $"{monitor} is done");
        world.IsSound();
    }

    [Fact]
    public void A_driver_may_end_under_a_guest_and_come_back()
    {
        using World world = Boot("net-driver", "net=net:0,525400123456", 2, "52:54:00:00:00:0b", Shell);

        Starts(world, "linux");
        world.Expect("Enter 'help'");
        world.Do("cat /sys/class/net/eth0/address", "52:54:00:12:34:56");
        world.Do("ping -c 1 10.0.2.2", "1 packets received");
        world.Show("shell");
        world.Do("kill nic", "kill nic: done");
        world.Show("linux");

        // The next life may be there before the guest's driver has looked at the cable.
        world.Do("ping -c 3 -w 30 10.0.2.2", "3 packets received");
        world.IsSound();
    }

    private static World Boot(string name, string arguments, int cpus, string address, string more = "", string monitor = "linux") => World.OfGuests(
        name,
        ConsoleOnSerial + more + Platform("nic=id:8086:100e,id:8086:10d3,id:8086:10c9") + Nic
        + (monitor == "micro"
            ? Guest("micro", "vmlinuz-cloud-amd64", "initramfs-virtio-amd64", "console=hvc0 net=dhcp", 256, 1, arguments, "net", "micro")
            : Guest("linux", "vmlinuz-amd64", "initramfs-modules-amd64", "console=ttyS0 net=dhcp", 256, 1, arguments, "net")),
        cpus,
        768,
        "-netdev", "user,id=n0", "-device", $"e1000,netdev=n0,mac={address}");

    // A generic kernel takes its time where everything is emulated.
    private static void Starts(World world, string monitor)
    {
        world.Expect($"--- {monitor} ---");
        world.Expect("guest: init");
        world.Expect("guest: eth0 has 10.0.2.15");
    }

    private static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 2654435761L >> 13))];

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));

    private static TcpListener Listen(out int port)
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        port = ((IPEndPoint)listener.LocalEndpoint).Port;
        return listener;
    }

    private static async Task SendAsync(TcpListener listener, byte[] bytes)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        await client.GetStream().WriteAsync(bytes);
        client.Client.Shutdown(SocketShutdown.Send);
    }

    private static async Task<byte[]> ReceiveAsync(TcpListener listener)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        using MemoryStream all = new();
        await client.GetStream().CopyToAsync(all);
        return all.ToArray();
    }
}
