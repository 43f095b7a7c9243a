using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using Xunit;

namespace Kilonova.Qtest.Tests;

/// <summary>The program under test, and the side that a device test plays: two sockets, lines and JSON.</summary>
internal sealed class QtestMachine : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qtest").FullName;
    private readonly Socket _test;
    private readonly Socket _monitor;
    private readonly StreamReader _answers;
    private readonly StreamReader _messages;
    private readonly Task<int> _program;

    public QtestMachine(params string[] arguments)
    {
        using Socket testListener = Listen("test");
        using Socket monitorListener = Listen("monitor");
        string[] all =
        [
            "-qtest", "unix:" + Path.Combine(_folder, "test"), "-qtest-log", "/dev/null",
            "-chardev", $"socket,path={Path.Combine(_folder, "monitor")},id=char0", "-mon", "chardev=char0,mode=control",
            "-display", "none", "-audio", "none", .. arguments, "-accel", "qtest",
        ];
        _program = Task.Run(() => Program.Main(all));
        _test = testListener.Accept();
        _monitor = monitorListener.Accept();
        _answers = new StreamReader(new NetworkStream(_test), Encoding.ASCII);
        _messages = new StreamReader(new NetworkStream(_monitor), Encoding.UTF8);
        Assert.NotNull(Message()["QMP"]);
        Command("qmp_capabilities");
    }

    public static string NewImage(int sectors)
    {
        string path = Path.GetTempFileName();
        using FileStream file = File.OpenWrite(path);
        file.SetLength(sectors * 512L);
        return path;
    }

    public void Dispose()
    {
        _test.Dispose();
        _monitor.Dispose();
        Assert.True(_program.Wait(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, _program.Result);
        Directory.Delete(_folder, true);
    }

    public string Ask(string line)
    {
        _test.Send(Encoding.ASCII.GetBytes(line + "\n"));
        return _answers.ReadLine() ?? throw new EndOfStreamException();
    }

    public ulong Number(string line)
    {
        string answer = Ask(line);
        Assert.StartsWith("OK 0x", answer, StringComparison.Ordinal);
        return ulong.Parse(answer.AsSpan(5), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    public void Do(string line) => Assert.Equal("OK", Ask(line));

    /// <summary>Sends a command and returns what it answers; events that come before are in <see cref="Events"/>.</summary>
    public JsonNode? Command(string name, JsonObject? arguments = null)
    {
        Send(name, arguments);
        while (true)
        {
            JsonObject message = Message();
            if (message.ContainsKey("return") || message.ContainsKey("error"))
                return message["return"] ?? message;
            Events.Add((string)message["event"]!);
        }
    }

    public void Send(string name, JsonObject? arguments = null)
    {
        var command = new JsonObject { ["execute"] = name };
        if (arguments is not null)
            command["arguments"] = arguments;
        _monitor.Send(Encoding.UTF8.GetBytes(command.ToJsonString()));
    }

    public List<string> Events { get; } = [];

    public JsonObject Message() => JsonNode.Parse(_messages.ReadLine() ?? throw new EndOfStreamException())!.AsObject();

    public void WriteConfiguration(int device, int function, int offset, int size, uint value)
    {
        Do($"outl 0xcf8 0x{0x8000_0000u | (uint)(device << 11) | (uint)(function << 8) | (uint)(offset & 0xfc):x}");
        Do($"out{(size == 4 ? 'l' : size == 2 ? 'w' : 'b')} 0x{0xcfc + (offset & 3):x} 0x{value:x}");
    }

    public uint ReadConfiguration(int device, int function, int offset)
    {
        Do($"outl 0xcf8 0x{0x8000_0000u | (uint)(device << 11) | (uint)(function << 8) | (uint)offset:x}");
        return (uint)Number("inl 0xcfc");
    }

    private Socket Listen(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, name)));
        socket.Listen();
        return socket;
    }
}
