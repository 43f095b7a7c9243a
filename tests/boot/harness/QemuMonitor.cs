using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;

namespace Kilonova.Boot;

/// <summary>QEMU's monitor, by its protocol QMP: presses keys, takes pictures of the screen, reads memory. Used by one thread.</summary>
public sealed class QemuMonitor : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;

    /// <summary>Connects to a machine that was started with <see cref="Options"/>.</summary>
    public QemuMonitor(string socket)
    {
        _stream = Connect(socket);
        _reader = new StreamReader(_stream);
        _writer = new StreamWriter(_stream) { AutoFlush = true };
        _ = _reader.ReadLine();
        Execute("qmp_capabilities");
    }

    /// <summary>QEMU's options for a monitor at a socket, whose path is short.</summary>
    public static string[] Options(string socket) => ["-qmp", $"unix:{socket},server=on,wait=off"];

    /// <summary>Takes a picture of the screen.</summary>
    /// <param name="folder">Where files may be left.</param>
    public Picture Screen(string folder)
    {
        string file = Path.Combine(folder, "screen.ppm");
        Execute("screendump", new JsonObject { ["filename"] = file });
        return Picture.Read(file);
    }

    /// <summary>Copies physical memory.</summary>
    /// <param name="folder">Where files may be left.</param>
    /// <param name="address">Its address.</param>
    /// <param name="length">Bytes.</param>
    public byte[] Memory(string folder, ulong address, int length)
    {
        string file = Path.Combine(folder, "memory.bin");
        Execute("pmemsave", new JsonObject { ["val"] = address, ["size"] = length, ["filename"] = file });
        return File.ReadAllBytes(file);
    }

    /// <summary>The registers of all CPUs, as QEMU prints them; HLT=1 says of one that it sleeps.</summary>
    public string Registers() => Execute("human-monitor-command", new JsonObject { ["command-line"] = "info registers -a" });

    /// <summary>Presses keys one after the other, by QEMU's names for them; "alt+f1" presses two together.</summary>
    public void Press(params string[] keys)
    {
        foreach (string key in keys)
        {
            JsonArray together = [];
            foreach (string part in key.Split('+'))
                together.Add(new JsonObject { ["type"] = "qcode", ["data"] = part });

            Execute("send-key", new JsonObject { ["keys"] = together, ["hold-time"] = 20 });
            Thread.Sleep(60);
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _reader.Dispose();
        _stream.Dispose();
    }

    private static NetworkStream Connect(string path)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); ; Thread.Sleep(50))
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                return new NetworkStream(socket, ownsSocket: true) { ReadTimeout = (int)s_patience.TotalMilliseconds };
            }
            catch (SocketException) when (watch.Elapsed < s_patience)
            {
                socket.Dispose();
            }
        }
    }

    // What QEMU answers, if it is a text.
    private string Execute(string command, JsonObject? arguments = null)
    {
        JsonObject request = new() { ["execute"] = command };
        if (arguments is not null)
            request["arguments"] = arguments;

        _writer.WriteLine(request.ToJsonString());
        while (_reader.ReadLine() is { } line)
        {
            using JsonDocument answer = JsonDocument.Parse(line);
            if (answer.RootElement.TryGetProperty("return", out JsonElement result))
                return result.ValueKind == JsonValueKind.String ? result.GetString()! : "";

            if (answer.RootElement.TryGetProperty("error", out JsonElement error))
                throw new InvalidOperationException($"{command}: {error}");
        }

        throw new InvalidOperationException($"{command}: QEMU has ended");
    }
}

/// <summary>A picture of a screen.</summary>
/// <param name="Width">Pixels of a line.</param>
/// <param name="Height">Lines.</param>
/// <param name="Pixels">Three bytes each: red, green, blue.</param>
public sealed record Picture(int Width, int Height, byte[] Pixels)
{
    private const int BytesOfPixel = 3;

    /// <summary>A pixel as 0xrrggbb.</summary>
    public uint this[int x, int y]
    {
        get
        {
            int at = (y * Width + x) * BytesOfPixel;
            return (uint)(Pixels[at] << 16 | Pixels[at + 1] << 8 | Pixels[at + 2]);
        }
    }

    /// <summary>Reads a portable pixmap of the binary form (P6, 255 levels).</summary>
    public static Picture Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int at = 0;
        string Word()
        {
            while (bytes[at] <= ' ')
                at++;

            int start = at;
            while (bytes[at] > ' ')
                at++;

            return System.Text.Encoding.ASCII.GetString(bytes, start, at - start);
        }

        if (Word() != "P6")
            throw new InvalidDataException($"{path} is no portable pixmap");

        int width = int.Parse(Word(), System.Globalization.CultureInfo.InvariantCulture);
        int height = int.Parse(Word(), System.Globalization.CultureInfo.InvariantCulture);
        _ = Word();
        return new Picture(width, height, bytes[(at + 1)..(at + 1 + width * height * BytesOfPixel)]);
    }
}
