using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Kilonova.Boot;

/// <summary>
/// A connection to QEMU's debugger stub: to change a machine's memory before the kernel runs, and to follow it instruction by
/// instruction. GDB manual, appendix
/// "GDB Remote Serial Protocol".
/// </summary>
public sealed class GdbSession : IDisposable
{
    private const int Piece = 0x400;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly NetworkStream _stream;
    private readonly string _path;

    /// <summary>Connects to a machine that was started with <see cref="Options"/>, and makes addresses physical.</summary>
    public GdbSession(string path, TimeSpan patience)
    {
        _path = path;
        _socket.ReceiveTimeout = (int)patience.TotalMilliseconds;
        for (Stopwatch watch = Stopwatch.StartNew(); ; Thread.Sleep(50))
        {
            try
            {
                _socket.Connect(new UnixDomainSocketEndPoint(path));
                break;
            }
            catch (SocketException) when (watch.Elapsed < patience)
            {
                // QEMU has not made it yet.
            }
        }

        _stream = new NetworkStream(_socket, ownsSocket: true);
        Require("Qqemu.PhyMemMode:1");
    }

    /// <summary>QEMU's options for a machine that waits for a session on a socket.</summary>
    public static string[] Options(string path)
        => ["-S", "-chardev", $"socket,id=gdb,path={path},server=on,wait=off", "-gdb", "chardev:gdb"];

    /// <summary>A path for a socket: short, as sockets want them, and nobody else's.</summary>
    public static string NewPath() => Path.Combine(Path.GetTempPath(), $"kilonova-{Guid.NewGuid():N}"[..24] + ".gdb");

    /// <summary>Lets the machine run until it is about to execute an address.</summary>
    public void RunTo(ulong address)
    {
        string breakpoint = string.Create(CultureInfo.InvariantCulture, $"1,{address:x},1");
        Require("Z" + breakpoint);
        RequireStop("c");
        Require("z" + breakpoint);
    }

    /// <summary>Executes one instruction, with interrupts held back.</summary>
    public void Step() => RequireStop("s");

    /// <summary>Reads a register of the first CPU by its number in GDB's order: 7 is RSP, 16 RIP, 17 RFLAGS, 27 CR0, 30 CR4, 32 EFER.</summary>
    public ulong Register(int number)
    {
        byte[] bytes = Convert.FromHexString(Ask(string.Create(CultureInfo.InvariantCulture, $"p{number:x}")));
        return bytes.Length == sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Changes a register of the first CPU that has 64 bits, or 32 as RFLAGS has.</summary>
    public void SetRegister(int number, ulong value, int bytes = sizeof(ulong))
    {
        byte[] all = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(all, value);
        Require(string.Create(CultureInfo.InvariantCulture, $"P{number:x}={Convert.ToHexStringLower(all[..bytes])}"));
    }

    /// <summary>Reads physical memory; empty when it cannot be read.</summary>
    public byte[] Read(ulong address, uint length)
    {
        byte[] bytes = new byte[length];
        for (uint done = 0; done < length; done += Piece)
        {
            uint count = Math.Min(Piece, length - done);
            string answer = Ask(string.Create(CultureInfo.InvariantCulture, $"m{address + done:x},{count:x}"));
            if (answer.Length != count * 2)
                return [];

            Convert.FromHexString(answer).CopyTo(bytes, done);
        }

        return bytes;
    }

    /// <summary>Writes physical memory.</summary>
    public void Write(ulong address, byte[] bytes)
        => Require(string.Create(CultureInfo.InvariantCulture, $"M{address:x},{bytes.Length:x}:{Convert.ToHexStringLower(bytes)}"));

    /// <summary>Lets the machine run on, without the debugger.</summary>
    public void Detach() => Require("D");

    public void Dispose()
    {
        _stream.Dispose();
        File.Delete(_path);
    }

    private void RequireStop(string request)
    {
        string stop = Ask(request);
        if (!stop.StartsWith('T') && !stop.StartsWith('S'))
            throw new IOException($"the machine did not stop where it should: {stop}");
    }

    private void Require(string request)
    {
        string answer = Ask(request);
        if (answer != "OK")
            throw new IOException($"QEMU answered {request} by '{answer}'");
    }

    private string Ask(string request)
    {
        byte sum = (byte)request.Sum(character => character);
        _stream.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${request}#{sum:x2}")));
        StringBuilder answer = new();
        while (Next() != '$')
        {
            // An acknowledgement.
        }

        for (char next = Next(); next != '#'; next = Next())
            answer.Append(next);

        _ = Next();
        _ = Next();
        _stream.WriteByte((byte)'+');
        return answer.ToString();
    }

    private char Next()
    {
        int next = _stream.ReadByte();
        return next < 0 ? throw new IOException("QEMU closed the debugger's connection") : (char)next;
    }
}
