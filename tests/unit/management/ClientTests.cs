using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Tool;
using Xunit;

namespace Kilonova.Management.Tests;

/// <summary>The tool's client against the server, over a line that does what the test wants.</summary>
public sealed class ClientTests : IDisposable
{
    private readonly List<string> _done = [];
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ClientTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Everything_that_the_system_says_arrives()
    {
        using ManagementClient client = Connect(frame => frame);

        Assert.Equal(1_000_000_000ul, client.Frequency);
        Assert.Equal(42ul, client.ReadTime());
        Assert.Equal([("first", FakeSystem.First), ("second", default)], client.ListComponents());
        Assert.Equal(new string('c', 3000), client.ReadCrash("first"));
        Assert.Null(client.ReadCrash("second"));
        Assert.Equal(
            [
                (98ul, LogLevel.Information, "line 0 of first"), (99ul, LogLevel.Information, "line 1 of first"),
                (100ul, LogLevel.Error, "line 2 of first"),
            ],
            client.ReadLog("first"));
        Assert.Equal((1000ul, 200ul), client.ReadFree());
        Assert.Equal([("counter 0", 0ul), ("counter 1", 11ul)], client.ListCounters("first"));
        Assert.Empty(client.ListCounters("second"));
        Assert.Equal(["log", "shell"], client.ListViews().Select(view => view.Name));
        Assert.Equal([("alpha", "linux", FakeSystem.Alpha), ("beta", "micro", FakeSystem.Beta)], client.ListGuests());
        ulong position = 9;
        Assert.Equal("written\n"u8.ToArray(), client.ReadView(7, ref position));
        Assert.Empty(client.ReadView(7, ref position)!);
    }

    [Fact]
    public void What_is_asked_for_is_done_and_its_outcome_told()
    {
        using ManagementClient client = Connect(frame => frame);

        Assert.Equal(ContractStatus.Ok, client.Control(ManagementOperation.Start, "first"));
        Assert.Equal(ContractStatus.NotFound, client.Control(ManagementOperation.Kill, "nobody"));
        Assert.Equal(ContractStatus.Ok, client.Type(7, "list\r"u8));
        Assert.Equal(ContractStatus.Denied, client.Type(0, "list\r"u8));
        Assert.Equal(ContractStatus.Ok, client.Order("alpha", GuestOrder.Pause));
        Assert.Equal(ContractStatus.NotFound, client.Order("nobody", GuestOrder.Reset));
        Assert.Equal(ContractStatus.Ok, client.Define("beta", "memory=64 command-line=a b"));
        Assert.Equal(
            [
                "start first", "kill nobody", "type 7 list\r", "Pause alpha", "Reset nobody", "define memory=64 command-line=a b: beta",
            ],
            _done);
    }

    [Fact]
    public void A_reply_that_is_lost_or_damaged_is_asked_for_again()
    {
        int replies = 0;
        using ManagementClient client = Connect(frame => (replies++ % 3) switch
        {
            0 => [],
            1 => [.. frame[..2], (byte)(frame[2] ^ 0x40), .. frame[3..]],
            _ => [0xff, 0x11, .. frame],
        });

        Assert.Equal(42ul, client.ReadTime());
        Assert.Equal(6, replies);
    }

    [Fact]
    public void Who_never_answers_is_told_apart_from_who_refuses()
    {
        CommandException failure = Assert.Throws<CommandException>(() => Connect(_ => []));

        Assert.Equal(ExitCode.NoSystem, failure.Code);
    }

    [Fact]
    public void Nobody_at_the_other_end_is_an_error_with_a_code()
    {
        Assert.Equal(ExitCode.NoSystem, Assert.Throws<CommandException>(() => Endpoint.Open("unix:/nowhere/at-all")).Code);
        Assert.Equal(ExitCode.NoSystem, Assert.Throws<CommandException>(() => Endpoint.Open("tty:/dev/nothing-here")).Code);
        Assert.Equal(ExitCode.Usage, Assert.Throws<CommandException>(() => Endpoint.Open("tcp:nonsense")).Code);
    }

    // The system's end: what its line makes of each reply's frame is the test's.
    private ManagementClient Connect(Func<byte[], byte[]> line)
    {
        Task<Socket> accepting = _listener.AcceptSocketAsync();
        System.IO.Stream stream = Endpoint.Open($"tcp:127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        Socket system = accepting.Result;
        new Thread(() => Serve(system, line)) { IsBackground = true }.Start();
        return new ManagementClient(stream);
    }

    private void Serve(Socket system, Func<byte[], byte[]> line)
    {
        ManagementServer<FakeSystem> server = new(new FakeSystem(_done));
        FrameReader frames = new(ManagementProtocol.MaxRequest);
        byte[] buffer = new byte[4096];
        try
        {
            for (int count = system.Receive(buffer); count > 0; count = system.Receive(buffer))
            {
                foreach (byte[] request in FrameTests.Feed(frames, buffer[..count]))
                    system.Send(line(FrameTests.Frame(server.Answer(request))));
            }
        }
        catch (SocketException)
        {
            // The client is gone.
        }
    }
}
